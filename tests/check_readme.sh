#!/bin/sh
# The first C program in README.md is examples/readme.c; the links of all pages lead to files; continuous integration
# runs the test command of the README.
#
#     check_readme.sh <source folder>
cd "$1" || exit 2
failed=0

awk '/^```c$/ { inside = 1; next } /^```$/ && inside { exit } inside' README.md | diff - examples/readme.c || failed=1
[ -s examples/readme.c ] || failed=1

for page in *.md docs/*.md; do
    [ -f "$page" ] || continue
    for link in $(grep -o '](\([^)#]*\)[^)]*)' "$page" | sed 's/^](//; s/[#)].*$//' | grep -v '^[a-z]*:'); do
        [ -e "$(dirname "$page")/$link" ] || { echo "$page: $link does not exist"; failed=1; }
    done
done

for script in $(grep -o '^ *scripts/[a-z]*' README.md); do
    [ -x "$script" ] || { echo "README.md: $script cannot be run"; failed=1; }
done
if grep -q scripts/test README.md && ! grep -q scripts/test .ci/run; then
    echo ".ci/run does not run scripts/test"
    failed=1
fi
exit $failed

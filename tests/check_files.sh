#!/bin/sh
# File names are unique, files have at most 500 lines, functions of C at most 60.
#
#     check_files.sh <source folder>
cd "$1" || exit 2
files=$(find src kernels include tests bench fuzz examples scripts cmake docs -type f \
    ! -name CMakeLists.txt ! -name README.md 2>/dev/null | sort)

twice=$(echo "$files" | sed 's|.*/||' | sort | uniq -d)
for name in $twice; do
    echo "file name not unique:" $(echo "$files" | grep "/$name\$")
done

long=$(echo "$files" | grep -E '\.(c|h|cl|cmake|sh)$' | xargs awk 'FNR == 501 { print FILENAME ": more than 500 lines" }')
[ -z "$long" ] || echo "$long"

# In this style the braces of a function stand in column 1, as do the closing ones of types and tables with a semicolon.
functions=$(echo "$files" | grep -E '\.[ch]$' | xargs awk '
    FNR == 1 { start = 0 }
    /^\{$/ { start = FNR; name = previous }
    /^\}$/ && start {
        if (FNR - start + 1 > 60)
            print FILENAME ":" start ": a function of " FNR - start + 1 " lines, more than 60: " name
        start = 0
    }
    { previous = $0 }')
[ -z "$functions" ] || echo "$functions"

[ -z "$twice$long$functions" ]

#!/bin/sh
# The checks in this folder can fail: each finds a fault that is planted in a small tree of its own.
#
#     check_checks.sh <source folder> <cmake> <empty folder to work in> <C compiler>
tests=$1/tests cmake=$2 work=$3 cc=$4 failed=0

plant() { # file, content
    rm -rf "$work"
    mkdir -p "$work/$(dirname "$1")" && printf '%b' "$2" >"$work/$1"
}

finds() { # what, command
    what=$1
    shift
    "$@" >/dev/null 2>&1 || return 0
    echo "not found: $what"
    failed=1
}

passes() {
    "$@" >/dev/null 2>&1 && return 0
    echo "a good tree fails: $*"
    failed=1
}

includes="$cmake -DROOT=$work -P $tests/check_includes.cmake"
plant src/runtime/good.c '#include "util/fail.h"\n#include <CL/cl.h>\n'
passes $includes
plant src/util/low.c '#include "runtime/launch.h"\n'
finds "an include that goes up" $includes
plant src/layers/kinds/calls.c '#include <CL/cl.h>\n'
finds "OpenCL outside the runtime" $includes
plant src/cli/inside.c '#include "util/fail.h"\n'
finds "a program that sees internal headers" $includes
plant kernels/quantizers/fixed.cl '#include "prelude.cl"\n'
finds "an include in a kernel" $includes
plant src/misc/other.c '\n'
finds "a folder without a place" $includes

plant src/util/good.c 'int f(void)\n{\n}\n'
passes "$tests/check_files.sh" "$work"
plant src/util/twice.c '\n'
mkdir -p "$work/tests" && cp "$work/src/util/twice.c" "$work/tests"
finds "a file name that stands twice" "$tests/check_files.sh" "$work"
plant src/util/long.c "$(yes '\n' | head -501 | tr -d '\n')"
finds "a long file" "$tests/check_files.sh" "$work"
plant src/util/function.c "int f(void)\n{\n$(yes '    f();\n' | head -59 | tr -d '\n')}\n"
finds "a long function" "$tests/check_files.sh" "$work"

plant include/tensorquant/good.h '#include <stdint.h>\nextern uint64_t good;\n'
passes "$tests/check_headers.sh" "$work" "$work" "$cc"
plant include/tensorquant/bad.h 'extern uint64_t bad;\n'
finds "a header that needs another" "$tests/check_headers.sh" "$work" "$work" "$cc"

plant src/runtime/good.c 'clBuildProgram(p, 1, &d, options_of(c), 0, 0);\n'
passes_remote() { "$tests/check_remote.sh" "$work" | grep -v -e "calls that wait" -e "should be"; }
[ -z "$(passes_remote)" ] || { echo "a good tree fails: check_remote.sh"; failed=1; }
for line in 'clBuildProgram(p, 1, &d, "-I .", 0, 0);' 'clCreateProgramWithSource(context, 2, text, 0, 0);' \
    'clCreateBuffer(c, CL_MEM_USE_HOST_PTR, n, p, 0);' 'clLinkProgram(c);'; do
    plant src/runtime/bad.c "$line\n"
    [ -n "$(passes_remote)" ] || { echo "not found: $line"; failed=1; }
done
plant src/layers/waits.c 'clFinish(q);\n'
"$tests/check_remote.sh" "$work" | grep -q "waits.c:1" || { echo "not found: a call that waits"; failed=1; }
plant good.cl "/* A channel. */\nint channels;\n"
passes "$tests/check_kernels.sh" "$work"
plant bad.cl "/* Bad. */\nint channel;\n"
finds "a keyword of FPGA compilers" "$tests/check_kernels.sh" "$work"
for literal in 1.0 .5 2e3 0x1p3; do
    plant good.cl "/* 1.0 */\nfloat f = ${literal}f;\n"
    passes "$tests/check_kernels.sh" "$work"
    plant bad.cl "/* Bad. */\nfloat f = $literal;\n"
    finds "the literal $literal" "$tests/check_kernels.sh" "$work"
done
plant bad.cl '/* Bad. */\nvoid f(double x);\n'
finds "binary64" "$tests/check_kernels.sh" "$work"
plant bad.cl '/* Bad. */\nint f(void) { return (int)get_global_id(0); }\n'
finds "a position by itself" "$tests/check_kernels.sh" "$work"
plant bad.cl 'int f;\n'
finds "a kernel without a comment" "$tests/check_kernels.sh" "$work"

for name in tq_noun__verb other; do
    plant bad.c "int tq_version, $name;\n"
    "$cc" -shared -o "$work/bad.so" "$work/bad.c"
    finds "the exported $name" "$tests/check_symbols.sh" "$work/bad.so"
done

plant README.md '```c\nint a;\n```\n'
mkdir "$work/examples" && echo 'int a;' >"$work/examples/readme.c"
passes "$tests/check_readme.sh" "$work"
echo 'int b;' >"$work/examples/readme.c"
finds "another program in the README" "$tests/check_readme.sh" "$work"

echo 'int a;' >"$work/examples/readme.c"
echo 'See [there](docs/there.md#here).' >>"$work/README.md"
finds "a link to nowhere" "$tests/check_readme.sh" "$work"

rm -rf "$work"
exit $failed

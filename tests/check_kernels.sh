#!/bin/sh
# Kernels: start with a comment, ask for positions by tq_item (items.cl) only, have no binary64 and no unsuffixed
# floating literal outside the one path that asks the device for binary64, no name that is a keyword of Intel's FPGA
# compilers, and quantizers compile as OpenCL C 1.2 where clang is found. Probes ask for what they test.
#
#     check_kernels.sh <folder of kernels> [<clang>]
cd "$1" || exit 2
clang=$2
binary64=./accumulate/binary64.cl
probes=./probes_binary64.cl

faults=$(find . -name '*.cl' | sort | xargs awk -v binary64="$binary64" -v probes="$probes" '
    function fault(text) { print FILENAME ":" FNR ": " text }
    FNR == 1 { inside = 0; if ($0 !~ /^\/\*/) fault("does not start with a comment on what it is") }
    {
        line = $0
        if (inside) {
            if (!sub(/^.*\*\//, "", line)) next
            inside = 0
        }
        gsub(/\/\*([^*]|\*+[^*\/])*\*+\//, " ", line)
        if (sub(/\/\*.*$/, "", line)) inside = 1
        sub(/\/\/.*$/, "", line)
        if (line ~ /(^|[^A-Za-z0-9_])(channel|pipe)([^A-Za-z0-9_]|$)/) fault("channel and pipe are keywords of FPGA compilers")
        if (FILENAME !~ /\/(items|probes)\.cl$/ && line ~ /get_(global|local|group|num)_/) fault("a position that is not tq_item: items.cl")
        if (FILENAME == binary64 || FILENAME == probes) next
        if (line ~ /(^|[^A-Za-z0-9_])(double[0-9]*|(as|convert)_double[0-9a-z_]*)([^A-Za-z0-9_]|$)/) fault("binary64")
        gsub(/0[xX][0-9a-fA-F.]+[pP][-+]?[0-9]+[fF]/, " ", line)
        if (line ~ /0[xX][0-9a-fA-F.]+[pP]/) fault("a floating literal without f")
        gsub(/0[xX][0-9a-fA-F]+[uUlL]*/, " ", line)
        gsub(/[0-9]+\.?[0-9]*([eE][-+]?[0-9]+)?[fF]/, " ", line)
        if (line ~ /(^|[^A-Za-z0-9_.])([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+[eE][-+]?[0-9]+)/)
            fault("a floating literal without f")
    }')
failed=0
[ -z "$faults" ] || { echo "$faults"; failed=1; }

[ -n "$clang" ] || { echo "no clang: quantizers are not compiled here"; exit "$failed"; }
for file in quantizers/*.cl; do
    family=
    case $file in
        */vector.cl) ;;
        */element_draws.cl) family=quantizers/vector.cl ;;
        */vector_*) family="quantizers/${file#*/vector_} quantizers/vector.cl" ;;
    esac
    cat prelude.cl $family "$file" | "$clang" -x cl -cl-std=CL1.2 -Xclang -finclude-default-header -D__OPENCL_VERSION__=120 \
        -DTQ_LANES=16 -fsyntax-only -Wall -Wextra -Wno-unused-function -Werror - || { echo "$file does not compile as OpenCL C 1.2"; failed=1; }
done
exit "$failed"

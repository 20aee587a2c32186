#!/bin/sh
# Every public header compiles alone, as C99, C11 and C++11, without a warning.
#
#     check_headers.sh <source folder> <build folder's include> <C compiler> [<C++ compiler>]
root=$1 generated=$2 cc=$3 cxx=$4 failed=0

compiles_alone() { # header, compiler and its language options
    header=$1
    shift
    printf '#include "%s"\nint tq_header_alone(void);\n' "$header" |
        "$@" -Wall -Wextra -Wpedantic -Werror -I"$root/include" -I"$generated" -c -o /dev/null - && return
    echo "$header does not compile alone with: $*"
    failed=1
}

for file in "$root"/include/tensorquant/*.h; do
    header=tensorquant/${file##*/}
    compiles_alone "$header" "$cc" -std=c99 -x c
    compiles_alone "$header" "$cc" -std=c11 -x c
    [ -z "$cxx" ] || compiles_alone "$header" "$cxx" -std=c++11 -x c++
done
exit $failed

#!/bin/sh
# What keeps an unchanged program able to run on devices of other machines (docs/devices.md, PoCL-Remote), and on
# vendors' runtimes for FPGAs: each program is one text, built by clBuildProgram with fixed options and no folders;
# kernels get memory objects and numbers, never addresses of the host; the calls that wait are few, and known here.
#
#     check_remote.sh <source folder>
cd "$1" || exit 2
failed=0

# fault TEXT LINES: reports the lines, if there are any.
fault() {
    [ -n "$2" ] || return 0
    echo "$1:"
    echo "$2"
    failed=1
}

sources=$(find src -name '*.[ch]' | sort)
fault "not on every device, or not from far away" "$(grep -nE \
    'cl(CompileProgram|LinkProgram|CreateProgramWithIL|EnqueueNativeKernel|SVM|EnqueueSVM|SetKernelArgSVM|EnqueueMap)|CL_MEM_(USE|ALLOC)_HOST_PTR' \
    $sources)"
fault "a program of more than one text" "$(grep -n 'clCreateProgramWithSource(' $sources | grep -v 'context, 1, &')"
fault "an option other than those of options_of, or of binaries" "$(grep -n 'clBuildProgram(' $sources |
    grep -v 'options_of(c)\|TQ_EMIT_OPTIONS')"
fault "a folder among the options" "$(sed -n '/^static const char \*options_of/,/^}/p' src/runtime/program.c 2>/dev/null |
    grep -nE '"[^"]*-I')"

# Calls that wait for the device: how many each file has.
waiting='transfer.c:2 memory.c:2 profile.c:2 '
found=
for file in src/runtime/transfer.c src/runtime/memory.c src/runtime/profile.c $(grep -lE \
    'clFinish\(|clWaitForEvents\(|CL_TRUE' $sources | grep -vE '/(transfer|memory|profile)\.c$'); do
    [ ! -f "$file" ] || found="$found${file##*/}:$(grep -cE '(clFinish|clWaitForEvents)\([a-z&1]|, CL_TRUE,' "$file") "
done
[ "$found" = "$waiting" ] || fault "calls that wait" "$found, should be $waiting"
exit $failed

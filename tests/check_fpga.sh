#!/bin/sh
# The rules of docs/fpga.md for a text of `tq emit`, as the compiler sees it behind the preprocessor.
#
#     check_fpga.sh <kernels.cl> <C compiler>
text=$1
compiler=$2
seen=$("$compiler" -E -P -undef -x c -D__OPENCL_VERSION__=120 "$text") || exit 2

# One word a line, so that rules need not care for blanks.
words=$(printf '%s\n' "$seen" | sed -e 's/^#.*//' |
    grep -oE '[A-Za-z_][A-Za-z0-9_]*|0[xX][0-9a-fA-F]+[uUlL]*|[0-9.][0-9a-zA-Z_.]*([eEpP][-+]?[0-9]+)?[fF]?|[^[:space:]]')

printf '%s\n' "$words" | awk '
    function fault(text) { if (!(text in said)) print "fpga: " text (name != "" ? " in " name : ""); said[text] = bad = 1 }
    function is_name(w) { return w ~ /^[A-Za-z_]/ }
    BEGIN { constant = "^[][0-9uUlL()*+/<>-]+$" }
    {
        w = $0
        # Work-items, groups and what they share.
        if (w ~ /^get_(global|local|group|work|num|enqueued)/) fault(w ": a position in an NDRange")
        if (w ~ /^(barrier|.*mem_fence|work_group_.*|sub_group.*|async_work_group.*|wait_group_events)$/) fault(w ": work-items that meet")
        if (w ~ /^(__local|local)$/) fault(w ": local memory")
        if (w ~ /^(atomic_|atom_)/) fault(w ": an atomic")
        # Types and functions.
        if (w ~ /^(double[0-9]*|(as|convert)_double.*)$/) fault(w ": binary64")
        if (w ~ /^(half[0-9]*|v(load|store)a?_half.*)$/) fault(w ": half")
        if (w ~ /^(image[123]d.*|sampler_t|event_t|queue_t)$/) fault(w ": an object")
        if (w ~ /^[a-z]+32$/ || (w == "32" && before2 == "ext_vector_type")) fault(w ": vectors wider than 16")
        if (w ~ /^(channel|pipe)$/) fault(w ": a keyword of compilers for FPGAs")
        if (w == "printf") fault("printf")
        if (w == "generic" || w == "__generic") fault(w ": the generic address space")
        # Control.
        if (w == "goto") fault("goto")
        if (w == "while" || w == "do") fault(w ": a loop without a counter")
        if (w == "for") { in_for = 1; clauses = 0; comparison = 0 }
        if (in_for && w == "(") for_depth += 1
        if (in_for && w == ")" && --for_depth == 0) { in_for = 0; if (clauses != 2 || !comparison) fault("for: a loop without a bound") }
        if (in_for && w == ";") clauses += 1
        if (in_for && clauses == 1 && w ~ /^[<>]$/) comparison = 1
        if (before4 == "(" && before3 == "*" && is_name(before2) && before == ")" && w == "(") fault(before2 ": a pointer to a function")
        # Arrays whose length is not known: TYPE NAME [ LENGTH ].
        if (w == "[" && depth > 0 && is_name(before) && is_name(before2) && before2 !~ /^(return|else|case)$/) { in_length = 1; array = before; next_length = "" }
        else if (in_length && w == "]") { in_length = 0; if (next_length !~ constant) fault(array ": an array of variable length") }
        else if (in_length) next_length = next_length w

        # Outside of functions.
        if (depth == 0) {
            if (w == "__kernel") { kernel = 1; single = 0 }
            if (w == "reqd_work_group_size" || w == "max_global_work_dim") single = 1
            if (w == "typedef" || w == "__constant") allowed = 1
            if (w == "(" && outer++ == 0 && is_name(before) && before !~ /^(__attribute__|aligned|ext_vector_type|vector_size|reqd_work_group_size|max_global_work_dim|always_inline|unused)$/) { candidate = before; in_arguments = kernel; arguments_depth = 0 }
            if (w == ")") --outer
            if (w == ";") { if (!allowed && candidate != "") fault(candidate ": declared before it is defined, which recursion would need"); else if (!allowed && before != "}") fault(before ": a variable of the program"); allowed = 0; candidate = "" }
        }
        if (in_arguments) {
            if (w == "(") ++arguments_depth
            if (w == "struct" || (is_name(w) && w ~ /_tq_(exact|block|slots|geometry|tail)$/)) fault(w ": a structure as an argument of a kernel")
            if (w == "*") { pointer = 1; restricted = 0 }
            if (w == "restrict") restricted = 1
            if (w == "," || (w == ")" && arguments_depth == 1)) {
                if (pointer && !restricted && candidate !~ /_quantize_elements$/) { name = candidate; fault("argument " before " without restrict"); name = "" }
                pointer = 0
            }
            if (w == ")" && --arguments_depth == 0) in_arguments = 0
        }
        if (w == "{") {
            if (depth == 0 && candidate != "") {
                name = candidate
                if (name in defined) fault(name ": defined twice")
                defined[name] = 1
                if (kernel && !single) fault("kernel without a work-group of one")
                if (kernel) ++kernels
                kernel = 0
                allowed = 0
            }
            ++depth
        }
        if (depth > 0 && w == name && name != "" ) fault("recursion")
        if (w == "}" && --depth == 0) { if (name == "") allowed = allowed; else candidate = ""; name = "" }
        before4 = before3; before3 = before2; before2 = before; before = w
    }
    END {
        if (kernels == 0) fault("no kernels")
        print kernels " kernels"
        exit bad
    }'

#include "runtime/task.h"

#include <string.h>

/* From `__kernel` on: attributes and `void`, the name, the arguments, the body. */
static bool read_kernel(tq_kernel_text *kernel, const tq_token *start, const char *end)
{
    tq_token t = *start;
    kernel->start = start->start;
    for (;;) {
        const tq_token next = tq_token__next(tq_token__behind(&t), end);
        if (next.kind == TQ_TOKEN_END)
            return false;
        if (tq_token__is(&next, "(") && !tq_token__is(&t, "__attribute__")) {
            kernel->name = t;
            t = next;
            break;
        }
        t = next;
        if (tq_token__is(&next, "(")) { /* of an attribute */
            const char *behind = tq_token__close(&next, end);
            if (behind == NULL)
                return false;
            t = tq_token__at(behind - 1, end);
        }
    }
    const char *behind = tq_token__close(&t, end);
    if (behind == NULL)
        return false;
    kernel->arguments = tq_token__behind(&t);
    kernel->arguments_end = behind - 1;
    t = tq_token__next(behind, end);
    kernel->body = t.start;
    kernel->end = tq_token__is(&t, "{") ? tq_token__close(&t, end) : NULL;
    return kernel->end != NULL;
}

bool tq_kernel_text__find(tq_kernel_text *kernel, const char *text, const char *end)
{
    for (tq_token t = tq_token__next(text, end); t.kind != TQ_TOKEN_END;
         t = tq_token__next(tq_token__behind(&t), end))
        if (tq_token__is(&t, "__kernel"))
            return read_kernel(kernel, &t, end);
    return false;
}

bool tq_argument_text__next(tq_argument_text *argument, const char **from, const char *end)
{
    tq_token t = tq_token__next(*from, end);
    *argument = (tq_argument_text){.start = t.start};
    while (t.kind != TQ_TOKEN_END && !tq_token__is(&t, ",")) {
        if (t.kind == TQ_TOKEN_NAME)
            argument->name = t;
        argument->end = tq_token__behind(&t);
        t = tq_token__next(tq_token__behind(&t), end);
    }
    *from = tq_token__behind(&t);
    return argument->name.kind == TQ_TOKEN_NAME;
}

static void add_call(tq_text *to, const tq_kernel_text *kernel)
{
    tq_argument_text argument;
    tq_text__print(to, "%.*s_item(", (int)kernel->name.length, kernel->name.start);
    for (const char *at = kernel->arguments; tq_argument_text__next(&argument, &at, kernel->arguments_end);)
        tq_text__print(to, "%.*s, ", (int)argument.name.length, argument.name.start);
    tq_text__print(to, "(ulong4)(tq_at0, tq_at1, tq_at2, 0));\n");
}

/* Of the function: Oclgrind 21.10 does not know what compilers make of `restrict` in inlined functions. */
static void add_arguments(tq_text *to, const tq_kernel_text *kernel)
{
    const char *const end = kernel->arguments_end;
    for (tq_token t = tq_token__at(kernel->arguments, end); t.kind != TQ_TOKEN_END;
         t = tq_token__at(tq_token__behind(&t), end))
        if (!tq_token__is(&t, "restrict"))
            tq_text__add(to, t.start, t.length);
}

static void add_kernel(tq_text *to, const tq_kernel_text *kernel)
{
    const int name = (int)kernel->name.length, arguments = (int)(kernel->arguments_end - kernel->arguments);
    tq_text__print(to, "TQ_INLINE void %.*s_item(", name, kernel->name.start);
    add_arguments(to, kernel);
    tq_text__print(to, ", const ulong4 tq_at)\n");
    tq_text__add(to, kernel->body, (size_t)(kernel->end - kernel->body));
    tq_text__print(to,
                   "\n\n__kernel TQ_TASK void %.*s(%.*s, const ulong4 tq_first, const ulong4 tq_end)\n{\n",
                   name, kernel->name.start, arguments, kernel->arguments);
    tq_text__print(
        to, "    for (ulong tq_at2 = tq_first.s2; tq_at2 < tq_end.s2; ++tq_at2)\n"
            "        for (ulong tq_at1 = tq_first.s1; tq_at1 < tq_end.s1; ++tq_at1)\n"
            "            for (ulong tq_at0 = tq_first.s0; tq_at0 < tq_end.s0; ++tq_at0)\n                ");
    add_call(to, kernel);
    tq_text__print(to, "}");
}

void tq_task__rewrite(tq_text *to, const char *text, size_t length)
{
    const char *const end = text + length;
    tq_kernel_text kernel;
    while (tq_kernel_text__find(&kernel, text, end)) {
        tq_text__add(to, text, (size_t)(kernel.start - text));
        add_kernel(to, &kernel);
        text = kernel.end;
    }
    tq_text__add(to, text, (size_t)(end - text));
}

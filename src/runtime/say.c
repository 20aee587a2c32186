/* What a context says of itself on stderr, and the environment that asks for it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/internal.h"
#include "util/fail.h"

/* The number of a variable's value among `names`, of which the first is the same as none. */
static tq_status read_variable(int *number, const char *variable, const char *const *names, int count)
{
    const char *const value = getenv(variable);
    *number = 0;
    if (value == NULL || value[0] == '\0')
        return TQ_OK;
    for (int i = 0; i < count; ++i)
        if (strcmp(value, names[i]) == 0) {
            *number = i;
            return TQ_OK;
        }
    return tq_status__fail(TQ_E_ARGUMENT, "the environment's %s is '%s', allowed: %s, %s%s%s", variable,
                           value, names[0], names[1], count > 2 ? ", " : "", count > 2 ? names[2] : "");
}

tq_status tq_context__read_environment(tq_context *c)
{
    static const char *const asks[] = {"once", "always", "off"}; /* in the order of tq_asks */
    static const char *const verbose[] = {"0", "1"};
    int number;
    TQ_TRY(read_variable(&number, "TQ_SELFTEST", asks, 3));
    c->asks = (tq_asks)number;
    TQ_TRY(read_variable(&number, "TQ_VERBOSE", verbose, 2));
    c->verbose = number != 0;
    return TQ_OK;
}

void tq_context__say(const tq_context *c, const char *format, ...)
{
    char line[1200];
    va_list arguments;
    if (!c->verbose)
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "tq: %s\n", line); /* at once: threads have contexts of their own */
}

void tq_context__say_device(const tq_context *c)
{
    tq_device_info devices[64];
    size_t count = 0;
    if (!c->verbose)
        return;
    if (tq_device_list(devices, TQ_COUNT(devices), &count) != TQ_OK)
        count = 0;
    for (size_t i = 0; i < count && i < TQ_COUNT(devices); ++i) {
        tq_text line = {0};
        tq_device__print(&line, &devices[i]);
        tq_context__say(c, "device found: %s", tq_text__get(&line));
        tq_text__free(&line);
    }
    tq_context__say(c, "device selected: %s '%s' (%s, driver %s)", c->info.type, c->info.name,
                    c->info.platform, c->info.driver);
    tq_context__say(c, "CLBlast: %s",
                    tq_gemm__built() ? "built in, for float=fast and float=clblast"
                                     : "this library was built without it");
}

void tq_context__say_end(const tq_context *c)
{
    tq_context__say(c, "programs: %u built, %u found on disk, %u in memory", c->counts.built,
                    c->counts.from_disk, c->counts.from_memory);
    tq_context__say(c, "bytes: %llu uploaded, %llu downloaded", (unsigned long long)c->uploaded,
                    (unsigned long long)c->downloaded);
    if (tq_gemm__built())
        tq_context__say(c, "CLBlast: %llu products", (unsigned long long)c->products);
}

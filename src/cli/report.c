#include "cli/report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "cli/command.h"

int tq_report__status(tq_status status)
{
    if (status == TQ_OK)
        return TQ_EXIT_OK;
    fprintf(stderr, "tq: %s\n", tq_error());
    return status == TQ_E_ARGUMENT || status == TQ_E_SYNTAX || status == TQ_E_NAME ? TQ_EXIT_USAGE
                                                                                   : TQ_EXIT_FAILURE;
}

static void say(const char *format, va_list arguments)
{
    fputs("tq: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
}

int tq_report__usage(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return TQ_EXIT_USAGE;
}

int tq_report__failure(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    return TQ_EXIT_FAILURE;
}

int tq_report__json(json_t *value)
{
    if (value == NULL)
        return tq_report__failure("no memory for the JSON output");
    const int failed = json_dumpf(value, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(TQ_REAL_DIGITS));
    putchar('\n');
    json_decref(value);
    /* A failed write is said by main. */
    return failed ? TQ_EXIT_FAILURE : TQ_EXIT_OK;
}

json_t *tq_report__real(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

json_t *tq_report__shape(const tq_shape *shape)
{
    json_t *const dimensions = json_array();
    for (int i = 0; i < shape->rank; ++i)
        json_array_append_new(dimensions, json_integer(shape->dim[i]));
    return dimensions;
}

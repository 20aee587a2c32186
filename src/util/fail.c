#include "util/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TEXT_SIZE 8192

/* The one mutable global of the library: each thread's last failure. */
static _Thread_local char last_text[TEXT_SIZE];

const char *tq_error(void)
{
    return last_text;
}

tq_status tq_status__fail(tq_status status, const char *format, ...)
{
    char text[TEXT_SIZE]; /* arguments may point into last_text */
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    memcpy(last_text, text, sizeof text);
    return status;
}

tq_status tq_status__prefix(tq_status status, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text - 2, format, arguments);
    va_end(arguments);
    length = length < 0 ? 0 : length < TEXT_SIZE - 2 ? length : TEXT_SIZE - 3;
    memcpy(text + length, ": ", 2);
    const size_t used = (size_t)length + 2;
    memcpy(text + used, last_text, sizeof text - used);
    text[TEXT_SIZE - 1] = '\0';
    memcpy(last_text, text, sizeof text);
    return status;
}

static const char *const names[] = {"TQ_OK",       "TQ_E_ARGUMENT",    "TQ_E_SYNTAX", "TQ_E_NAME",
                                    "TQ_E_SHAPE",  "TQ_E_STATE",       "TQ_E_MEMORY", "TQ_E_FILE",
                                    "TQ_E_FORMAT", "TQ_E_UNSUPPORTED", "TQ_E_DEVICE", "TQ_E_BUILD",
                                    "TQ_E_OPENCL"};

const char *tq_status_name(tq_status status)
{
    return (size_t)status < TQ_COUNT(names) ? names[status] : "unknown status";
}

#define QUOTE_(x) #x
#define QUOTE(x)  QUOTE_(x)

const char *tq_version(void)
{
    return QUOTE(TQ_VERSION_MAJOR) "." QUOTE(TQ_VERSION_MINOR) "." QUOTE(TQ_VERSION_PATCH);
}

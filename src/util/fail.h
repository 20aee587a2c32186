/* Error texts: set once, where the fault is found; passed on by TQ_TRY. */
#ifndef TQ_UTIL_FAIL_H
#define TQ_UTIL_FAIL_H

#include "tensorquant/status.h"

/* Stores the text of this thread's failure and returns `status`: `return tq_status__fail(TQ_E_SHAPE, "...",
 * ...);` */
__attribute__((format(printf, 2, 3))) tq_status tq_status__fail(tq_status status, const char *format, ...);

/* Puts "prefix: " before the text that is there, and returns `status`. For adding a file's or layer's name on
 * the way up. */
__attribute__((format(printf, 2, 3))) tq_status tq_status__prefix(tq_status status, const char *format, ...);

#define TQ_TRY(call)                                                                                         \
    do {                                                                                                     \
        const tq_status tq_try_ = (call);                                                                    \
        if (tq_try_ != TQ_OK)                                                                                \
            return tq_try_;                                                                                  \
    } while (0)
#define TQ_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif

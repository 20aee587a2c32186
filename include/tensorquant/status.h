/*
 * Status codes and error texts.
 *
 * Every call that can fail returns a tq_status; TQ_OK (0) is success. On failure the call leaves its
 * arguments and objects as they were, sets an output pointer to an object to NULL, and stores one text for
 * the calling thread that names the thing, the value and the allowed range. Functions that return void cannot
 * fail. `destroy(NULL)` is fine.
 */
#ifndef TENSORQUANT_STATUS_H
#define TENSORQUANT_STATUS_H

#if defined(_WIN32)
#define TQ_API
#else
#define TQ_API __attribute__((visibility("default")))
#endif

#if defined(__GNUC__)
#define TQ_MUST_CHECK __attribute__((warn_unused_result))
#else
#define TQ_MUST_CHECK
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define TQ_VERSION_MAJOR 0
#define TQ_VERSION_MINOR 1
#define TQ_VERSION_PATCH 0

typedef enum tq_status {
    TQ_OK = 0,
    TQ_E_ARGUMENT = 1,    /* an argument is outside its range */
    TQ_E_SYNTAX = 2,      /* a string or JSON text cannot be read; the text gives the position */
    TQ_E_NAME = 3,        /* no such kind, layer, option or weight; the text lists those that exist */
    TQ_E_SHAPE = 4,       /* shapes do not fit; the text gives both and the layer */
    TQ_E_STATE = 5,       /* called out of order, for example forward before plan */
    TQ_E_MEMORY = 6,      /* host or device memory is short */
    TQ_E_FILE = 7,        /* a file cannot be opened, read or written */
    TQ_E_FORMAT = 8,      /* a file's content is damaged or of another format */
    TQ_E_UNSUPPORTED = 9, /* understood, but not supported; the text says what is */
    TQ_E_DEVICE = 10,     /* no such device; the text lists those found */
    TQ_E_BUILD = 11,      /* a kernel does not compile; the text holds the start of the build log */
    TQ_E_OPENCL = 12      /* an OpenCL call failed; the text names the call and the OpenCL error */
} tq_status;

/*
 * Text of this thread's last failure, in English, one or more lines without a final newline. Never NULL; ""
 * when this thread has seen no failure. Valid until this thread's next failing call. A successful call does
 * not change it.
 */
TQ_API const char *tq_error(void);

/* Name of a status as written in this header, for example "TQ_E_SHAPE". Never NULL; "unknown status"
 * otherwise. */
TQ_API const char *tq_status_name(tq_status status);

/* "MAJOR.MINOR.PATCH" of the library in use, which may differ from the macros above. */
TQ_API const char *tq_version(void);

#ifdef __cplusplus
}
#endif
#endif

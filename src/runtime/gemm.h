/*
 * Matrix products of plain float by another library, CLBlast, for the context option `float`. Their last bits
 * differ from device to device and with the sizes: nothing here is for layers that keep the promise of
 * docs/numerics.md.
 */
#ifndef TQ_RUNTIME_GEMM_H
#define TQ_RUNTIME_GEMM_H

#include "runtime/launch.h"
#include "util/text.h"

/* The option's values, in this order: exact, fast, clblast. */
typedef enum tq_float_mode { TQ_FLOAT_EXACT, TQ_FLOAT_FAST, TQ_FLOAT_CLBLAST } tq_float_mode;

/* Whether the library was built with CLBlast. */
bool tq_gemm__built(void);

/* Sets the option `float`. TQ_E_ARGUMENT: unknown value. TQ_E_UNSUPPORTED: clblast without CLBlast. */
tq_status tq_gemm__set(tq_context *context, const char *value);

/* Whether products of plain float go to CLBlast; when that was asked for and is not so, `reasons` gets a
 * line. */
bool tq_gemm__wanted(const tq_context *context, tq_text *reasons);

/* A device type and a part of the platform's name, any letter case; "" is any. The first row that fits
 * counts. */
typedef struct tq_gemm_row {
    const char *type, *platform;
    bool clblast;
} tq_gemm_row;
const tq_gemm_row *tq_gemm__row(const tq_device_info *device);

/* c = a * b, or c + a * b when `add`: a rows x terms, b terms x columns, c rows x columns, without gaps, row
 * by row. */
typedef struct tq_gemm {
    int64_t rows, columns, terms;
    const tq_memory *a, *b;
    tq_memory *c;
    uint64_t a_offset, b_offset, c_offset; /* elements */
    bool add;
} tq_gemm;

/*
 * Queues a product. The first one of a process takes seconds: CLBlast compiles. TQ_E_OPENCL: CLBlast refuses,
 * with its code; TQ_E_UNSUPPORTED: built without it.
 */
tq_status tq_gemm__run(tq_context *context, const tq_gemm *gemm);

/*
 * A context that ran products is about to close. CLBlast keeps the programs of all contexts of the process,
 * and with them the contexts: this empties that cache. Other contexts go on, and compile again.
 */
void tq_gemm__forget(const tq_context *context);

#endif

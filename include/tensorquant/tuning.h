/*
 * Tuning: which tiles make the accumulation loops fast on a device. Results never depend on it.
 *
 * Each accumulation path computes tiles of rows x vectors of outputs. The library has tiles for kinds of
 * devices; tq_context_tune measures better ones for the device at hand, and tq_tuning_write keeps them in a
 * JSON file that contexts read when they plan the first layer: the one that the option `tuning`
 * (tq_context_set) or $TQ_TUNING names, else the one for this device and driver in the cache directory. A
 * named file must be good; the other is passed over when it is damaged. The file:
 *
 *     {"format": 1, "device": "NAME", "tiles": [
 *         {"path": "plain", "work": "many", "draws": false, "rows": 12, "vectors": 2}]}
 *
 * The first row for a path counts. `work` and `draws` may be missing: the row is for all. A row for a path
 * that the library does not have is never used.
 */
#ifndef TENSORQUANT_TUNING_H
#define TENSORQUANT_TUNING_H

#include "tensorquant/context.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Limits of a tile: 1 .. */
#define TQ_TUNING_ROWS    32
#define TQ_TUNING_VECTORS 8

/* A tile of one path for one kind of work. */
typedef struct tq_tuning_row {
    char path[32]; /* accumulation path */
    char work[16]; /* "many" outputs, "few" (one vector holds them), "depthwise"; "" for all */
    int draws;     /* 1: with random draws of products, 0: without, -1: both */
    int rows, vectors;
    int default_rows, default_vectors; /* the library's; 0 when not known */
    double ratio; /* speed with this tile by that of the default in the same run; 0 when not known */
} tq_tuning_row;

/* How to tune; zero-initialized is in full and without calls. */
typedef struct tq_tune {
    bool quick; /* the neighbours of the library's tiles, on a dense layer only */
    /* Called before each path with its name, and at the end with ""; `done` of `all` are done. */
    void (*progress)(void *user, const char *path, size_t done, size_t all);
    void *user;
} tq_tune;

/*
 * Measures tiles of every path that this device can take but the exact integer ones, and uses the best in
 * this context from now on; what is planned stays as it is until it is planned again. Takes minutes, or with
 * `quick` less than 40 seconds, and more where programs compile slowly. A tile that is not faster than the
 * library's by 3 % in repeated measurements is not taken.
 *
 * TQ_E_ARGUMENT: NULL. TQ_E_FILE, TQ_E_FORMAT: a named file is bad. TQ_E_MEMORY, TQ_E_BUILD, TQ_E_OPENCL.
 */
TQ_API TQ_MUST_CHECK tq_status tq_context_tune(tq_context *context, const tq_tune *how);

/*
 * Rows that this context uses: up to `capacity` of them to `rows` (may be NULL when it is 0), how many there
 * are to `*count`. Reads the file, if that has not happened yet. TQ_E_FILE, TQ_E_FORMAT: a named file is bad.
 */
TQ_API TQ_MUST_CHECK tq_status tq_tuning_read(tq_context *context, tq_tuning_row *rows, size_t capacity,
                                              size_t *count);

/*
 * Writes the rows that this context uses to a file, which is complete or left as it was. `path` NULL: to the
 * file of this device in the cache directory (TQ_E_STATE when there is none). TQ_E_FILE.
 */
TQ_API TQ_MUST_CHECK tq_status tq_tuning_write(tq_context *context, const char *path);

/* The file of this device in the cache directory; "" when the cache is off. Lives until the option `cache` is
 * set. */
TQ_API const char *tq_tuning_file(tq_context *context);

#ifdef __cplusplus
}
#endif
#endif

/* Runs the program tq as a user would, and looks at what it says. */
#ifndef TQ_TESTS_TQ_PROGRAM_H
#define TQ_TESTS_TQ_PROGRAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct tq_said {
    int code;        /* exit status; -1 when a signal ended it */
    char *out, *err; /* freed by tq_said_free */
} tq_said;

/*
 * Goes to an empty folder of this name below the build folder, puts the tq of that build in front of $PATH
 * and writes what tq_inputs_write makes.
 */
void tq_program_start(const char *build, const char *name);

/* Runs a line of the shell, for example "TQ_DEVICE=none tq devices --json"; its output is no terminal. */
__attribute__((format(printf, 1, 2))) tq_said tq_program_run(const char *format, ...);
void tq_said_free(tq_said *said);

/* Runs a line, checks the exit status, and that stderr is empty (code 0) or contains `expected`. */
void tq_program_expect(int code, const char *expected, const char *line);

/* Runs a line that must print JSON and nothing on stderr; the result is the caller's. */
__attribute__((format(printf, 1, 2))) json_t *tq_program_json(const char *format, ...);

/* The content of a file with a NUL behind it, freed by the caller; NULL when there is none. */
char *tq_file_text(const char *path, size_t *size);
void tq_file_put(const char *path, const void *data, size_t size);

/* The file must hold just these bytes; those of another file. */
void tq_file_expect(const char *path, const void *data, size_t size);
void tq_file_expect_same(const char *path, const char *other);

/* A NumPy file as the format's description has it (version 1.0, 128 bytes of header): type "<f4", shape "(6,
 * 4)". */
void tq_npy_put(const char *path, const char *type, const char *shape, const void *data, size_t size);

/*
 * Writes into the working folder:
 *     tiny.onnx    x[N,4] -> Gemm "same" (identity) -> Gemm "classes": x0, x1 + x2, 0.3 x0 + x3 - 0.25
 *     x.npy        6 inputs of 4 numbers, of which the last has a NaN
 *     y.npy        labels (int64), of which the first four are right
 *     badbias.onnx, exp.onnx    a bias of a wrong size; an operator that is not supported
 *     centred.onnx x[4,4] -> Gemm "classes" as in tiny.onnx -> less "mean", that of the four samples
 */
void tq_inputs_write(void);

#endif

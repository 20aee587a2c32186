/* What the fuzz targets share. A target is a file fuzz_NAME.c with libFuzzer's entry; corpus/NAME holds its
 * inputs. */
#ifndef TQ_FUZZ_INPUT_H
#define TQ_FUZZ_INPUT_H

#include <stddef.h>
#include <stdint.h>

/* libFuzzer's entry: one input; aborts (or a sanitizer does) where something is wrong. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input as text with a NUL, in memory of exactly that size; freed by the caller. */
char *fuzz_text(const uint8_t *data, size_t size);

/* Path of a file in memory with this content, the same for each call. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* Aborts and says what does not hold. */
void fuzz_require(int holds, const char *what);

#endif

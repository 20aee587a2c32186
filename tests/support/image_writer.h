/* Writes images by the formats' standards, with zlib's deflate and CRC only: no image library takes part. */
#ifndef TQ_TESTS_IMAGE_WRITER_H
#define TQ_TESTS_IMAGE_WRITER_H

#include <stddef.h>
#include <stdint.h>

typedef struct image_bytes {
    unsigned char data[65536];
    size_t size;
} image_bytes;

/*
 * A png: color type 0 (gray), 2 (rgb), 3 (palette: PLTE is `palette`, 3 * 4 bytes), 4 (gray, alpha), 6
 * (rgba); `rows` are packed rows of `row_bytes` bytes.
 */
void image_write_png(image_bytes *to, uint32_t columns, uint32_t rows, int depth, int type,
                     const unsigned char *pixels, size_t row_bytes, const unsigned char *palette);

/*
 * A baseline jpeg whose blocks of 8 x 8 pixels have one value each: `values` are the components (Y, or Y, Cb,
 * Cr) of each block, row by row; all quantization steps are 1.
 */
void image_write_jpeg(image_bytes *to, int block_columns, int block_rows, int components,
                      const unsigned char *values);

#endif

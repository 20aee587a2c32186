/* Images in memory: png and jpeg files decoded to bytes, cut and resized, made numbers for a network. */
#ifndef TQ_IO_IMAGE_H
#define TQ_IO_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorquant/status.h"

/* Of one side, and of all; what a header announces above it is refused before memory is asked for. */
#define TQ_IMAGE_MOST_SIDE   65500
#define TQ_IMAGE_MOST_PIXELS ((int64_t)1 << 26)

/* Bytes [row][column][channel]; zero-initialized is empty. */
typedef struct tq_image {
    int64_t rows, columns;
    int channels; /* 1: gray; 3: red, green, blue */
    unsigned char *pixels;
} tq_image;

/*
 * Decodes a png or jpeg file's content, whichever its first bytes say. Alpha is left out, 16 bits a channel
 * become 8, palettes become colours. TQ_E_FORMAT: neither, damaged, truncated, too large. TQ_E_UNSUPPORTED:
 * four inks (CMYK), or this library was built without libpng or libjpeg. TQ_E_MEMORY.
 */
tq_status tq_image__decode(const unsigned char *data, size_t size, tq_image *image);
void tq_image__free(tq_image *image);

/* The two formats, for tq_image__decode. What is allocated is in `image`, and its caller's, after a failure
 * too. */
tq_status tq_image__decode_png(const unsigned char *data, size_t size, tq_image *image);
tq_status tq_image__decode_jpeg(const unsigned char *data, size_t size, tq_image *image);

/* Takes the memory for an image of this size. TQ_E_FORMAT: no pixels, or too many. TQ_E_MEMORY. */
tq_status tq_image__allocate(tq_image *image, int64_t rows, int64_t columns, int channels);

/* How an image becomes numbers (docs/data.md); sizes of 0 are not asked for. */
typedef struct tq_image_form {
    int64_t resize_rows, resize_columns; /* both or none */
    int64_t shorter;                     /* the shorter side becomes this; not together with resize */
    int64_t crop_rows, crop_columns;     /* both or none */
    int channels;                        /* 1 or 3 */
    bool bgr;                            /* channels in reverse */
    double scale, mean[3], std[3];
} tq_image_form;

/* Rows and columns after resizing and cutting; TQ_E_FORMAT: the image is too small for the cut, or resized it
 * is too large. */
tq_status tq_image_form__size(const tq_image_form *form, int64_t rows, int64_t columns, int64_t *out_rows,
                              int64_t *out_columns);

/* Writes [channels][rows][columns] numbers; the size has been asked for by tq_image_form__size. */
tq_status tq_image_form__apply(const tq_image_form *form, const tq_image *image, float *to);

/* The largest magnitude of any byte in this form. */
double tq_image_form__largest(const tq_image_form *form);

#endif

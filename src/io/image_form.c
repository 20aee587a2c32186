/* From bytes to numbers: bilinear resizing in exact integers, one quotient, one normalization (docs/data.md).
 */
#include <math.h>
#include <stdlib.h>

#include "io/image.h"
#include "util/fail.h"

/* Where the samples of one direction lie: between pixels `low` and `high`, `weight`/(2 * size) towards high.
 */
typedef struct tap {
    int64_t low, high, weight;
} tap;

static void resized_size(const tq_image_form *form, int64_t rows, int64_t columns, int64_t *to_rows,
                         int64_t *to_columns)
{
    const int64_t side = rows < columns ? rows : columns;
    *to_rows = form->resize_rows > 0 ? form->resize_rows : rows;
    *to_columns = form->resize_rows > 0 ? form->resize_columns : columns;
    if (form->shorter > 0) {
        *to_rows = form->shorter * rows / side;
        *to_columns = form->shorter * columns / side;
    }
}

tq_status tq_image_form__size(const tq_image_form *form, int64_t rows, int64_t columns, int64_t *out_rows,
                              int64_t *out_columns)
{
    resized_size(form, rows, columns, out_rows, out_columns);
    if (*out_rows > TQ_IMAGE_MOST_SIDE || *out_columns > TQ_IMAGE_MOST_SIDE ||
        *out_rows * *out_columns > TQ_IMAGE_MOST_PIXELS)
        return tq_status__fail(TQ_E_FORMAT, "resized it has %lld x %lld pixels; supported: sides of 1 to %d",
                               (long long)*out_rows, (long long)*out_columns, TQ_IMAGE_MOST_SIDE);
    if (form->crop_rows == 0)
        return TQ_OK;
    if (*out_rows < form->crop_rows || *out_columns < form->crop_columns)
        return tq_status__fail(TQ_E_FORMAT, "an image of %lld x %lld is smaller than crop=%lldx%lld",
                               (long long)*out_rows, (long long)*out_columns, (long long)form->crop_rows,
                               (long long)form->crop_columns);
    *out_rows = form->crop_rows;
    *out_columns = form->crop_columns;
    return TQ_OK;
}

/* Half-pixel centres: output i lies at (2i + 1) * from / (2 * to) - 1/2, kept inside the image. */
static tap tap_at(int64_t i, int64_t from, int64_t to)
{
    int64_t at = (2 * i + 1) * from - to; /* in units of 1 / (2 * to) */
    const int64_t last = (from - 1) * 2 * to;
    at = at < 0 ? 0 : at > last ? last : at;
    const int64_t low = at / (2 * to);
    return (tap){low, low + (low + 1 < from), at % (2 * to)};
}

/* One output pixel's byte of a channel times `divisor`, exact. */
static int64_t blend(const tq_image *image, tap row, tap column, const int64_t unit[2], int channel)
{
    const int64_t stride = image->columns * image->channels;
    const unsigned char *const low = image->pixels + row.low * stride + channel, *const high =
                                                                                     image->pixels +
                                                                                     row.high * stride +
                                                                                     channel;
    const int64_t left = column.low * image->channels, right = column.high * image->channels;
    const int64_t above = (unit[1] - column.weight) * low[left] + column.weight * low[right];
    const int64_t below = (unit[1] - column.weight) * high[left] + column.weight * high[right];
    return (unit[0] - row.weight) * above + row.weight * below;
}

/* Channel `c` of the output, from `image`'s bytes. */
static double channel_of(const tq_image_form *form, const tq_image *image, tap row, tap column,
                         const int64_t unit[2], int c)
{
    const double divisor = (double)(unit[0] * unit[1]);
    if (image->channels == 1)
        return (double)blend(image, row, column, unit, 0) / divisor;
    if (form->channels == 3)
        return (double)blend(image, row, column, unit, form->bgr ? 2 - c : c) / divisor;
    const int64_t gray = 299 * blend(image, row, column, unit, 0) + 587 * blend(image, row, column, unit, 1) +
                         114 * blend(image, row, column, unit, 2);
    return (double)gray / (1000.0 * divisor);
}

static float normalize(const tq_image_form *form, double byte, int c)
{
    return (float)((byte * form->scale / 255.0 - form->mean[c]) / form->std[c]);
}

tq_status tq_image_form__apply(const tq_image_form *form, const tq_image *image, float *to)
{
    int64_t size[2], out[2];
    TQ_TRY(tq_image_form__size(form, image->rows, image->columns, &out[0], &out[1]));
    resized_size(form, image->rows, image->columns, &size[0], &size[1]);
    const int64_t top = (size[0] - out[0]) / 2, left = (size[1] - out[1]) / 2;
    const int64_t unit[2] = {2 * size[0], 2 * size[1]};
    tap *const columns = malloc((size_t)out[1] * sizeof *columns);
    if (columns == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld columns", (long long)out[1]);
    for (int64_t j = 0; j < out[1]; ++j)
        columns[j] = tap_at(left + j, image->columns, size[1]);
    for (int c = 0; c < form->channels; ++c)
        for (int64_t i = 0; i < out[0]; ++i) {
            const tap row = tap_at(top + i, image->rows, size[0]);
            for (int64_t j = 0; j < out[1]; ++j)
                *to++ = normalize(form, channel_of(form, image, row, columns[j], unit, c), c);
        }
    free(columns);
    return TQ_OK;
}

double tq_image_form__largest(const tq_image_form *form)
{
    double largest = 0;
    for (int c = 0; c < form->channels; ++c) {
        const double black = fabs((double)normalize(form, 0, c)),
                     white = fabs((double)normalize(form, 255, c));
        largest = fmax(largest, fmax(black, white));
    }
    return largest;
}

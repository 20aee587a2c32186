#include "io/image.h"

#include <stdlib.h>
#include <string.h>

#include "util/fail.h"

static const struct {
    const char *magic;
    size_t size;
    tq_status (*decode)(const unsigned char *data, size_t size, tq_image *image);
} formats[] = {
    {"\x89PNG\r\n\x1a\n", 8, tq_image__decode_png},
    {"\xff\xd8\xff", 3, tq_image__decode_jpeg},
};

tq_status tq_image__allocate(tq_image *image, int64_t rows, int64_t columns, int channels)
{
    if (rows < 1 || columns < 1 || rows > TQ_IMAGE_MOST_SIDE || columns > TQ_IMAGE_MOST_SIDE ||
        rows * columns > TQ_IMAGE_MOST_PIXELS)
        return tq_status__fail(
            TQ_E_FORMAT, "an image of %lld x %lld pixels; supported: sides of 1 to %d, at most %lld pixels",
            (long long)rows, (long long)columns, TQ_IMAGE_MOST_SIDE, (long long)TQ_IMAGE_MOST_PIXELS);
    const size_t size = (size_t)rows * (size_t)columns * (size_t)channels;
    *image = (tq_image){rows, columns, channels, malloc(size)};
    return image->pixels != NULL ? TQ_OK
                                 : tq_status__fail(TQ_E_MEMORY, "no memory for an image of %zu bytes", size);
}

void tq_image__free(tq_image *image)
{
    free(image->pixels);
    *image = (tq_image){0};
}

tq_status tq_image__decode(const unsigned char *data, size_t size, tq_image *image)
{
    *image = (tq_image){0};
    for (size_t i = 0; i < TQ_COUNT(formats); ++i) {
        if (size < formats[i].size || memcmp(data, formats[i].magic, formats[i].size) != 0)
            continue;
        const tq_status status = formats[i].decode(data, size, image);
        if (status != TQ_OK)
            tq_image__free(image);
        return status;
    }
    return tq_status__fail(TQ_E_FORMAT, "neither a png nor a jpeg image");
}

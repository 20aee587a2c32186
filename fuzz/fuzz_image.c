/* png and jpeg images, and what becomes of them. */
#include <math.h>
#include <stdlib.h>

#include "fuzz_input.h"
#include "io/image.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const tq_image_form form = {
        .shorter = 5, .crop_rows = 4, .crop_columns = 5, .channels = 3, .scale = 1, .std = {1, 1, 1}};
    float numbers[3 * 4 * 5];
    tq_image image;
    int64_t rows, columns;
    if (tq_image__decode(data, size, &image) != TQ_OK)
        return 0;
    if (tq_image_form__size(&form, image.rows, image.columns, &rows, &columns) == TQ_OK &&
        tq_image_form__apply(&form, &image, numbers) == TQ_OK)
        for (int i = 0; i < 3 * 4 * 5; ++i)
            fuzz_require(numbers[i] >= 0 && numbers[i] <= 1, "a byte is in 0 .. 1");
    tq_image__free(&image);
    return 0;
}

/*
 * Quantizes the same numbers twice, in a host array and in a tensor on the device, and compares them bit by
 * bit.
 *
 *     quantize [QUANTIZER [DEVICE]]
 */
#include <stdio.h>
#include <string.h>

#include <tensorquant/tensorquant.h>

enum { COUNT = 10000, SEED = 1 };

/* Numbers on both sides of zero, of many sizes. */
static void fill(float *numbers)
{
    for (int i = 0; i < COUNT; ++i)
        numbers[i] = (float)(i - COUNT / 2) * (float)(i % 100 + 1) / 65536.0f;
}

static bool quantize_on_device(tq_context *context, float *to, const float *from, const tq_quantizer *q)
{
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){COUNT});
    tq_tensor *tensor = NULL;
    const bool failed = tq_tensor_create(&tensor, context, &shape) || tq_tensor_write(tensor, from, COUNT) ||
                        tq_tensor_quantize(tensor, tensor, q, SEED) || tq_tensor_read(tensor, to, COUNT);
    tq_tensor_destroy(tensor);
    return !failed;
}

int main(int argc, char **argv)
{
    static float numbers[COUNT], on_host[COUNT], on_device[COUNT];
    tq_context *context = NULL;
    tq_quantizer q;
    bool same = false;

    fill(numbers);
    if (tq_quantizer_parse(&q, argc > 1 ? argv[1] : "nearest,16,8") ||
        tq_context_open(&context, argc > 2 ? argv[2] : NULL) ||
        !quantize_on_device(context, on_device, numbers, &q)) {
        fprintf(stderr, "quantize: %s\n", tq_error());
    } else {
        tq_quantize_array(on_host, numbers, COUNT, &q, SEED);
        same = memcmp(on_host, on_device, sizeof on_host) == 0;
        for (int i = 0; i < COUNT; i += COUNT / 8)
            printf("%12g -> %g\n", (double)numbers[i], (double)on_device[i]);
        printf("host and %s %s\n", tq_context_device(context)->name, same ? "agree bit by bit" : "differ");
    }
    tq_context_close(context);
    return same ? 0 : 1;
}

/* Losses: their values on the host, their gradients on the device and on the host. */
#include <math.h>

#include "layers/elementwise.h"
#include "tensorquant/kernels/math.cl"
#include "training/trainer_parts.h"

#include "tensorquant/kernels/training/loss.cl"

/* -log softmax(x)[label] */
static double entropy(const float *x, int64_t classes, int32_t label)
{
    double largest = x[0], sum = 0.0;
    for (int64_t i = 1; i < classes; ++i)
        largest = fmax(largest, x[i]);
    for (int64_t i = 0; i < classes; ++i)
        sum += exp(x[i] - largest);
    return log(sum) + largest - x[label];
}

double tq_loss__value(tq_loss loss, const float *output, int64_t count, int64_t classes, const int32_t *label,
                      const float *target)
{
    double sum = 0.0;
    if (loss == TQ_LOSS_CROSS_ENTROPY) {
        for (int64_t row = 0; row < count / classes; ++row)
            sum += entropy(output + row * classes, classes, label[row]);
        return sum / (double)(count / classes);
    }
    for (int64_t i = 0; i < count; ++i)
        sum += ((double)output[i] - target[i]) * ((double)output[i] - target[i]);
    return sum / (double)count;
}

/* What a difference is multiplied by. */
static tq_u32 factor_of(tq_loss loss, int64_t count, int64_t classes, double scale)
{
    const double rows = (double)(count / classes);
    return tq_bits__of((float)(loss == TQ_LOSS_CROSS_ENTROPY ? scale / rows : 2.0 * scale / (double)count));
}

/* Of cross entropy: shares of at most 1, less 0 or 1, times the factor, each rounded. */
tq_range tq_loss__range(tq_loss loss, int64_t count, int64_t classes, double scale)
{
    const double most = fabs((double)tq_bits__number(factor_of(loss, count, classes, scale)));
    tq_range range = tq_range__unknown();
    if (loss != TQ_LOSS_CROSS_ENTROPY || !isfinite(most))
        return range;
    range.finite = true;
    range.lowest = -most;
    range.highest = most;
    return range;
}

tq_status tq_loss__gradient(tq_loss loss, tq_tensor *to, const tq_tensor *output, const tq_memory *target,
                            int64_t classes, double scale)
{
    static const char *const files[] = {"layers/maximum.cl", "math.cl", "training/loss.cl"};
    const int64_t count = tq_shape_count(tq_tensor_shape(output));
    const bool entropies = loss == TQ_LOSS_CROSS_ENTROPY;
    const tq_u32 classes32 = (tq_u32)classes, factor = factor_of(loss, count, classes, scale);
    const tq_argument arguments[] = {TQ_TENSOR(output), TQ_MEMORY(target), TQ_TENSOR(to), TQ_VALUE(factor),
                                     TQ_VALUE(classes32)};
    tq_kernel *kernel;
    TQ_TRY(tq_context__plain_kernel(&kernel, tq_tensor__context(to), files, TQ_COUNT(files),
                                    entropies ? "cross_entropy" : "squares"));
    if (!entropies)
        return tq_kernel__run_elements(kernel, count, arguments, 4);
    /* Rows are few and long: each is a group. */
    return tq_kernel__run(kernel, (const size_t[]){(size_t)(count / classes), 1, 1},
                          (const size_t[]){1, 1, 1}, arguments, 5);
}

static void entropy_gradient(float *to, const float *x, int64_t classes, int32_t label, tq_u32 factor)
{
    const tq_u32 largest = tq_bits__largest(x, classes);
    tq_u32 sum = 0;
    for (int64_t i = 0; i < classes; ++i)
        sum = tq_carrier_sum(sum, tq_loss_power(tq_bits__of(x[i]), largest));
    for (int64_t i = 0; i < classes; ++i)
        to[i] = tq_bits__number(tq_loss_share(tq_loss_power(tq_bits__of(x[i]), largest), sum,
                                              i == label ? TQ_ONE_BITS : 0, factor));
}

void tq_loss__reference(tq_loss loss, float *to, const float *output, int64_t count, int64_t classes,
                        const int32_t *label, const float *target, double scale)
{
    const tq_u32 factor = factor_of(loss, count, classes, scale);
    for (int64_t row = 0; loss == TQ_LOSS_CROSS_ENTROPY && row < count / classes; ++row)
        entropy_gradient(to + row * classes, output + row * classes, classes, label[row], factor);
    for (int64_t i = 0; loss == TQ_LOSS_SQUARES && i < count; ++i)
        to[i] = tq_bits__number(tq_loss_square(tq_bits__of(output[i]), tq_bits__of(target[i]), factor));
}

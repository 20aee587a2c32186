#include "work.h"

#include "util/fail.h"

enum { QUICK = TQ_LEVEL_QUICK | TQ_LEVEL_FULL, FULL = TQ_LEVEL_FULL, SMOKE = TQ_LEVEL_SMOKE };

static const tq_work works[] = {
    {"dense 960x512x512", TQ_WORK_DENSE, QUICK, 960, 1, 1, 512, 1, 512, 1, 0, NULL},
    {"dense 128x1000x4096", TQ_WORK_DENSE, FULL, 128, 1, 1, 1000, 1, 4096, 1, 0, NULL},
    {"conv LeNet 1, 64 images", TQ_WORK_CONV, FULL, 64, 28, 28, 1, 5, 20, 1, 0, NULL},
    {"conv LeNet 2, 64 images", TQ_WORK_CONV, FULL, 64, 12, 12, 20, 5, 50, 1, 0, NULL},
    {"conv 56x56x64 3x3", TQ_WORK_CONV, QUICK, 1, 56, 56, 64, 3, 64, 1, 1, NULL},
    {"conv 28x28x128 3x3", TQ_WORK_CONV, FULL, 1, 28, 28, 128, 3, 128, 1, 1, NULL},
    {"conv 7x7x2048 to 512 1x1", TQ_WORK_CONV, FULL, 1, 7, 7, 2048, 1, 512, 1, 0, NULL},
    {"depthwise 112x112x32 3x3", TQ_WORK_CONV, FULL, 1, 112, 112, 32, 3, 32, 32, 1, NULL},
    {"matmul 12 x 128x128x64", TQ_WORK_MATMUL, FULL, 12, 128, 1, 64, 1, 128, 1, 0, NULL},
    {"elements 1M", TQ_WORK_ELEMENTS, QUICK, 1 << 20, 1, 1, 1, 1, 1, 1, 0, NULL},
    {"elements 4M", TQ_WORK_ELEMENTS, FULL, 1 << 22, 1, 1, 1, 1, 1, 1, 0, NULL},
    {"step of lenet, 64 images", TQ_WORK_STEP, FULL, 64, 28, 28, 1, 1, 10, 1, 0, "lenet"},
    {"quantized step of lenet", TQ_WORK_QUANTIZED_STEP, FULL, 64, 28, 28, 1, 1, 10, 1, 0, "lenet"},
    {"step of mlp, 64 images", TQ_WORK_STEP, FULL, 64, 28, 28, 1, 1, 10, 1, 0, "mlp"},
    {"quantized step of mlp", TQ_WORK_QUANTIZED_STEP, FULL, 64, 28, 28, 1, 1, 10, 1, 0, "mlp"},
    {"smoke dense 8x16x32", TQ_WORK_DENSE, SMOKE, 8, 1, 1, 16, 1, 32, 1, 0, NULL},
    {"smoke depthwise 6x6x4 3x3", TQ_WORK_CONV, SMOKE, 1, 6, 6, 4, 3, 4, 4, 1, NULL},
    {"smoke matmul 3 x 5x7x6", TQ_WORK_MATMUL, SMOKE, 3, 5, 1, 6, 1, 7, 1, 0, NULL},
    {"smoke step of mlp", TQ_WORK_STEP, SMOKE, 2, 3, 3, 1, 1, 2, 1, 0, "mlp"},
    {"smoke elements", TQ_WORK_ELEMENTS, SMOKE, 1 << 10, 1, 1, 1, 1, 1, 1, 0, NULL},
};

const tq_work *tq_work__at(size_t i)
{
    return i < TQ_COUNT(works) ? &works[i] : NULL;
}

static int64_t pixels(const tq_work *work)
{
    const int64_t lost = work->kernel - 1 - 2 * work->pad;
    return work->samples * (work->rows - lost) * (work->columns - lost);
}

tq_matrices tq_work__matrices(const tq_work *work)
{
    const int64_t count = work->kind == TQ_WORK_MATMUL ? work->samples : 1;
    return (tq_matrices){.m = pixels(work) / count,
                         .n = work->outputs,
                         .k = work->kernel * work->kernel * work->inputs / work->groups,
                         .count = count};
}

int64_t tq_work__macs(const tq_work *work)
{
    const tq_matrices product = tq_work__matrices(work);
    return product.m * product.n * product.k * product.count;
}

tq_shape tq_work__input(const tq_work *work)
{
    if (work->kind == TQ_WORK_ELEMENTS)
        return tq_shape_of(1, &work->samples);
    if (work->kind == TQ_WORK_DENSE)
        return tq_shape_of(2, (const int64_t[]){work->samples, work->inputs});
    if (work->kind == TQ_WORK_MATMUL)
        return tq_shape_of(3, (const int64_t[]){work->samples, work->rows, work->inputs});
    return tq_shape_of(4, (const int64_t[]){work->samples, work->rows, work->columns, work->inputs});
}

tq_shape tq_work__weight(const tq_work *work)
{
    const int64_t inputs = work->inputs / work->groups;
    if (work->kind == TQ_WORK_DENSE)
        return tq_shape_of(2, (const int64_t[]){inputs, work->outputs});
    if (work->kind == TQ_WORK_MATMUL)
        return tq_shape_of(3, (const int64_t[]){work->samples, inputs, work->outputs});
    return tq_shape_of(4, (const int64_t[]){work->kernel, work->kernel, inputs, work->outputs});
}

/* Halves one size until the operations are few enough or the size is at its least. */
static void shrink(tq_work *work, int64_t *size, int64_t least, int64_t macs)
{
    while (tq_work__macs(work) > macs && *size / 2 >= least)
        *size /= 2;
}

tq_work tq_work__part(const tq_work *work, int64_t macs)
{
    tq_work part = *work;
    shrink(&part, &part.samples, 1, macs);
    if (part.kind == TQ_WORK_CONV) {
        shrink(&part, &part.rows, part.kernel, macs);
        shrink(&part, &part.columns, part.kernel, macs);
    }
    return part;
}

#include "layers/window.h"

const char *const tq_pad_choices[] = {"explicit", "same_upper", "same_lower", "valid", NULL};

static void pad_same(tq_axis *axis, bool upper)
{
    const int64_t extent = (axis->kernel - 1) * axis->dilation + 1;
    const int64_t outputs = (axis->size + axis->stride - 1) / axis->stride;
    const int64_t needed = (outputs - 1) * axis->stride + extent - axis->size;
    const int64_t pad = needed > 0 ? needed : 0;
    axis->pad_before = upper ? pad / 2 : pad - pad / 2;
    axis->pad_after = pad - axis->pad_before;
}

tq_status tq_axis__resolve(tq_axis *axis, int auto_pad, bool ceil_mode, int64_t *outputs)
{
    const int64_t extent = (axis->kernel - 1) * axis->dilation + 1;
    if (auto_pad == TQ_PAD_VALID)
        axis->pad_before = axis->pad_after = 0;
    else if (auto_pad != TQ_PAD_EXPLICIT)
        pad_same(axis, auto_pad == TQ_PAD_SAME_UPPER);
    const int64_t padded = axis->size + axis->pad_before + axis->pad_after;
    if (padded < extent)
        return tq_status__fail(TQ_E_SHAPE, "a window of %lld is larger than the padded image of %lld",
                               (long long)extent, (long long)padded);
    const int64_t steps = padded - extent;
    *outputs = (ceil_mode ? steps + axis->stride - 1 : steps) / axis->stride + 1;
    if (ceil_mode && (*outputs - 1) * axis->stride >= axis->size + axis->pad_before)
        --*outputs;
    return TQ_OK;
}

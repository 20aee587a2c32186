#include "layers/coordinate.h"

#include <math.h>

enum { HALF_PIXEL, PYTORCH_HALF_PIXEL, ALIGN_CORNERS, ASYMMETRIC, TF_HALF_PIXEL };
enum { PREFER_FLOOR, PREFER_CEIL, FLOOR, CEIL };

const char *const tq_coordinate_choices[] = {"half_pixel", "pytorch_half_pixel",   "align_corners",
                                             "asymmetric", "tf_half_pixel_for_nn", NULL};
const char *const tq_nearest_choices[] = {"round_prefer_floor", "round_prefer_ceil", "floor", "ceil", NULL};

tq_status tq_scaling__of(const tq_layer *layer, int d, int64_t from, tq_scaling *s)
{
    const int64_t size = (int64_t)tq_layer__option(layer, "size", (size_t)d);
    const float scale = (float)tq_layer__option(layer, "scale", (size_t)d); /* ONNX's type */
    const double given = scale > 0.0f ? floor((double)from * scale) : (double)from;
    *s = (tq_scaling){.from = from, .mode = (int)tq_layer__option(layer, "coordinates", 0)};
    s->to = size > 0 ? size : given < 1.0 ? 0 : given > INT32_MAX ? INT64_MAX : (int64_t)given;
    s->scale = scale > 0.0f ? scale : (double)s->to / (double)from;
    if (s->to < 1 || s->to > INT32_MAX)
        return tq_status__fail(TQ_E_SHAPE, "dimension %d of %lld indices, scaled by %.9g, allowed 1 to %d", d,
                               (long long)from, s->scale, INT32_MAX);
    return TQ_OK;
}

static double place(const tq_scaling *s, double i)
{
    switch (s->mode) {
    case ALIGN_CORNERS: /* by the scale, as ONNX's vectors have it, where that is not to / from */
        return s->to > 1 ? i * (double)(s->from - 1) / ((double)s->from * s->scale - 1.0) : 0.0;
    case ASYMMETRIC:
        return i / s->scale;
    case TF_HALF_PIXEL:
        return (i + 0.5) / s->scale;
    case PYTORCH_HALF_PIXEL:
        return s->to > 1 ? (i + 0.5) / s->scale - 0.5 : 0.0;
    default:
        return (i + 0.5) / s->scale - 0.5;
    }
}

static double clamped(const tq_scaling *s, double at)
{
    return fmin(fmax(at, 0.0), (double)(s->from - 1));
}

double tq_scaling__place(const tq_scaling *s, int64_t index)
{
    return clamped(s, place(s, (double)index));
}

int64_t tq_scaling__nearest(const tq_scaling *s, int64_t index, int rule)
{
    const double at = place(s, (double)index);
    const double nearest = rule == FLOOR         ? floor(at)
                           : rule == CEIL        ? ceil(at)
                           : rule == PREFER_CEIL ? floor(at + 0.5)
                                                 : ceil(at - 0.5);
    return (int64_t)clamped(s, nearest);
}

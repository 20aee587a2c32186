#include "cli/layer_report.h"

#include "cli/report.h"

static tq_shape shape_of_sample(const tq_layer *layer)
{
    tq_shape shape;
    if (tq_layer_output_shape(layer, &shape) != TQ_OK || shape.rank == 0)
        return tq_shape_of(0, NULL);
    return tq_shape_of(shape.rank - 1, shape.dim + 1);
}

json_t *tq_layer_report__json(const tq_layer *layer)
{
    const tq_shape shape = shape_of_sample(layer);
    return json_pack("{s:s, s:s, s:o, s:s}", "name", tq_layer_name(layer), "kind", tq_layer_kind_of(layer),
                     "shape", tq_report__shape(&shape), "path", tq_layer_path(layer));
}

void tq_layer_report__shape(char *to, size_t size, const tq_layer *layer)
{
    const tq_shape shape = shape_of_sample(layer);
    tq_shape_print(to, size, &shape);
}

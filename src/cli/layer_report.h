/* What a planned layer is, in JSON and text. */
#ifndef TQ_CLI_LAYER_REPORT_H
#define TQ_CLI_LAYER_REPORT_H

#include <jansson.h>

#include "tensorquant/layer.h"

/* {"name", "kind", "shape": output of one sample [rows, columns, channels], "path"}; NULL without memory. */
json_t *tq_layer_report__json(const tq_layer *layer);

/* Shape of one sample's output, as text. */
void tq_layer_report__shape(char *to, size_t size, const tq_layer *layer);

#endif

/* Cast of computed tensors. Constants are cast when they are folded. */
#include "io/onnx_types.h"

tq_status tq_onnx__import_cast(tq_onnx_node *node)
{
    const tq_onnx_value *input;
    tq_onnx_value made;
    const int32_t to = (int32_t)tq_onnx__int(node, "to", 0);
    TQ_TRY(tq_onnx__tensor(node, 0, &input));
    made = *input;
    const tq_onnx_type *type = tq_onnx__type(to), *from = tq_onnx__type(tq_onnx__type_of(input));
    const bool widens = to == TQ_ONNX_FLOAT || (type != NULL && type->bits > from->bits && from->bits > 0 &&
                                                type->is_signed == from->is_signed);
    if (widens)
        made.type = to == TQ_ONNX_FLOAT ? 0 : to; /* the same numbers */
    else
        TQ_TRY(tq_onnx__cast(node, input, to, tq_onnx__int(node, "saturate", 1) != 0, &made));
    return tq_onnx__alias(node, &made);
}

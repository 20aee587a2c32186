/* Operators of two tensors or more that are broadcast: Add, Sub, Mul, Div, Pow; Sum, Mean, Max, Min. */
#include <stdlib.h>
#include <string.h>

#include "io/onnx_graph.h"

static const struct {
    const char *operator, * kind;
} rows[] = {
    {"Add", "add"}, {"Div", "div"}, {"Max", "max"}, {"Mean", "add"}, {"Min", "min"},
    {"Mul", "mul"}, {"Pow", "pow"}, {"Sub", "sub"}, {"Sum", "add"},
};

static const char *kind_of(const tq_onnx_node *node)
{
    size_t row = 0;
    while (strcmp(rows[row].operator, node->proto->op_type) != 0)
        ++row;
    return rows[row].kind;
}

/* The shape of both, which are of one rank. */
static tq_status join(const tq_onnx_value *a, const tq_onnx_value *b, tq_shape *shape)
{
    char first[160], second[160];
    tq_shape_print(first, sizeof first, &a->shape);
    tq_shape_print(second, sizeof second, &b->shape);
    *shape = a->shape;
    for (int d = 0; d < shape->rank; ++d) {
        const int64_t x = a->shape.dim[d], y = b->shape.dim[d];
        if (x != y && x != 1 && y != 1)
            return tq_status__fail(TQ_E_SHAPE, "shapes %s and %s: dimensions must be the same or 1", first,
                                   second);
        shape->dim[d] = x > y ? x : y;
    }
    return TQ_OK;
}

/* Whether the pair holds for the model's batch only: a constant of each sample, or a tensor with another
 * first dimension. */
static bool mixes_samples(const tq_onnx_value *a, const tq_onnx_value *b)
{
    const bool first = a->role == TQ_ONNX_CONSTANT, second = b->role == TQ_ONNX_CONSTANT;
    if (!first && !second)
        return a->shape.dim[0] != b->shape.dim[0];
    return (first && a->shape.dim[0] != 1) || (second && b->shape.dim[0] != 1);
}

/* Adds a layer of the node; `value` is its output. */
static tq_status add_pair(tq_onnx_node *node, const char *kind, const tq_onnx_value *a,
                          const tq_onnx_value *b, tq_onnx_value *value)
{
    tq_shape shape;
    TQ_TRY(join(a, b, &shape));
    if (mixes_samples(a, b))
        TQ_TRY(tq_onnx__fix_batch(node));
    TQ_TRY(tq_onnx__add_of(node, kind, "", (const tq_onnx_value *const[]){a, b}, 2));
    *value = tq_onnx__result(node, &shape);
    return TQ_OK;
}

/* The largest rank of the inputs, at least 1; one of them must be a tensor. */
static tq_status find_rank(const tq_onnx_node *node, int *rank)
{
    bool tensor = false;
    *rank = 1;
    for (size_t i = 0; i < node->proto->n_input; ++i) {
        const tq_onnx_value *value;
        TQ_TRY(tq_onnx__input(node, i, &value));
        tensor = tensor || value->role == TQ_ONNX_TENSOR;
        *rank = value->shape.rank > *rank ? value->shape.rank : *rank;
    }
    return tensor ? TQ_OK
                  : tq_status__fail(TQ_E_UNSUPPORTED, "operator '%s' of constants is not supported",
                                    node->proto->op_type);
}

#define MOST_EXPONENTS 64

static bool is_integer(const tq_onnx_value *value)
{
    const int32_t type = value->role == TQ_ONNX_CONSTANT ? value->source->data_type : 0;
    return type == ONNX__TENSOR_PROTO__DATA_TYPE__INT64 || type == ONNX__TENSOR_PROTO__DATA_TYPE__INT32;
}

/* Exponents may be integers, which other nodes may read as such: the floats are a constant of this node. */
static tq_status read_exponents(const tq_onnx_node *node, int rank, tq_onnx_value *value)
{
    const tq_onnx_value *given;
    int64_t integers[MOST_EXPONENTS];
    size_t count;
    TQ_TRY(tq_onnx__input(node, 1, &given));
    if (!is_integer(given))
        return tq_onnx__operand_of_rank(node, 1, rank, value);
    TQ_TRY(tq_onnx__integers(given, integers, MOST_EXPONENTS, &count));
    float *floats = malloc(count * sizeof *floats);
    TQ_TRY(tq_onnx__keep(node->onnx, floats));
    for (size_t i = 0; i < count; ++i)
        floats[i] = (float)integers[i];
    const tq_shape shape = tq_onnx__shape_of_rank(&given->shape, rank);
    TQ_TRY(tq_onnx__make_constant(node->onnx, &shape, floats, NULL, value));
    return tq_onnx__place(node->onnx, node->proto->input[1], value);
}

tq_status tq_onnx__import_binary(tq_onnx_node *node)
{
    tq_onnx_value a, b, made;
    int rank;
    TQ_TRY(find_rank(node, &rank));
    TQ_TRY(tq_onnx__operand_of_rank(node, 0, rank, &a));
    if (strcmp(node->proto->op_type, "Pow") == 0)
        TQ_TRY(read_exponents(node, rank, &b));
    else
        TQ_TRY(tq_onnx__operand_of_rank(node, 1, rank, &b));
    TQ_TRY(add_pair(node, kind_of(node), &a, &b, &made));
    return tq_onnx__layer_output(node, &made.shape);
}

/* Divides by the number of terms. */
static tq_status divide(tq_onnx_node *node, tq_onnx_value *sum)
{
    const tq_shape one = tq_shape_of(1, (const int64_t[]){1});
    const float terms = (float)node->proto->n_input;
    const tq_onnx_value whole = *sum;
    tq_onnx_value count = {.role = TQ_ONNX_CONSTANT, .shape = {.rank = sum->shape.rank}};
    for (int d = 0; d < count.shape.rank; ++d)
        count.shape.dim[d] = 1;
    TQ_TRY(tq_onnx__unique_name(node->onnx, "terms", &count.layer));
    TQ_TRY(tq_network_add_constant(node->onnx->network, count.layer, &one, &terms));
    return add_pair(node, "div", &whole, &count, sum);
}

/* One layer after the other. */
tq_status tq_onnx__import_chain(tq_onnx_node *node)
{
    tq_onnx_value sum, next, made;
    int rank;
    TQ_TRY(find_rank(node, &rank));
    TQ_TRY(tq_onnx__operand_of_rank(node, 0, rank, &sum));
    for (size_t i = 1; i < node->proto->n_input; ++i) {
        TQ_TRY(tq_onnx__operand_of_rank(node, i, rank, &next));
        TQ_TRY(add_pair(node, kind_of(node), &sum, &next, &made));
        sum = made;
    }
    if (strcmp(node->proto->op_type, "Mean") == 0 && node->proto->n_input > 1)
        TQ_TRY(divide(node, &sum));
    return tq_onnx__alias(node, &sum);
}

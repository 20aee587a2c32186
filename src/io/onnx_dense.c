/*
 * Matrix products: of a tensor and a constant matrix a dense layer, of two tensors and others a matmul. Gemm
 * is such a product of two dimensions, with its third operand as bias or added behind.
 */
#include <math.h>
#include <stdlib.h>

#include "io/onnx_fold.h"
#include "layers/matrices.h"

/* values *= factor, each product rounded to binary32. */
static tq_status scale(float *values, int64_t count, double factor, const char *attribute)
{
    for (int64_t i = 0; i < count; ++i) {
        const float product = values[i] * (float)factor;
        if (isfinite(values[i]) && !isfinite(product))
            return tq_status__fail(TQ_E_UNSUPPORTED,
                                   "attribute '%s' is %.9g: a product with the constant %.9g is not finite",
                                   attribute, factor, (double)values[i]);
        values[i] = product;
    }
    return TQ_OK;
}

/* A constant times `factor`, its last two dimensions exchanged or not. */
static tq_status prepare(const tq_onnx_node *node, const tq_onnx_value *constant, bool exchange,
                         double factor, tq_onnx_value *made)
{
    float *values = NULL, *permuted = NULL;
    tq_shape shape;
    int order[TQ_MAX_RANK];
    const int rank = constant->shape.rank;
    for (int i = 0; i < rank; ++i)
        order[i] = exchange && i >= rank - 2 ? 2 * rank - 3 - i : i;
    TQ_TRY(tq_onnx__floats(constant, &values));
    tq_status status = scale(values, tq_shape_count(&constant->shape), factor, "alpha");
    if (status == TQ_OK)
        status = tq_onnx__permute(values, &constant->shape, order, &permuted, &shape);
    free(values);
    TQ_TRY(status);
    TQ_TRY(tq_onnx__keep(node->onnx, permuted));
    return tq_onnx__make_constant(node->onnx, &shape, permuted, NULL, made);
}

/* The same of what may be a tensor, which cannot be scaled. */
static tq_status exchanged(const tq_onnx_node *node, const tq_onnx_value *value, tq_onnx_value *made)
{
    int order[TQ_MAX_RANK];
    const int rank = value->shape.rank;
    if (value->role == TQ_ONNX_CONSTANT)
        return prepare(node, value, true, 1, made);
    for (int i = 0; i < rank; ++i)
        order[i] = i >= rank - 2 ? 2 * rank - 3 - i : i;
    return tq_onnx__turned(node, value, order, made);
}

/* The product with a constant matrix [inputs][outputs]. */
static tq_status add_dense(tq_onnx_node *node, const tq_onnx_value *a, const tq_onnx_value *b,
                           tq_onnx_value *product)
{
    char in[160], w[160];
    float *values = NULL;
    tq_shape shape = a->shape;
    tq_shape_print(in, sizeof in, &shape);
    tq_shape_print(w, sizeof w, &b->shape);
    if (shape.dim[shape.rank - 1] != b->shape.dim[0])
        return tq_status__fail(TQ_E_SHAPE, "input of shape %s does not fit weights of shape %s", in, w);
    TQ_TRY(tq_onnx__add(node, "dense", "", a->layer));
    TQ_TRY(tq_onnx__floats(b, &values));
    const tq_status status = tq_onnx__set_weight(node, "weight", &b->shape, values);
    free(values);
    shape.dim[shape.rank - 1] = b->shape.dim[1];
    *product = tq_onnx__result(node, &shape);
    return status;
}

bool tq_onnx__product_mixes_samples(const tq_onnx_value *a, const tq_onnx_value *b)
{
    if (b->role == TQ_ONNX_CONSTANT)
        return b->shape.rank == a->shape.rank && b->shape.dim[0] != 1;
    return a->role == TQ_ONNX_CONSTANT || a->shape.rank < 3 || b->shape.rank != a->shape.rank;
}

static tq_status add_matmul(tq_onnx_node *node, const tq_onnx_value *a, const tq_onnx_value *b,
                            const tq_shape *shape, tq_onnx_value *product)
{
    tq_onnx_value operand[2] = {*a, *b};
    const tq_onnx_value *const inputs[] = {&operand[0], &operand[1]};
    if (tq_onnx__product_mixes_samples(a, b))
        TQ_TRY(tq_onnx__fix_batch(node));
    for (size_t i = 0; i < 2; ++i)
        TQ_TRY(tq_onnx__place(node->onnx, node->proto->input[i], &operand[i]));
    TQ_TRY(tq_onnx__add_of(node, "matmul", "order=nchw", inputs, 2));
    *product = tq_onnx__result(node, shape);
    return TQ_OK;
}

/* The samples are a's in the layer: where they are b's, the transposed product, turned. */
static tq_status multiply(tq_onnx_node *node, const tq_onnx_value *a, const tq_onnx_value *b,
                          tq_onnx_value *product)
{
    tq_onnx_value a_turned, b_turned, turned;
    tq_shape shape;
    if (a->role == TQ_ONNX_TENSOR && b->role == TQ_ONNX_CONSTANT && b->shape.rank == 2 && a->shape.rank != 4)
        return add_dense(node, a, b, product);
    if (a->role == TQ_ONNX_TENSOR && tq_matrices__product(&a->shape, &b->shape, &shape) == TQ_OK)
        return add_matmul(node, a, b, &shape, product);
    TQ_TRY(exchanged(node, b, &b_turned));
    TQ_TRY(exchanged(node, a, &a_turned));
    if (b->role == TQ_ONNX_TENSOR && a->role == TQ_ONNX_CONSTANT && a->shape.rank == 2 &&
        b->shape.rank != 4) {
        TQ_TRY(add_dense(node, &b_turned, &a_turned, &turned));
    } else {
        if (tq_matrices__product(&b_turned.shape, &a_turned.shape, &shape) != TQ_OK)
            return tq_matrices__product(&a->shape, &b->shape, &shape); /* whose text names them in sequence */
        TQ_TRY(add_matmul(node, &b_turned, &a_turned, &shape, &turned));
    }
    return exchanged(node, &turned, product);
}

/* A tensor of one dimension is a row in front, a column behind. */
static tq_status as_matrix(const tq_onnx_node *node, const tq_onnx_value *value, bool column,
                           tq_onnx_value *matrix)
{
    const int64_t size = value->shape.dim[0];
    const tq_shape shape = tq_shape_of(2, (const int64_t[]){column ? size : 1, column ? 1 : size});
    *matrix = *value;
    if (value->shape.rank >= 2)
        return TQ_OK;
    if (value->shape.rank < 1)
        return tq_status__fail(TQ_E_SHAPE, "a matrix product of a scalar");
    if (value->role == TQ_ONNX_TENSOR)
        return tq_onnx__reshaped(node, value, &shape, matrix);
    matrix->shape = shape;
    matrix->layer = NULL;
    return TQ_OK;
}

tq_status tq_onnx__import_matmul(tq_onnx_node *node)
{
    const tq_onnx_value *first, *second;
    tq_onnx_value a, b, product, result;
    TQ_TRY(tq_onnx__input(node, 0, &first));
    TQ_TRY(tq_onnx__input(node, 1, &second));
    if (first->role == TQ_ONNX_CONSTANT && second->role == TQ_ONNX_CONSTANT)
        return tq_status__fail(TQ_E_UNSUPPORTED, "operator 'MatMul' of two constants is not supported");
    TQ_TRY(as_matrix(node, first, false, &a));
    TQ_TRY(as_matrix(node, second, true, &b));
    TQ_TRY(multiply(node, &a, &b, &product));
    tq_shape shape = {.rank = 0};
    for (int i = 0; i < product.shape.rank; ++i) {
        const bool row = i == product.shape.rank - 2, column = i == product.shape.rank - 1;
        if ((row && first->shape.rank == 1) || (column && second->shape.rank == 1))
            continue;
        shape.dim[shape.rank++] = product.shape.dim[i];
    }
    if (shape.rank == 0)
        shape = tq_shape_of(1, (const int64_t[]){1}); /* a scalar: tensors have a dimension at least */
    TQ_TRY(tq_onnx__reshaped(node, &product, &shape, &result));
    return tq_onnx__alias(node, &result);
}

/* Gemm. */

/* Operand `i`, transposed if the attribute says so; a constant times `factor`. */
static tq_status read_operand(const tq_onnx_node *node, size_t i, const char *transposed, double factor,
                              tq_onnx_value *matrix)
{
    const tq_onnx_value *value;
    const bool exchange = tq_onnx__int(node, transposed, 0) != 0;
    TQ_TRY(tq_onnx__input(node, i, &value));
    TQ_TRY(tq_onnx__need_rank(node, i, value, 2));
    if (value->role == TQ_ONNX_CONSTANT)
        return prepare(node, value, exchange, factor, matrix);
    *matrix = *value;
    return exchange ? exchanged(node, value, matrix) : TQ_OK;
}

/* Repeats C's numbers over `rows` rows of `columns`, times beta. */
static tq_status spread(const tq_onnx_value *c, int64_t rows, int64_t columns, double beta, float **made)
{
    float *values = NULL;
    const tq_shape *s = &c->shape;
    const int64_t own_columns = s->rank > 0 ? s->dim[s->rank - 1] : 1, own_rows = s->rank > 1 ? s->dim[0] : 1;
    TQ_TRY(tq_onnx__floats(c, &values));
    *made = malloc((size_t)(rows * columns) * sizeof **made);
    tq_status status = *made != NULL ? TQ_OK
                                     : tq_status__fail(TQ_E_MEMORY, "no memory for %lld numbers",
                                                       (long long)(rows * columns));
    for (int64_t i = 0; status == TQ_OK && i < rows * columns; ++i)
        (*made)[i] = values[i / columns % own_rows * own_columns + i % columns % own_columns];
    free(values);
    return status == TQ_OK ? scale(*made, rows * columns, beta, "beta") : status;
}

static tq_status check_third(const tq_onnx_node *node, const tq_onnx_value *c, const tq_shape *product)
{
    char text[160], wanted[160];
    const tq_shape *s = &c->shape;
    bool fits = s->rank <= 2;
    for (int i = 1; fits && i <= s->rank; ++i)
        fits = s->dim[s->rank - i] == 1 || s->dim[s->rank - i] == product->dim[2 - i];
    tq_shape_print(text, sizeof text, s);
    tq_shape_print(wanted, sizeof wanted, product);
    return fits ? TQ_OK
                : tq_status__fail(TQ_E_UNSUPPORTED, "bias '%s' has shape %s, which does not expand to %s",
                                  node->proto->input[2], text, wanted);
}

/* One number for each output, or one for all. */
static tq_status set_bias(tq_onnx_node *node, const tq_onnx_value *c, int64_t outputs, double beta)
{
    float *values = NULL;
    tq_status status = spread(c, 1, outputs, beta, &values);
    if (status == TQ_OK)
        status = tq_onnx__set_weight(node, "bias", &(tq_shape){.rank = 1, .dim = {outputs}}, values);
    free(values);
    return status;
}

/* A layer "add" behind the product. */
static tq_status add_third(tq_onnx_node *node, const tq_onnx_value *product, const tq_onnx_value *c,
                           double beta)
{
    tq_onnx_value other = *c;
    const tq_onnx_value *const inputs[] = {product, &other};
    const int64_t *d = product->shape.dim;
    float *values = NULL;
    if (c->role == TQ_ONNX_TENSOR && (beta != 1.0 || !tq_shape_equal(&c->shape, &product->shape)))
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "input '%s' is computed: supported with 'beta' 1 and the product's shape",
                               node->proto->input[2]);
    if (c->role == TQ_ONNX_CONSTANT) {
        const tq_status status = spread(c, d[0], d[1], beta, &values);
        if (status != TQ_OK) {
            free(values);
            return status;
        }
        TQ_TRY(tq_onnx__keep(node->onnx, values));
        TQ_TRY(tq_onnx__make_constant(node->onnx, &product->shape, values, NULL, &other));
        TQ_TRY(tq_onnx__place(node->onnx, node->proto->input[2], &other));
        TQ_TRY(tq_onnx__fix_batch(node));
    }
    TQ_TRY(tq_onnx__add_of(node, "add", "", inputs, 2));
    return tq_onnx__layer_output(node, &product->shape);
}

tq_status tq_onnx__import_gemm(tq_onnx_node *node)
{
    const tq_onnx_value *c;
    tq_onnx_value a, b, product;
    const double alpha = tq_onnx__float(node, "alpha", 1), beta = tq_onnx__float(node, "beta", 1);
    TQ_TRY(tq_onnx__input(node, 0, &c));
    const bool first = c->role == TQ_ONNX_CONSTANT; /* takes alpha */
    TQ_TRY(read_operand(node, 0, "transA", alpha, &a));
    TQ_TRY(read_operand(node, 1, "transB", first ? 1.0 : alpha, &b));
    if (a.role == b.role && (first || alpha != 1.0))
        return tq_status__fail(TQ_E_UNSUPPORTED, "operator 'Gemm' of two %s is not supported%s",
                               first ? "constants" : "tensors", first ? "" : " with 'alpha' other than 1");
    TQ_TRY(multiply(node, &a, &b, &product));
    if (!tq_onnx__has_input(node, 2) || beta == 0.0)
        return tq_onnx__alias(node, &product);
    TQ_TRY(tq_onnx__input(node, 2, &c));
    TQ_TRY(check_third(node, c, &product.shape));
    const int64_t rows = c->shape.rank == 2 ? c->shape.dim[0] : 1;
    if (a.role == TQ_ONNX_TENSOR && b.role == TQ_ONNX_CONSTANT && c->role == TQ_ONNX_CONSTANT && rows == 1) {
        TQ_TRY(set_bias(node, c, product.shape.dim[1], beta));
        return tq_onnx__alias(node, &product);
    }
    return add_third(node, &product, c, beta);
}

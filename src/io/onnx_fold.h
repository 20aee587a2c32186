/*
 * Nodes whose inputs are constants, such as the arithmetic on shapes that exporters leave in a graph: they
 * are computed while the graph is imported. Numbers are int64 (of all integer types and bool) or binary32.
 */
#ifndef TQ_IO_ONNX_FOLD_H
#define TQ_IO_ONNX_FOLD_H

#include "io/onnx_graph.h"

typedef struct tq_onnx_numbers {
    tq_shape shape;
    int64_t *integers; /* one of the two */
    float *floats;
    int64_t count;
} tq_onnx_numbers;

/* The numbers of a constant. Free them. */
tq_status tq_onnx__numbers(const tq_onnx_value *value, tq_onnx_numbers *numbers);
/* Memory for a shape's. TQ_E_UNSUPPORTED: none, or more than 2^26. */
tq_status tq_onnx__make_numbers(const tq_shape *shape, bool integer, tq_onnx_numbers *numbers);
void tq_onnx__free_numbers(tq_onnx_numbers *numbers);
/* Output `i` of the node is the constant of these numbers, which it takes or, on failure, frees. */
tq_status tq_onnx__define_numbers(const tq_onnx_node *node, size_t i, tq_onnx_numbers *numbers);
/* The same where `status` is TQ_OK, else frees the numbers. Gives the status, or the definition's. */
tq_status tq_onnx__finish_numbers(const tq_onnx_node *node, size_t i, tq_status status,
                                  tq_onnx_numbers *numbers);
/* The numbers of three constant inputs, for `fold`. */
tq_status tq_onnx__fold_three(const tq_onnx_node *node,
                              tq_status (*fold)(const tq_onnx_node *node, const tq_onnx_numbers n[3]));

typedef struct tq_onnx_fold {
    const char *name;
    tq_status (*fold)(tq_onnx_node *node);
    size_t inputs_least, inputs_most;
    const char *attributes; /* as in tq_onnx_operator */
    bool any_input;         /* looks only at shapes */
} tq_onnx_fold;

/* The row of an operator; NULL. */
const tq_onnx_fold *tq_onnx__fold_of(const char *name);
/* Whether the node can be folded: all of its inputs are constants, or their shapes are enough. */
bool tq_onnx__folds(const tq_onnx_node *node, const tq_onnx_fold *fold);
/* Checks inputs and attributes and folds. */
tq_status tq_onnx__fold(tq_onnx_node *node, const tq_onnx_fold *fold);
/* Adds the names to a list. */
void tq_onnx__print_folds(tq_text *to);

/* TQ_E_UNSUPPORTED where numbers computed from a few would take many seconds: more than 2^24. */
tq_status tq_onnx__check_growth(const tq_shape *from, const tq_shape *to);

/* Output `i`, of this shape, is a move of a constant (layers/move.h): `kind` with the options, without
 * `order`.
 */
tq_status tq_onnx__fold_move(const tq_onnx_node *node, const char *kind, const char *options,
                             const tq_onnx_value *input, size_t i, const tq_shape *shape);

/* Folding operators. */

tq_status tq_onnx__fold_arithmetic(tq_onnx_node *node);
tq_status tq_onnx__fold_cast(tq_onnx_node *node);
tq_status tq_onnx__fold_concat(tq_onnx_node *node);
tq_status tq_onnx__fold_constant_of_shape(tq_onnx_node *node);
tq_status tq_onnx__fold_range(tq_onnx_node *node);
tq_status tq_onnx__fold_reduce(tq_onnx_node *node);
tq_status tq_onnx__fold_shape(tq_onnx_node *node);
tq_status tq_onnx__fold_size(tq_onnx_node *node);
tq_status tq_onnx__fold_where(tq_onnx_node *node);

#endif

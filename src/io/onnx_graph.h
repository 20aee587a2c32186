/*
 * The import of one ONNX graph: what its names stand for, and what the operators need to turn nodes into
 * layers. An operator is one row in onnx_operators.c and one function.
 */
#ifndef TQ_IO_ONNX_GRAPH_H
#define TQ_IO_ONNX_GRAPH_H

#include "io/name_table.h"
#include "io/onnx.h"
#include "io/owned.h"
#include "util/fail.h"
#include "util/text.h"

#define TQ_ONNX_MOST_OUTPUTS 64 /* of a node */
#define TQ_ONNX_MOST_TERMS   64 /* of Sum, Mean, Max and Min */

typedef enum tq_onnx_role {
    TQ_ONNX_TENSOR,   /* a network input or a layer's output */
    TQ_ONNX_CONSTANT, /* an initializer, or made from one */
    TQ_ONNX_MISSING   /* an output of a node that no layer computes, for example a dropout's mask */
} tq_onnx_role;

/* What a name of the graph stands for. */
typedef struct tq_onnx_value {
    tq_onnx_role role;
    tq_shape shape;    /* in ONNX's order; a tensor's first dimension is the model's batch */
    const char *layer; /* tensors: the name in the network; NULL until it is asked for */
    const char *image; /* tensors of three dimensions: the same as an image of one row, or NULL */
    bool computed;     /* tensors: by a layer, not an input */
    int32_t type;      /* ONNX's data type (onnx_types.h); 0: float, or of a constant what its source says */
    const Onnx__TensorProto *source; /* constants: the data, whose own shape may differ */
} tq_onnx_value;

typedef struct tq_onnx {
    tq_context *context;
    tq_network *network;
    const Onnx__GraphProto *graph;
    int64_t opset;
    int64_t batch; /* first dimension of the graph's input: the samples */
    tq_onnx_value *value;
    size_t value_count, value_capacity;
    tq_name_table values;  /* ONNX names -> value */
    tq_name_table later;   /* outputs of nodes -> node; tells a cycle from a missing name */
    tq_name_table names;   /* names in the network -> number of the last suffix tried */
    tq_owned owned;        /* memory that lives as long as the import */
    size_t computed_bytes; /* of constants that nodes have made */
} tq_onnx;

typedef struct tq_onnx_node {
    tq_onnx *onnx;
    const Onnx__NodeProto *proto;
    const char *name;  /* for errors: its own, or its first output's */
    const char *layer; /* unique in the network; NULL before the layer is added */
} tq_onnx_node;

typedef struct tq_onnx_operator {
    const char *name;
    tq_status (*import)(tq_onnx_node *node);
    size_t inputs_least, inputs_most, outputs_most;
    const char *attributes; /* "name:type ..." with the types f i s t, and F I for lists */
} tq_onnx_operator;

/* The row of an operator; NULL. */
const tq_onnx_operator *tq_onnx__operator(const char *name);
/* TQ_E_UNSUPPORTED with the list of those that are supported. */
tq_status tq_onnx__fail_operator(const tq_onnx_node *node);

/* Protobuf strings may be absent. */
const char *tq_onnx__text(const char *text);

/* Graph (onnx_graph.c). */

tq_status tq_onnx__create(tq_onnx *onnx, const Onnx__GraphProto *graph, size_t extra_count);
void tq_onnx__free(tq_onnx *onnx);
/* Gives a name of the graph its meaning. TQ_E_FORMAT: it has one. TQ_E_SHAPE: a tensor without elements, or
 * with more than 2^62. */
tq_status tq_onnx__define(tq_onnx *onnx, const char *name, const tq_onnx_value *value);
/* NULL when the name has no meaning (yet). */
const tq_onnx_value *tq_onnx__find(const tq_onnx *onnx, const char *name);
/* Takes malloc's memory (NULL: fails), to be freed at the end of the import; frees it on failure.
 * TQ_E_MEMORY. */
tq_status tq_onnx__keep(tq_onnx *onnx, void *memory);
/* A name for the network that is not taken: `wanted` without commas, cut, with a suffix where needed. */
tq_status tq_onnx__unique_name(tq_onnx *onnx, const char *wanted, const char **name);

/* Nodes (onnx_node.c). Input `i` counts from 0; an optional one may be absent. */

bool tq_onnx__has_input(const tq_onnx_node *node, size_t i);
tq_status tq_onnx__input(const tq_onnx_node *node, size_t i, const tq_onnx_value **value);
tq_status tq_onnx__tensor(const tq_onnx_node *node, size_t i, const tq_onnx_value **value);
tq_status tq_onnx__constant(const tq_onnx_node *node, size_t i, const tq_onnx_value **value);
/* An input that may be either: a constant becomes one of the network, a scalar with shape 1 there. */
tq_status tq_onnx__operand(const tq_onnx_node *node, size_t i, const tq_onnx_value **value);
/* Puts a constant into the network, under a name like `wanted`, unless it is there. */
tq_status tq_onnx__place(tq_onnx *onnx, const char *wanted, tq_onnx_value *constant);
/* A shape with this rank, not below its own: dimensions of 1 are put in front, as NumPy does. */
tq_shape tq_onnx__shape_of_rank(const tq_shape *shape, int rank);
/* An operand with this rank. */
tq_status tq_onnx__operand_of_rank(const tq_onnx_node *node, size_t i, int rank, tq_onnx_value *value);
/* The node mixes samples, or gives the first dimension another size: the network is for the model's batch
 * only. */
tq_status tq_onnx__fix_batch(const tq_onnx_node *node);
/* The nearest number from `lowest` to `highest`. */
int64_t tq_onnx__clamp(int64_t i, int64_t lowest, int64_t highest);
/* Elements from one index of the dimensions in front of `axis` to the next. */
int64_t tq_onnx__row_of(const tq_shape *shape, int64_t axis);
/* `axis` from 0 to rank - 1; counted from the end where it is negative. TQ_E_FORMAT. */
tq_status tq_onnx__check_axis(int64_t *axis, int rank);
/* TQ_E_UNSUPPORTED unless input `i`, `value`, has this rank. */
tq_status tq_onnx__need_rank(const tq_onnx_node *node, size_t i, const tq_onnx_value *value, int rank);
/* Adds the node's layer; `inputs` are names in the network, separated by commas. */
tq_status tq_onnx__add(tq_onnx_node *node, const char *kind, const char *options, const char *inputs);
/* The same with inputs that are values. */
tq_status tq_onnx__add_of(tq_onnx_node *node, const char *kind, const char *options,
                          const tq_onnx_value *const *inputs, size_t count);
/* The same with one input and the options printed so far, which it frees. */
tq_status tq_onnx__add_options(tq_onnx_node *node, const char *kind, const tq_onnx_value *input,
                               tq_text *options);
/* Adds the node's layer of input 0, whose shape its output has. */
tq_status tq_onnx__add_same(tq_onnx_node *node, const char *kind, const char *options);
/* What the node's layer gives, of this shape. */
tq_onnx_value tq_onnx__result(const tq_onnx_node *node, const tq_shape *shape);
/* Adds a layer beside the node's that only moves numbers, which no map acts on (network/graph.h); `value` is
 * its output of this shape. */
tq_status tq_onnx__add_helper(const tq_onnx_node *node, const char *kind, const char *options,
                              const tq_onnx_value *input, const tq_shape *shape, tq_onnx_value *value);
/* A helper that turns `input` by `order`, or nothing where no dimension moves. */
tq_status tq_onnx__turned(const tq_onnx_node *node, const tq_onnx_value *input, const int *order,
                          tq_onnx_value *value);
/* A helper that gives `input` the shape, or nothing where it has it. Fixes the batch where it must. */
tq_status tq_onnx__reshaped(const tq_onnx_node *node, const tq_onnx_value *input, const tq_shape *shape,
                            tq_onnx_value *value);
/* Adds the node's layer of a kind that moves numbers, with these options and the order nchw; its output is
 * output `i`. A constant is moved here and now. Frees the options. */
tq_status tq_onnx__add_move(tq_onnx_node *node, const char *kind, tq_text *options,
                            const tq_onnx_value *input, size_t i, const tq_shape *shape);
/* Adds "name=AxBxC" to options. */
void tq_onnx__print_list(tq_text *to, const char *name, const int64_t *numbers, int rank);
/*
 * Input `i` as an image: of a tensor of three dimensions [samples, channels, columns] one with one row, of
 * which *line tells. TQ_E_UNSUPPORTED: a constant, or another number of dimensions.
 */
tq_status tq_onnx__as_image(const tq_onnx_node *node, size_t i, tq_onnx_value *image, bool *line);
/* The node's first output is its layer's, an image of this shape, or for `line` the row of that. */
tq_status tq_onnx__image_output(tq_onnx_node *node, const tq_shape *shape, bool line);
/* Gives a value a layer that has only an image. */
tq_status tq_onnx__settle(const tq_onnx_node *node, const tq_onnx_value *value);
/* Sets a weight of the node's layer. */
tq_status tq_onnx__set_weight(tq_onnx_node *node, const char *weight, const tq_shape *shape,
                              const float *values);
/* The same from constant input `i`, which must have the shape [size]. TQ_E_SHAPE. */
tq_status tq_onnx__set_vector(tq_onnx_node *node, const char *weight, size_t i, int64_t size);
/* The node's first output is its layer's, of this shape. */
tq_status tq_onnx__layer_output(tq_onnx_node *node, const tq_shape *shape);
/* Output `i` of the node is its layer's. */
tq_status tq_onnx__layer_output_of(tq_onnx_node *node, size_t i, const tq_shape *shape);
/* The node's first output is this value. */
tq_status tq_onnx__alias(tq_onnx_node *node, const tq_onnx_value *value);
/* Adds a layer that gives `value` the shape `shape`, or nothing where it has it; defines the first output. */
tq_status tq_onnx__reshape(tq_onnx_node *node, const tq_onnx_value *value, const tq_shape *shape);

/* Attributes (onnx_attributes.c). Names and types have been checked against the operator's row. */

tq_status tq_onnx__check_attributes(const tq_onnx_node *node, const char *known);
int64_t tq_onnx__int(const tq_onnx_node *node, const char *name, int64_t initial);
float tq_onnx__float(const tq_onnx_node *node, const char *name, float initial);
/* Number of ints in a list, 0 when absent. */
size_t tq_onnx__ints(const tq_onnx_node *node, const char *name, const int64_t **ints);
const Onnx__AttributeProto *tq_onnx__attribute(const tq_onnx_node *node, const char *name);

/* Number of the choice that a string attribute is, 0 when absent; `choices` end with NULL. TQ_E_UNSUPPORTED.
 */
tq_status tq_onnx__choice(const tq_onnx_node *node, const char *name, const char *const *choices,
                          int *choice);
/* Constant input `i`, or where that is absent the attribute: integers, *count of them, 0 when both are. */
tq_status tq_onnx__list(const tq_onnx_node *node, size_t i, const char *name, int64_t *to, size_t most,
                        size_t *count);

/* Constants (onnx_tensor.c). Arrays are in new memory that the caller frees. */

/* Shape by a tensor's dims; rank -1 when it has more than TQ_MAX_RANK or one below 1. */
tq_shape tq_onnx__dims(const Onnx__TensorProto *tensor);
/* The numbers of a constant as binary32. float16, bfloat16, float64 only where that is exact. */
tq_status tq_onnx__floats(const tq_onnx_value *value, float **floats);
/* Whether it is of an integer type, or bool. */
bool tq_onnx__is_integer(const tq_onnx_value *value);
/* The numbers of an int64, int32 or bool constant, at most `most`. */
tq_status tq_onnx__integers(const tq_onnx_value *value, int64_t *integers, size_t most, size_t *count);
/* Transposes: dimension i of the result is dimension order[i] of `shape`. */
tq_status tq_onnx__permute(const float *from, const tq_shape *shape, const int *order, float **to,
                           tq_shape *permuted);
/* A constant of this shape made of float_data or int64_data (one is NULL) that live as long as the import. */
tq_status tq_onnx__make_constant(tq_onnx *onnx, const tq_shape *shape, const float *floats,
                                 const int64_t *integers, tq_onnx_value *value);

/* Operators. */

tq_status tq_onnx__import_average_pool(tq_onnx_node *node);
tq_status tq_onnx__import_batch_normalization(tq_onnx_node *node);
tq_status tq_onnx__import_cast(tq_onnx_node *node);
tq_status tq_onnx__import_conv_integer(tq_onnx_node *node);
tq_status tq_onnx__import_dequantize_linear(tq_onnx_node *node);
tq_status tq_onnx__import_dynamic_quantize_linear(tq_onnx_node *node);
tq_status tq_onnx__import_matmul_integer(tq_onnx_node *node);
tq_status tq_onnx__import_qlinear_conv(tq_onnx_node *node);
tq_status tq_onnx__import_qlinear_matmul(tq_onnx_node *node);
tq_status tq_onnx__import_quantize_linear(tq_onnx_node *node);
/* A Conv of input 0, `input`, and input `weight_input`, a constant of floats, with exact sums of integers. */
tq_status tq_onnx__convolution(tq_onnx_node *node, const tq_onnx_value *input, const tq_onnx_value *weight,
                               size_t weight_input);
/* Whether in the product of matrices b has other numbers for other samples, or its first dimension is none of
 * samples: the network is for the model's batch. */
bool tq_onnx__product_mixes_samples(const tq_onnx_value *a, const tq_onnx_value *b);
tq_status tq_onnx__import_unary(tq_onnx_node *node);
tq_status tq_onnx__import_prelu(tq_onnx_node *node);
tq_status tq_onnx__import_gelu(tq_onnx_node *node);
tq_status tq_onnx__import_clip(tq_onnx_node *node);
tq_status tq_onnx__import_chain(tq_onnx_node *node);
tq_status tq_onnx__import_binary(tq_onnx_node *node);
tq_status tq_onnx__import_concat(tq_onnx_node *node);
tq_status tq_onnx__import_constant(tq_onnx_node *node);
tq_status tq_onnx__import_conv(tq_onnx_node *node);
tq_status tq_onnx__import_conv_transpose(tq_onnx_node *node);
tq_status tq_onnx__import_depth_to_space(tq_onnx_node *node);
tq_status tq_onnx__import_dropout(tq_onnx_node *node);
tq_status tq_onnx__import_expand(tq_onnx_node *node);
tq_status tq_onnx__import_flatten(tq_onnx_node *node);
tq_status tq_onnx__import_gather(tq_onnx_node *node);
tq_status tq_onnx__import_gemm(tq_onnx_node *node);
tq_status tq_onnx__import_global_average_pool(tq_onnx_node *node);
tq_status tq_onnx__import_identity(tq_onnx_node *node);
tq_status tq_onnx__import_reduce(tq_onnx_node *node);
tq_status tq_onnx__import_log_sum_exp(tq_onnx_node *node);
tq_status tq_onnx__import_place(tq_onnx_node *node);
tq_status tq_onnx__import_lrn(tq_onnx_node *node);
tq_status tq_onnx__import_instance_normalization(tq_onnx_node *node);
tq_status tq_onnx__import_layer_normalization(tq_onnx_node *node);
tq_status tq_onnx__import_global_max_pool(tq_onnx_node *node);
tq_status tq_onnx__import_global_lp_pool(tq_onnx_node *node);
tq_status tq_onnx__import_lp_pool(tq_onnx_node *node);
tq_status tq_onnx__import_matmul(tq_onnx_node *node);
tq_status tq_onnx__import_max_pool(tq_onnx_node *node);
tq_status tq_onnx__import_pad(tq_onnx_node *node);
tq_status tq_onnx__import_relu(tq_onnx_node *node);
tq_status tq_onnx__import_reshape(tq_onnx_node *node);
tq_status tq_onnx__import_resize(tq_onnx_node *node);
tq_status tq_onnx__import_slice(tq_onnx_node *node);
tq_status tq_onnx__import_softmax(tq_onnx_node *node);
tq_status tq_onnx__import_space_to_depth(tq_onnx_node *node);
tq_status tq_onnx__import_split(tq_onnx_node *node);
tq_status tq_onnx__import_squeeze(tq_onnx_node *node);
tq_status tq_onnx__import_tile(tq_onnx_node *node);
tq_status tq_onnx__import_transpose(tq_onnx_node *node);
tq_status tq_onnx__import_unsqueeze(tq_onnx_node *node);
tq_status tq_onnx__import_upsample(tq_onnx_node *node);

#endif

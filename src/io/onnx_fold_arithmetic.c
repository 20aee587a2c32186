/* Arithmetic on constants: operators by element, with dimensions of 1 repeated as in NumPy. */
#include <math.h>
#include <string.h>

#include "io/onnx_fold.h"
#include "layers/broadcast.h"

typedef int64_t on_integers(int64_t a, int64_t b);
typedef float on_floats(float a, float b);

/* Integers wrap around. */
static int64_t add_integers(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static int64_t sub_integers(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t mul_integers(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a * (uint64_t)b);
}

/* Towards zero; b is not zero. */
static int64_t div_integers(int64_t a, int64_t b)
{
    return b == -1 ? sub_integers(0, a) : a / b;
}

/* The sign of b, as in Python. */
static int64_t mod_integers(int64_t a, int64_t b)
{
    const int64_t rest = b == -1 ? 0 : a % b;
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
}

static int64_t min_integers(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t max_integers(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t abs_integers(int64_t a, int64_t b)
{
    (void)b;
    return a < 0 ? sub_integers(0, a) : a;
}

static int64_t neg_integers(int64_t a, int64_t b)
{
    (void)b;
    return sub_integers(0, a);
}

static int64_t not_integers(int64_t a, int64_t b)
{
    (void)b;
    return a == 0;
}

static int64_t and_integers(int64_t a, int64_t b)
{
    return a != 0 && b != 0;
}

static int64_t or_integers(int64_t a, int64_t b)
{
    return a != 0 || b != 0;
}

static int64_t equal_integers(int64_t a, int64_t b)
{
    return a == b;
}

static int64_t less_integers(int64_t a, int64_t b)
{
    return a < b;
}

static int64_t greater_integers(int64_t a, int64_t b)
{
    return a > b;
}

static int64_t at_most_integers(int64_t a, int64_t b)
{
    return a <= b;
}

static int64_t at_least_integers(int64_t a, int64_t b)
{
    return a >= b;
}

static float add_floats(float a, float b)
{
    return a + b;
}

static float sub_floats(float a, float b)
{
    return a - b;
}

static float mul_floats(float a, float b)
{
    return a * b;
}

static float div_floats(float a, float b)
{
    return a / b;
}

static float min_floats(float a, float b)
{
    return isnan(a) || isnan(b) ? NAN : fminf(a, b);
}

static float max_floats(float a, float b)
{
    return isnan(a) || isnan(b) ? NAN : fmaxf(a, b);
}

static float abs_floats(float a, float b)
{
    (void)b;
    return fabsf(a);
}

static float neg_floats(float a, float b)
{
    (void)b;
    return -a;
}

static float floor_floats(float a, float b)
{
    (void)b;
    return floorf(a);
}

static float ceil_floats(float a, float b)
{
    (void)b;
    return ceilf(a);
}

static float sqrt_floats(float a, float b)
{
    (void)b;
    return sqrtf(a);
}

static float equal_floats(float a, float b)
{
    return a == b;
}

static float less_floats(float a, float b)
{
    return a < b;
}

static float greater_floats(float a, float b)
{
    return a > b;
}

static float at_most_floats(float a, float b)
{
    return a <= b;
}

static float at_least_floats(float a, float b)
{
    return a >= b;
}

/* NULL: not for numbers of this type. */
static const struct operation {
    const char *name;
    on_integers *integers;
    on_floats *floats;
    bool divides, is_true; /* the second number must not be the integer 0; the result is a bool */
} operations[] = {
    {"Abs", abs_integers, abs_floats, false, false},
    {"Add", add_integers, add_floats, false, false},
    {"And", and_integers, NULL, false, true},
    {"Ceil", NULL, ceil_floats, false, false},
    {"Div", div_integers, div_floats, true, false},
    {"Equal", equal_integers, equal_floats, false, true},
    {"Floor", NULL, floor_floats, false, false},
    {"Greater", greater_integers, greater_floats, false, true},
    {"GreaterOrEqual", at_least_integers, at_least_floats, false, true},
    {"Less", less_integers, less_floats, false, true},
    {"LessOrEqual", at_most_integers, at_most_floats, false, true},
    {"Max", max_integers, max_floats, false, false},
    {"Min", min_integers, min_floats, false, false},
    {"Mod", mod_integers, NULL, true, false},
    {"Mul", mul_integers, mul_floats, false, false},
    {"Neg", neg_integers, neg_floats, false, false},
    {"Not", not_integers, NULL, false, true},
    {"Or", or_integers, NULL, false, true},
    {"Sqrt", NULL, sqrt_floats, false, false},
    {"Sub", sub_integers, sub_floats, false, false},
};

static const struct operation *find(const char *name)
{
    for (size_t i = 0; i < TQ_COUNT(operations); ++i)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}

/* Where two constants stand in their result, of this shape. */
static tq_status fit(tq_broadcast *broadcast, const tq_shape *a, const tq_shape *b, tq_shape *shape)
{
    char first[160], second[160];
    tq_shape_print(first, sizeof first, a);
    tq_shape_print(second, sizeof second, b);
    return tq_broadcast__of(broadcast, a, b, shape) == TQ_OK
               ? TQ_OK
               : tq_status__fail(TQ_E_SHAPE, "constants of shapes %s and %s do not fit", first, second);
}

static tq_status compute(const struct operation *op, const tq_broadcast *broadcast, const tq_onnx_numbers *a,
                         const tq_onnx_numbers *b, tq_onnx_numbers *to)
{
    for (int64_t i = 0; i < to->count; ++i) {
        const tq_u64 at = tq_broadcast__place(broadcast, 0, (tq_u64)i),
                     bt = tq_broadcast__place(broadcast, 1, (tq_u64)i);
        if (a->floats != NULL) {
            const float result = op->floats(a->floats[at], b->floats[bt]);
            if (op->is_true)
                to->integers[i] = result != 0.0f;
            else
                to->floats[i] = result;
            continue;
        }
        if (op->divides && b->integers[bt] == 0)
            return tq_status__fail(TQ_E_UNSUPPORTED, "an integer is divided by 0");
        to->integers[i] = op->integers(a->integers[at], b->integers[bt]);
    }
    return TQ_OK;
}

static tq_status operate(const tq_onnx_node *node, const struct operation *op, const tq_onnx_numbers *a,
                         const tq_onnx_numbers *b)
{
    tq_onnx_numbers to = {0};
    tq_broadcast broadcast;
    tq_shape shape;
    const bool integer = a->integers != NULL;
    if (integer != (b->integers != NULL) || (integer ? op->integers == NULL : op->floats == NULL))
        return tq_status__fail(TQ_E_UNSUPPORTED, "operator '%s' is not supported on constants of %s",
                               op->name,
                               integer != (b->integers != NULL) ? "two types"
                               : integer                        ? "integers"
                                                                : "floats");
    TQ_TRY(fit(&broadcast, &a->shape, &b->shape, &shape));
    TQ_TRY(tq_onnx__make_numbers(&shape, integer || op->is_true, &to));
    return tq_onnx__finish_numbers(node, 0, compute(op, &broadcast, a, b, &to), &to);
}

tq_status tq_onnx__fold_arithmetic(tq_onnx_node *node)
{
    const tq_onnx_value *first, *second;
    tq_onnx_numbers a, b;
    if (tq_onnx__int(node, "fmod", 0) != 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "attribute 'fmod' is 1, supported: 0");
    TQ_TRY(tq_onnx__constant(node, 0, &first));
    TQ_TRY(tq_onnx__constant(node, node->proto->n_input - 1, &second)); /* of one input: itself */
    TQ_TRY(tq_onnx__numbers(first, &a));
    tq_status status = tq_onnx__numbers(second, &b);
    if (status == TQ_OK) {
        status = operate(node, find(node->proto->op_type), &a, &b);
        tq_onnx__free_numbers(&b);
    }
    tq_onnx__free_numbers(&a);
    return status;
}

static tq_status choose(const tq_onnx_node *node, const tq_onnx_numbers n[3])
{
    tq_onnx_numbers to = {0};
    tq_broadcast place[3]; /* of each in the result */
    tq_shape pair, shape, same;
    if (n[0].integers == NULL || (n[1].integers != NULL) != (n[2].integers != NULL))
        return tq_status__fail(TQ_E_FORMAT, "the condition is no bool, or the choices are of two types");
    TQ_TRY(fit(&place[1], &n[1].shape, &n[2].shape, &pair));
    TQ_TRY(fit(&place[0], &n[0].shape, &pair, &shape));
    for (int i = 1; i < 3; ++i)
        TQ_TRY(fit(&place[i], &n[i].shape, &shape, &same));
    TQ_TRY(tq_onnx__make_numbers(&shape, n[1].integers != NULL, &to));
    for (int64_t i = 0; i < to.count; ++i) {
        const int from = n[0].integers[tq_broadcast__place(&place[0], 0, (tq_u64)i)] != 0 ? 1 : 2;
        const tq_u64 at = tq_broadcast__place(&place[from], 0, (tq_u64)i);
        if (to.integers != NULL)
            to.integers[i] = n[from].integers[at];
        else
            to.floats[i] = n[from].floats[at];
    }
    return tq_onnx__define_numbers(node, 0, &to);
}

tq_status tq_onnx__fold_where(tq_onnx_node *node)
{
    return tq_onnx__fold_three(node, choose);
}

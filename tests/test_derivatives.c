/*
 * The gradients of kernels/derivatives.cl against MPFR: g times the quotient of differences of the oracle's
 * functions, with so many digits that it is as good as the derivative.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "layers/derivative.h"
#include "oracle/oracle_cases.h"
#include "oracle/oracle_functions.h"

#define PRECISION 800
#define STEP      (-150) /* power of two */
#define MOST_OFF  0.501  /* units in the last place */
#define POINTS    400    /* of each function */

typedef struct row {
    const char *kind; /* of the oracle */
    tq_u32 (*gradient)(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b);
    float a, b;
    bool positive; /* defined above 0 only */
    int highest;   /* exponent of x; 0: 7 */
} row;

static const row rows[] = {
    {"abs", tq_absolute_gradient, 0, 0, false, 0},
    {"celu", tq_celu_gradient, 0.3f, 0, false, 0},
    {"clip", tq_clip_gradient, -1.5f, 6, false, 0},
    {"elu", tq_elu_gradient, 0.7f, 0, false, 0},
    {"gelu", tq_gelu_gradient, 0, 0, false, 0},
    {"gelu_tanh", tq_gelu_tanh_gradient, 0, 0, false, 0},
    {"neg", tq_negative_gradient, 0, 0, false, 0},
    {"selu", tq_selu_gradient, 1.6732632f, 1.050701f, false, 0},
    {"sigmoid", tq_sigmoid_gradient, 0, 0, false, 0},
    {"softplus", tq_softplus_gradient, 0, 0, false, 0},
    {"softsign", tq_softsign_gradient, 0, 0, false, 0},
    {"tanh", tq_tanh_gradient, 0, 0, false, 0},
    {"thresholdedrelu", tq_above_gradient, -0.5f, 0, false, 0},
    {"thresholdedrelu", tq_relu_gradient, 0, 0, false, 0}, /* above 0 */
    {"exp", tq_exponential_gradient, 0, 0, false, 5},
    {"logarithm", tq_logarithm_gradient, 0, 0, true, 0},
    {"reciprocal", tq_reciprocal_gradient, 0, 0, false, 0},
    {"sqrt", tq_square_root_gradient, 0, 0, true, 0},
};

static void differentiate(const row *r, uint32_t x, mpfr_t v[3])
{
    oracle_function *const function = oracle_function_of(r->kind);
    mpfr_t h;
    mpfr_init2(h, PRECISION);
    mpfr_set_ui_2exp(h, 1, STEP, MPFR_RNDN);
    oracle_set(v[0], x);
    mpfr_add(v[1], v[0], h, MPFR_RNDN);
    function(v[2], v[1], r->a, r->b);
    mpfr_sub(v[1], v[0], h, MPFR_RNDN);
    function(v[0], v[1], r->a, r->b);
    mpfr_sub(v[2], v[2], v[0], MPFR_RNDN);
    mpfr_div_2si(v[2], v[2], STEP + 1, MPFR_RNDN);
    mpfr_clear(h);
}

static double check_point(const row *r, uint32_t g, uint32_t x, mpfr_t v[3])
{
    const uint32_t is = r->gradient(g, x, tq_bits__of(r->a), tq_bits__of(r->b));
    differentiate(r, x, v);
    oracle_set(v[0], g);
    mpfr_mul(v[2], v[2], v[0], MPFR_RNDN);
    const bool vanishes = mpfr_zero_p(v[2]) || mpfr_get_exp(v[2]) < -150; /* its sign is of no use */
    const double error = vanishes ? (is & 0x7FFFFFFFu) == 0 ? 0 : 1 : oracle_distance(is, v[2]);
    if (!(error <= MOST_OFF))
        fail_msg("%s at %08x, gradient %08x: %08x, off by %g", r->kind, x, g, is, error);
    return error;
}

/* Of magnitude 2^lowest .. 2^highest, any sign. */
static uint32_t number(uint64_t *state, int lowest, int highest)
{
    const uint64_t random = oracle_random(state);
    const uint32_t exponent = (uint32_t)(127 + lowest + (int)(random >> 40) % (highest - lowest));
    return exponent << 23 | ((uint32_t)random & 0x807FFFFFu);
}

static uint32_t point(const row *r, uint64_t *state, int k)
{
    const uint32_t x = number(state, k % 4 ? -4 : -60, r->highest > 0 ? r->highest : 7);
    return r->positive ? x & 0x7FFFFFFFu : x;
}

static void gradients_are_within_half_a_unit(void **state)
{
    uint64_t random = 3;
    mpfr_t v[3];
    (void)state;
    mpfr_inits2(PRECISION, v[0], v[1], v[2], (mpfr_ptr)0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i) {
        double largest = 0;
        for (int k = 0; k < POINTS; ++k) {
            const uint32_t g = number(&random, -40, 40);
            largest = fmax(largest, check_point(&rows[i], g, point(&rows[i], &random, k), v));
        }
        printf("%-16s off by at most %.6f\n", rows[i].kind, largest);
    }
    mpfr_clears(v[0], v[1], v[2], (mpfr_ptr)0);
}

typedef struct special {
    tq_u32 (*gradient)(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b);
    float a, b, g, x, is;
} special;

static const special cases[] = {
    {tq_relu_gradient, 0, 0, 2, 0, 0},
    {tq_relu_gradient, 0, 0, 2, -0.0f, 0},
    {tq_relu_gradient, 0, 0, 2, 0x1p-149f, 2},
    {tq_relu_gradient, 0, 0, 2, INFINITY, 2},
    {tq_relu_gradient, 0, 0, NAN, -1, 0},
    {tq_leakyrelu_gradient, 0.5f, 0, 3, -1, 1.5f},
    {tq_leakyrelu_gradient, 0.5f, 0, 3, 0, 3},
    {tq_leakyrelu_gradient, 0.5f, 0, 3, -0.0f, 3},
    {tq_clip_gradient, 0, 6, 2, 0, 0},
    {tq_clip_gradient, 0, 6, 2, -0.0f, 0},
    {tq_clip_gradient, 0, 6, 2, 0x1p-149f, 2},
    {tq_clip_gradient, 0, 6, 2, 6, 0},
    {tq_clip_gradient, 0, 6, 2, NAN, NAN},
    {tq_absolute_gradient, 0, 0, 2, 0, 0},
    {tq_sigmoid_gradient, 0, 0, 2, 0, 0.5f},
    {tq_sigmoid_gradient, 0, 0, 2, INFINITY, 0},
    {tq_sigmoid_gradient, 0, 0, 2, -INFINITY, 0},
    {tq_sigmoid_gradient, 0, 0, INFINITY, 1, INFINITY},
    {tq_sigmoid_gradient, 0, 0, NAN, 1, NAN},
    {tq_tanh_gradient, 0, 0, 2, 0, 2},
    {tq_tanh_gradient, 0, 0, 2, NAN, NAN},
    {tq_softplus_gradient, 0, 0, 2, INFINITY, 2},
    {tq_softplus_gradient, 0, 0, 2, 0, 1},
    {tq_elu_gradient, 0.5f, 0, 2, 0, 1},
    {tq_elu_gradient, 0.5f, 0, 2, -INFINITY, 0},
    {tq_selu_gradient, 2, 3, 2, 0x1p-149f, 6},
    {tq_gelu_gradient, 0, 0, 2, 0, 1},
    {tq_gelu_gradient, 0, 0, 2, INFINITY, 2},
    {tq_gelu_gradient, 0, 0, 2, -INFINITY, 0},
    {tq_gelu_tanh_gradient, 0, 0, 2, 0, 1},
    {tq_gelu_tanh_gradient, 0, 0, 2, INFINITY, 2},
    {tq_exponential_gradient, 0, 0, 2, 0, 2},
    {tq_exponential_gradient, 0, 0, 2, -INFINITY, 0},
    {tq_exponential_gradient, 0, 0, 2, INFINITY, INFINITY},
    {tq_exponential_gradient, 0, 0, 2, NAN, NAN},
    {tq_logarithm_gradient, 0, 0, 2, 4, 0.5f},
    {tq_logarithm_gradient, 0, 0, 2, -0.0f, INFINITY},
    {tq_logarithm_gradient, 0, 0, 0, 0, NAN},
    {tq_logarithm_gradient, 0, 0, 2, -1, NAN},
    {tq_logarithm_gradient, 0, 0, 2, INFINITY, 0},
    {tq_square_root_gradient, 0, 0, 2, 4, 0.5f},
    {tq_square_root_gradient, 0, 0, 2, 0, INFINITY},
    {tq_square_root_gradient, 0, 0, 2, INFINITY, 0},
    {tq_square_root_gradient, 0, 0, 2, -4, NAN},
    {tq_reciprocal_gradient, 0, 0, 2, -2, -0.5f},
    {tq_reciprocal_gradient, 0, 0, 2, 0, -INFINITY},
    {tq_reciprocal_gradient, 0, 0, 2, -INFINITY, 0},
    {tq_reciprocal_gradient, 0, 0, 2, NAN, NAN},
    {tq_hardsigmoid_gradient, 0.25f, 0.5f, 2, 0, 0.5f},
    {tq_hardsigmoid_gradient, 0.25f, 0.5f, 2, 2, 0},
    {tq_hardsigmoid_gradient, 0.25f, 0.5f, 2, -2, 0},
    {tq_hardsigmoid_gradient, 0.25f, 0.5f, 2, 0x1.fffffep0f, 0.5f},
    {tq_hardsigmoid_gradient, 0.25f, 0.5f, 2, NAN, NAN},
    {tq_hardswish_gradient, 0.25f, 0.5f, 2, 0, 1},
    {tq_hardswish_gradient, 0.25f, 0.5f, 2, 1, 2},
    {tq_hardswish_gradient, 0.25f, 0.5f, 2, -1.5f, -0.5f},
    {tq_hardswish_gradient, 0.25f, 0.5f, 2, 2, 2},
    {tq_hardswish_gradient, 0.25f, 0.5f, 2, INFINITY, 2},
    {tq_hardswish_gradient, 0.25f, 0.5f, 2, -2, 0},
};

/* Corners, infinities and what is no number. */
static void special_numbers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; ++i) {
        const special *c = &cases[i];
        const tq_u32 is =
            c->gradient(tq_bits__of(c->g), tq_bits__of(c->x), tq_bits__of(c->a), tq_bits__of(c->b));
        const float number = tq_bits__number(is);
        if (isnan(c->is) ? is != TQ_NAN_BITS : !(number >= c->is && number <= c->is))
            fail_msg("case %zu: at %a, gradient %a: %a, not %a", i, (double)c->x, (double)c->g,
                     (double)number, (double)c->is);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gradients_are_within_half_a_unit),
                                       cmocka_unit_test(special_numbers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

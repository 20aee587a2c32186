#include "oracle/oracle_update.h"

#include <string.h>

/* One element's step: the numbers that it is made of. */
typedef struct element {
    const oracle_rule *rule;
    const oracle_update *update;
    uint64_t number;
    mpfr_t w, g, a, b; /* a, b: for what is being computed */
} element;

static bool is(const element *e, const char *kind)
{
    return strcmp(e->rule->kind, kind) == 0;
}

/* x to a format, with the draw of this parameter's stream `stream`; numbers of a step start at 2^32 blocks.
 */
static void into(mpfr_ptr x, const element *e, const oracle_format *f, uint32_t stream)
{
    uint32_t draw = 0;
    if (f->rounding == ORACLE_STOCHASTIC && f->random_bits > 0) {
        const unsigned each = 128 / (unsigned)f->random_bits;
        const uint64_t index = ((uint64_t)e->update->steps << 32) + e->number / each;
        draw = oracle_draw(e->update->seed, 0, 65536 + 8 * e->update->parameter + stream, index,
                           (uint32_t)(e->number % each), f->random_bits);
    }
    oracle_set(x, oracle_quantize(f, x, draw));
}

static void into_none(mpfr_ptr x)
{
    oracle_set(x, oracle_nearest(x));
}

/* A number of binary64 as the binary32 nearest to it. */
static void constant(mpfr_ptr x, double number)
{
    mpfr_set_d(x, number, MPFR_RNDN);
    into_none(x);
}

/* to = f * x + y, exactly. `to` may be any of them. */
static void fused(mpfr_ptr to, mpfr_srcptr f, mpfr_srcptr x, mpfr_srcptr y)
{
    mpfr_t p;
    mpfr_init2(p, ORACLE_PRECISION);
    mpfr_mul(p, f, x, MPFR_RNDN);
    mpfr_add(to, p, y, MPFR_RNDN);
    mpfr_clear(p);
}

/* 1 - x^n, or the inverse of its root, in numbers of binary64: x^n by its bits from the lowest one on. */
static double bias(double x, uint32_t n, bool root)
{
    mpfr_t power, square;
    mpfr_init2(power, 53);
    mpfr_init2(square, 53);
    mpfr_set_ui(power, 1, MPFR_RNDN);
    mpfr_set_d(square, x, MPFR_RNDN);
    for (; n > 0; n /= 2) {
        if (n % 2 == 1)
            mpfr_mul(power, power, square, MPFR_RNDN);
        mpfr_sqr(square, square, MPFR_RNDN);
    }
    mpfr_ui_sub(power, 1, power, MPFR_RNDN);
    if (root) {
        mpfr_sqrt(power, power, MPFR_RNDN);
        mpfr_ui_div(power, 1, power, MPFR_RNDN);
    }
    const double result = mpfr_get_d(power, MPFR_RNDN);
    mpfr_clears(power, square, (mpfr_ptr)0);
    return result;
}

/* state = S( state + part * (x - state) ), the difference rounded first. */
static void mean(element *e, uint32_t *state, double part, mpfr_srcptr x, uint32_t number)
{
    mpfr_t s;
    mpfr_init2(s, ORACLE_PRECISION);
    oracle_set(s, *state);
    mpfr_sub(e->a, x, s, MPFR_RNDN);
    into_none(e->a);
    constant(e->b, part);
    fused(e->a, e->b, e->a, s);
    into(e->a, e, &e->update->state, 2 + number);
    *state = oracle_nearest(e->a);
    mpfr_clear(s);
}

/* w = V( w - P( rate * x ) ). */
static void apply(element *e, double rate, mpfr_srcptr x)
{
    constant(e->b, rate);
    mpfr_mul(e->b, e->b, x, MPFR_RNDN);
    into(e->b, e, &e->update->product, 6);
    mpfr_sub(e->w, e->w, e->b, MPFR_RNDN);
    into(e->w, e, &e->update->value, 7);
}

static void sgd(element *e, uint32_t *state)
{
    if (e->rule->momentum != 0.0) {
        oracle_set(e->a, state[0]);
        constant(e->b, e->rule->momentum);
        fused(e->a, e->b, e->a, e->g);
        into(e->a, e, &e->update->state, 2);
        state[0] = oracle_nearest(e->a);
        if (e->rule->nesterov) {
            fused(e->a, e->b, e->a, e->g);
            into_none(e->a);
        }
        mpfr_set(e->g, e->a, MPFR_RNDN);
    }
    apply(e, e->rule->rate, e->g);
}

/* x = x / a, rounded. */
static void divide(mpfr_ptr x, mpfr_srcptr a)
{
    mpfr_div(x, x, a, MPFR_RNDN);
    into_none(x);
}

static void rmsprop(element *e, uint32_t *state)
{
    const double part = 1.0 - e->rule->decay;
    uint32_t *momentum = state + (e->rule->centered ? 2 : 1);
    mpfr_t square;
    mpfr_init2(square, ORACLE_PRECISION);
    mpfr_sqr(square, e->g, MPFR_RNDN);
    into_none(square);
    mean(e, &state[0], part, square, 0);
    oracle_set(square, state[0]);
    if (e->rule->centered) {
        mean(e, &state[1], part, e->g, 1);
        oracle_set(e->a, state[1]);
        mpfr_sqr(e->a, e->a, MPFR_RNDN);
        mpfr_sub(square, square, e->a, MPFR_RNDN);
        into_none(square);
        if (!mpfr_nan_p(square) && mpfr_signbit(square))
            mpfr_set_zero(square, 1);
    }
    constant(e->a, e->rule->epsilon);
    mpfr_add(square, square, e->a, MPFR_RNDN);
    into_none(square);
    mpfr_sqrt(square, square, MPFR_RNDN);
    into_none(square);
    divide(e->g, square);
    mpfr_clear(square);
    if (e->rule->momentum == 0.0) {
        apply(e, e->rule->rate, e->g);
        return;
    }
    constant(e->b, e->rule->rate);
    mpfr_mul(e->g, e->g, e->b, MPFR_RNDN);
    into(e->g, e, &e->update->product, 6);
    oracle_set(e->a, *momentum);
    constant(e->b, e->rule->momentum);
    fused(e->a, e->b, e->a, e->g);
    into(e->a, e, &e->update->state, 2 + 2);
    *momentum = oracle_nearest(e->a);
    mpfr_sub(e->w, e->w, e->a, MPFR_RNDN);
    into(e->w, e, &e->update->value, 7);
}

static void adagrad(element *e, uint32_t *state)
{
    oracle_set(e->a, state[0]);
    fused(e->a, e->g, e->g, e->a);
    into(e->a, e, &e->update->state, 2);
    state[0] = oracle_nearest(e->a);
    mpfr_sqrt(e->a, e->a, MPFR_RNDN);
    into_none(e->a);
    constant(e->b, e->rule->epsilon);
    mpfr_add(e->a, e->a, e->b, MPFR_RNDN);
    into_none(e->a);
    divide(e->g, e->a);
    apply(e, e->rule->rate, e->g);
}

static void adam(element *e, uint32_t *state)
{
    const double first = bias(e->rule->beta1, e->update->steps + 1, false);
    mpfr_t square;
    mpfr_init2(square, ORACLE_PRECISION);
    mpfr_sqr(square, e->g, MPFR_RNDN);
    into_none(square);
    mean(e, &state[0], 1.0 - e->rule->beta1, e->g, 0);
    mean(e, &state[1], 1.0 - e->rule->beta2, square, 1);
    oracle_set(square, state[1]);
    mpfr_sqrt(square, square, MPFR_RNDN);
    into_none(square);
    constant(e->a, bias(e->rule->beta2, e->update->steps + 1, true));
    constant(e->b, e->rule->epsilon);
    fused(square, e->a, square, e->b);
    into_none(square);
    oracle_set(e->g, state[0]);
    divide(e->g, square);
    mpfr_clear(square);
    apply(e, (double)(float)e->rule->rate / first, e->g);
}

/* g of the rules, from the gradient as it comes. */
static void prepare(element *e, uint32_t x)
{
    const oracle_update *u = e->update;
    oracle_set(e->g, x);
    if ((u->low != 0.0 || u->high != 0.0) &&
        (mpfr_nan_p(e->w) || mpfr_cmp_d(e->w, u->low) < 0 || mpfr_cmp_d(e->w, u->high) > 0))
        mpfr_set_zero(e->g, 1);
    constant(e->b, 1.0 / e->rule->loss_scale);
    mpfr_mul(e->g, e->g, e->b, MPFR_RNDN);
    into(e->g, e, &u->gradient, 0);
    if (e->rule->weight_decay == 0.0)
        return;
    constant(e->b, e->rule->weight_decay);
    fused(e->g, e->b, e->w, e->g);
    into(e->g, e, &u->gradient, 1);
}

void oracle_update_element(const oracle_rule *rule, const oracle_update *update, uint64_t number, uint32_t x,
                           uint32_t *w, uint32_t *state)
{
    element e = {.rule = rule, .update = update, .number = number};
    mpfr_inits2(ORACLE_PRECISION, e.w, e.g, e.a, e.b, (mpfr_ptr)0);
    oracle_set(e.w, *w);
    prepare(&e, x);
    if (is(&e, "sgd"))
        sgd(&e, state);
    else if (is(&e, "rmsprop"))
        rmsprop(&e, state);
    else if (is(&e, "adagrad"))
        adagrad(&e, state);
    else
        adam(&e, state);
    *w = oracle_nearest(e.w);
    mpfr_clears(e.w, e.g, e.a, e.b, (mpfr_ptr)0);
}

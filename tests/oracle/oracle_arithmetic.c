#include "oracle/oracle_arithmetic.h"
#include "support/bits.h"

#include <string.h>

static bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static bool is_nan(uint32_t bits)
{
    return (bits & 0x7FFFFFFFu) > 0x7F800000u;
}

uint32_t oracle_binary(const oracle_slots *slots, const char *kind, uint32_t a, uint32_t b, uint64_t index)
{
    const oracle_formats f = oracle_formats_of(slots);
    mpfr_t x, y;
    mpfr_inits2(ORACLE_PRECISION, x, y, (mpfr_ptr)0);
    oracle_set(x, a);
    oracle_set(y, b);
    if (is(kind, "add"))
        mpfr_add(x, x, y, MPFR_RNDN);
    else if (is(kind, "sub"))
        mpfr_sub(x, x, y, MPFR_RNDN);
    else if (is(kind, "mul"))
        mpfr_mul(x, x, y, MPFR_RNDN);
    else if (is(kind, "div"))
        mpfr_div(x, x, y, MPFR_RNDN);
    else if (is(kind, "pow"))
        mpfr_pow(x, x, y, MPFR_RNDN);
    else if (is_nan(a) || is_nan(b))
        mpfr_set_nan(x);
    else if (oracle_above(b, a) == is(kind, "max"))
        mpfr_set(x, y, MPFR_RNDN);
    if (is(kind, "div") || is(kind, "pow"))
        oracle_step_none(x);
    const uint32_t bits = oracle_step_result(x, &f, index);
    mpfr_clears(x, y, (mpfr_ptr)0);
    return bits;
}

uint32_t oracle_slope(const oracle_slots *slots, uint32_t x, uint32_t slope, uint64_t index)
{
    const oracle_formats f = oracle_formats_of(slots);
    mpfr_t v, s;
    mpfr_inits2(ORACLE_PRECISION, v, s, (mpfr_ptr)0);
    oracle_set(v, x);
    oracle_set(s, slope);
    if (!mpfr_nan_p(v) && mpfr_sgn(v) < 0) {
        mpfr_mul(v, v, s, MPFR_RNDN);
        if (!f.fused)
            oracle_step_element(v, &f, &f.product, index, 2);
    }
    const uint32_t bits = oracle_step_result(v, &f, index);
    mpfr_clears(v, s, (mpfr_ptr)0);
    return bits;
}

uint32_t oracle_hard(const oracle_slots *slots, uint32_t x, uint32_t alpha, uint32_t beta, bool multiplies,
                     uint64_t index)
{
    const oracle_formats f = oracle_formats_of(slots);
    mpfr_t v, w;
    mpfr_inits2(ORACLE_PRECISION, v, w, (mpfr_ptr)0);
    oracle_set(v, x);
    oracle_set(w, alpha);
    mpfr_mul(v, v, w, MPFR_RNDN);
    if (!f.fused)
        oracle_step_element(v, &f, &f.product, index, 2);
    oracle_set(w, beta);
    mpfr_add(v, v, w, MPFR_RNDN);
    f.exact_sum ? oracle_step_none(v) : oracle_step_element(v, &f, &f.sum, index, 4);
    if (!mpfr_nan_p(v) && mpfr_sgn(v) <= 0)
        mpfr_set_zero(v, 1);
    if (!mpfr_nan_p(v) && mpfr_cmp_ui(v, 1) > 0)
        mpfr_set_ui(v, 1, MPFR_RNDN);
    oracle_set(w, x);
    if (multiplies)
        mpfr_mul(v, v, w, MPFR_RNDN);
    const uint32_t bits = oracle_step_result(v, &f, index);
    mpfr_clears(v, w, (mpfr_ptr)0);
    return bits;
}

/* The place of the extreme number: a NaN wins, zeros are equal where the place itself is asked for. */
static int find_extreme(const char *kind, const uint32_t *x, int count, bool last)
{
    const bool places = kind[0] == 'a', least = is(kind, "reducemin") || is(kind, "argmin");
    int best = 0;
    for (int i = 1; i < count; ++i) {
        const uint32_t a = places && x[i] == 0x80000000u ? 0 : x[i],
                       b = places && x[best] == 0x80000000u ? 0 : x[best];
        const bool equal = a == b || (is_nan(a) && is_nan(b));
        const bool wins = !is_nan(b) && (is_nan(a) || (least ? oracle_above(b, a) : oracle_above(a, b)));
        best = wins || (equal && last) ? i : best;
    }
    return best;
}

uint32_t oracle_reduce(const oracle_slots *slots, const char *kind, const uint32_t *x, int count, bool last,
                       uint64_t index)
{
    const oracle_formats f = oracle_formats_of(slots);
    const bool sums = is(kind, "reducesum") || is(kind, "reducemean");
    mpfr_t s, v;
    mpfr_inits2(ORACLE_PRECISION, s, v, (mpfr_ptr)0);
    mpfr_set_zero(s, 1);
    for (int i = 0; sums && i < count; ++i) {
        oracle_set(v, x[i]);
        mpfr_add(s, s, v, MPFR_RNDN);
        if (!f.exact_sum)
            oracle_step(s, &f, &f.sum, index, (uint32_t)i, 4);
    }
    if (is(kind, "reduceprod"))
        mpfr_set_ui(s, 1, MPFR_RNDN);
    for (int i = 0; is(kind, "reduceprod") && i < count; ++i) {
        oracle_set(v, x[i]);
        mpfr_mul(s, s, v, MPFR_RNDN);
        oracle_step(s, &f, &f.product, index, (uint32_t)i, 2);
    }
    if (!sums && kind[0] == 'a')
        mpfr_set_si(s, find_extreme(kind, x, count, last), MPFR_RNDN);
    else if (!sums && !is(kind, "reduceprod"))
        oracle_set(s, x[find_extreme(kind, x, count, last)]);
    if (is(kind, "reducemean")) {
        mpfr_div_si(s, s, count, MPFR_RNDN);
        oracle_step_none(s);
    }
    const uint32_t bits = oracle_step_result(s, &f, index);
    mpfr_clears(s, v, (mpfr_ptr)0);
    return bits;
}

uint32_t oracle_norm(const oracle_slots *slots, const uint32_t *taps, const int *number, int count, int p,
                     uint64_t index)
{
    const oracle_formats f = oracle_formats_of(slots);
    mpfr_t s, v;
    mpfr_inits2(ORACLE_PRECISION, s, v, (mpfr_ptr)0);
    mpfr_set_zero(s, 1);
    for (int i = 0; i < count; ++i) {
        oracle_set(v, taps[i] & 0x7FFFFFFFu);
        if (p == 2) {
            mpfr_sqr(v, v, MPFR_RNDN);
            if (!f.fused)
                oracle_step(v, &f, &f.product, index, (uint32_t)number[i], 2);
        }
        mpfr_add(s, s, v, MPFR_RNDN);
        if (!f.exact_sum)
            oracle_step(s, &f, &f.sum, index, (uint32_t)number[i], 4);
    }
    if (p == 2) {
        mpfr_sqrt(s, s, MPFR_RNDN);
        oracle_step_none(s);
    }
    const uint32_t bits = oracle_step_result(s, &f, index);
    mpfr_clears(s, v, (mpfr_ptr)0);
    return bits;
}

/* The two kinds of step that have an index and a number, as the slots ask. */
static void multiplied(mpfr_ptr v, const oracle_formats *f, uint64_t index, int number)
{
    if (!f->fused)
        oracle_step(v, f, &f->product, index, (uint32_t)number, 2);
}

static void added(mpfr_ptr v, const oracle_formats *f, uint64_t index, int number)
{
    if (f->exact_sum)
        oracle_step_none(v);
    else
        oracle_step(v, f, &f->sum, index, (uint32_t)number, 4);
}

uint32_t oracle_lrn(const oracle_slots *slots, const oracle_response *r, const uint32_t *x, int c,
                    uint64_t index)
{
    const oracle_formats f = oracle_formats_of(slots);
    mpfr_t s, v;
    mpfr_inits2(ORACLE_PRECISION, s, v, (mpfr_ptr)0);
    mpfr_set_zero(s, 1);
    for (int i = 0; i < r->size; ++i) {
        const int channel = c - (r->size - 1) / 2 + i;
        if (channel < 0 || channel >= r->channels)
            continue;
        oracle_set(v, x[channel]);
        mpfr_sqr(v, v, MPFR_RNDN);
        multiplied(v, &f, index, i);
        mpfr_add(s, s, v, MPFR_RNDN);
        if (!f.exact_sum)
            added(s, &f, index, i);
    }
    oracle_step_none(s);
    mpfr_set_flt(v, r->alpha, MPFR_RNDN);
    mpfr_div_si(v, v, r->size, MPFR_RNDN);
    oracle_step_none(v);
    mpfr_mul(s, s, v, MPFR_RNDN);
    multiplied(s, &f, index, r->size);
    mpfr_add_d(s, s, (double)r->bias, MPFR_RNDN);
    added(s, &f, index, r->size);
    mpfr_set_flt(v, r->beta, MPFR_RNDN);
    mpfr_pow(s, s, v, MPFR_RNDN);
    oracle_step_none(s);
    oracle_set(v, x[c]);
    mpfr_div(v, v, s, MPFR_RNDN);
    oracle_step_none(v);
    const uint32_t bits = oracle_step_result(v, &f, index);
    mpfr_clears(s, v, (mpfr_ptr)0);
    return bits;
}

/* A statistic of a group: rounded, then RESULT. */
static void statistic(mpfr_ptr v, const oracle_formats *f, const oracle_group *g, uint32_t number)
{
    oracle_step_none(v);
    oracle_step(v, f, &f->result, g->number, number, 6);
}

/* d = SUM(x - mean). */
static void deviate(mpfr_ptr d, const oracle_formats *f, const oracle_group *g, const uint32_t *x,
                    mpfr_srcptr mean, int i)
{
    oracle_set(d, x[g->step * i]);
    mpfr_sub(d, d, mean, MPFR_RNDN);
    added(d, f, g->first + (uint64_t)(g->step * i), 1);
}

/* Mean of the numbers, or of the squares of their deviations from `mean`. */
static void average(mpfr_ptr s, const oracle_formats *f, const oracle_group *g, const uint32_t *x,
                    mpfr_srcptr mean)
{
    mpfr_t v;
    mpfr_init2(v, ORACLE_PRECISION);
    mpfr_set_zero(s, 1);
    for (int i = 0; i < g->count; ++i) {
        const uint64_t index = g->first + (uint64_t)(g->step * i);
        oracle_set(v, x[g->step * i]);
        if (mean != NULL) {
            deviate(v, f, g, x, mean, i);
            mpfr_sqr(v, v, MPFR_RNDN);
            multiplied(v, f, index, 0);
        }
        mpfr_add(s, s, v, MPFR_RNDN);
        if (!f->exact_sum)
            added(s, f, index, mean != NULL ? 2 : 0);
    }
    mpfr_div_si(s, s, g->count, MPFR_RNDN);
    mpfr_clear(v);
}

/* 1 / root of (variance + epsilon). */
static void invert(mpfr_ptr v, const oracle_formats *f, const oracle_group *g)
{
    mpfr_add_d(v, v, (double)g->epsilon, MPFR_RNDN);
    oracle_step_none(v);
    mpfr_sqrt(v, v, MPFR_RNDN);
    statistic(v, f, g, 2);
    mpfr_ui_div(v, 1, v, MPFR_RNDN);
    statistic(v, f, g, 3);
}

void oracle_normalize_group(const oracle_slots *slots, const oracle_group *g, const uint32_t *x, uint32_t *y)
{
    const oracle_formats f = oracle_formats_of(slots);
    mpfr_t mean, scale, v, w;
    mpfr_inits2(ORACLE_PRECISION, mean, scale, v, w, (mpfr_ptr)0);
    average(mean, &f, g, x, NULL);
    statistic(mean, &f, g, 0);
    average(scale, &f, g, x, mean);
    statistic(scale, &f, g, 1);
    invert(scale, &f, g);
    for (int i = 0; i < g->count; ++i) {
        const uint64_t index = g->first + (uint64_t)(g->step * i);
        deviate(v, &f, g, x, mean, i);
        mpfr_mul(v, v, scale, MPFR_RNDN);
        f.fused ? oracle_step_none(v) : multiplied(v, &f, index, 1);
        oracle_set(w, bits_of(g->gamma[i * g->weight_step]));
        mpfr_mul(v, v, w, MPFR_RNDN);
        multiplied(v, &f, index, 2);
        oracle_set(w, g->beta != NULL ? bits_of(g->beta[i * g->weight_step]) : 0);
        mpfr_add(v, v, w, MPFR_RNDN);
        if (!f.exact_sum)
            added(v, &f, index, 3);
        y[g->step * i] = oracle_step_result(v, &f, index);
    }
    mpfr_clears(mean, scale, v, w, (mpfr_ptr)0);
}

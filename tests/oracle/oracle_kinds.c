#include "oracle/oracle_kinds.h"

#include "oracle/oracle_steps.h"

uint32_t oracle_average(const oracle_slots *slots, const oracle_tap *taps, int count, int divisor,
                        uint64_t index)
{
    const oracle_formats f = oracle_formats_of(slots);
    mpfr_t s, x;
    int inside = 0;
    mpfr_inits2(ORACLE_PRECISION, s, x, (mpfr_ptr)0);
    mpfr_set_zero(s, 1);
    for (int i = 0; i < count; ++i) {
        if (!taps[i].inside)
            continue;
        ++inside;
        oracle_set(x, taps[i].bits);
        mpfr_add(s, s, x, MPFR_RNDN);
        if (!f.exact_sum)
            oracle_step(s, &f, &f.sum, index, (uint32_t)i, 4);
    }
    /* A quotient of 700 bits is never so near a tie of 24 bits without being one. */
    mpfr_div_si(s, s, divisor > 0 ? divisor : inside, MPFR_RNDN);
    oracle_step_none(s);
    const uint32_t bits = oracle_step_result(s, &f, index);
    mpfr_clears(s, x, (mpfr_ptr)0);
    return bits;
}

uint32_t oracle_maximum(const oracle_tap *taps, int count)
{
    uint32_t best = 0xFF800000u;
    for (int i = 0; i < count; ++i) {
        if (!taps[i].inside)
            continue;
        if ((taps[i].bits & 0x7FFFFFFFu) > 0x7F800000u)
            return 0x7FC00000u;
        if (oracle_above(taps[i].bits, best))
            best = taps[i].bits;
    }
    return best;
}

uint32_t oracle_add(const oracle_slots *slots, uint32_t a, uint32_t b, uint64_t index)
{
    const oracle_formats f = oracle_formats_of(slots);
    mpfr_t x, y;
    mpfr_inits2(ORACLE_PRECISION, x, y, (mpfr_ptr)0);
    oracle_set(x, a);
    oracle_set(y, b);
    mpfr_add(x, x, y, MPFR_RNDN);
    const uint32_t bits = oracle_step_result(x, &f, index);
    mpfr_clears(x, y, (mpfr_ptr)0);
    return bits;
}

/* inv and rest of a channel: the steps that are done once. Stream 6, index channel, numbers 0 to 4. */
static void prepare(mpfr_ptr inv, mpfr_ptr rest, const oracle_formats *f, const oracle_channel *c)
{
    mpfr_t t;
    const uint64_t channel = (uint64_t)c->channel;
    mpfr_init2(t, ORACLE_PRECISION);
    oracle_set(inv, c->variance);
    oracle_set(t, c->epsilon);
    mpfr_add(inv, inv, t, MPFR_RNDN);
    oracle_step_none(inv);
    mpfr_sqrt(inv, inv, MPFR_RNDN);
    oracle_step_none(inv);
    oracle_step(inv, f, &f->result, channel, 0, 6);
    mpfr_ui_div(inv, 1, inv, MPFR_RNDN);
    oracle_step_none(inv);
    oracle_step(inv, f, &f->result, channel, 1, 6);
    oracle_set(t, c->gamma);
    mpfr_mul(inv, inv, t, MPFR_RNDN);
    f->fused ? oracle_step_none(inv) : oracle_step(inv, f, &f->product, channel, 2, 6);
    oracle_set(t, c->mean);
    mpfr_mul(t, t, inv, MPFR_RNDN);
    f->fused ? oracle_step_none(t) : oracle_step(t, f, &f->product, channel, 3, 6);
    mpfr_neg(t, t, MPFR_RNDN);
    oracle_set(rest, c->beta);
    mpfr_add(rest, rest, t, MPFR_RNDN);
    f->exact_sum ? oracle_step_none(rest) : oracle_step(rest, f, &f->sum, channel, 4, 6);
    mpfr_clear(t);
}

uint32_t oracle_normalize(const oracle_slots *slots, const oracle_channel *c, uint32_t x, uint64_t index)
{
    const oracle_formats f = oracle_formats_of(slots);
    mpfr_t inv, rest, v;
    mpfr_inits2(ORACLE_PRECISION, inv, rest, v, (mpfr_ptr)0);
    prepare(inv, rest, &f, c);
    oracle_set(v, x);
    mpfr_mul(v, v, inv, MPFR_RNDN);
    if (!f.fused)
        oracle_step_element(v, &f, &f.product, index, 2);
    mpfr_add(v, v, rest, MPFR_RNDN);
    if (!f.exact_sum)
        oracle_step_element(v, &f, &f.sum, index, 4);
    const uint32_t bits = oracle_step_result(v, &f, index);
    mpfr_clears(inv, rest, v, (mpfr_ptr)0);
    return bits;
}

/* a - b, rounded to binary32. */
static void difference(mpfr_ptr to, uint32_t a, uint32_t b)
{
    mpfr_t y;
    mpfr_init2(y, ORACLE_PRECISION);
    oracle_set(to, a);
    oracle_set(y, b);
    mpfr_sub(to, to, y, MPFR_RNDN);
    oracle_step_none(to);
    mpfr_clear(y);
}

void oracle_softmax(const oracle_slots *slots, bool logarithm, const uint32_t *x, uint32_t *y, int count,
                    uint64_t index)
{
    const oracle_formats f = oracle_formats_of(slots);
    uint32_t largest = x[0];
    mpfr_t s, e;
    mpfr_inits2(ORACLE_PRECISION, s, e, (mpfr_ptr)0);
    mpfr_set_zero(s, 1);
    for (int i = 1; i < count; ++i)
        largest = oracle_above(x[i], largest) ? x[i] : largest;
    for (int i = 0; i < count; ++i) {
        difference(e, x[i], largest);
        mpfr_exp(e, e, MPFR_RNDN);
        oracle_step_none(e);
        oracle_step_element(e, &f, &f.product, index + (uint64_t)i, 2);
        y[i] = oracle_nearest(e);
        mpfr_add(s, s, e, MPFR_RNDN);
        if (!f.exact_sum)
            oracle_step_element(s, &f, &f.sum, index + (uint64_t)i, 4);
    }
    oracle_step_none(s);
    if (logarithm) {
        mpfr_log(s, s, MPFR_RNDN);
        oracle_step_none(s);
    }
    for (int i = 0; i < count; ++i) {
        oracle_set(e, y[i]);
        if (logarithm) {
            difference(e, x[i], largest);
            mpfr_sub(e, e, s, MPFR_RNDN);
        } else {
            mpfr_div(e, e, s, MPFR_RNDN);
            oracle_step_none(e);
        }
        y[i] = oracle_step_result(e, &f, index + (uint64_t)i);
    }
    mpfr_clears(s, e, (mpfr_ptr)0);
}

uint32_t oracle_weighted(const oracle_slots *slots, const oracle_tap *taps, const uint32_t *weights,
                         int count, uint64_t index)
{
    const oracle_formats f = oracle_formats_of(slots);
    mpfr_t s, x, w;
    mpfr_inits2(ORACLE_PRECISION, s, x, w, (mpfr_ptr)0);
    mpfr_set_zero(s, 1);
    for (int i = 0; i < count; ++i) {
        if (!taps[i].inside)
            continue;
        oracle_set(x, taps[i].bits);
        oracle_set(w, weights[i]);
        mpfr_mul(x, x, w, MPFR_RNDN);
        if (!f.fused)
            oracle_step(x, &f, &f.product, index, (uint32_t)i, 2);
        mpfr_add(s, s, x, MPFR_RNDN);
        if (!f.exact_sum)
            oracle_step(s, &f, &f.sum, index, (uint32_t)i, 4);
    }
    const uint32_t bits = oracle_step_result(s, &f, index);
    mpfr_clears(s, x, w, (mpfr_ptr)0);
    return bits;
}

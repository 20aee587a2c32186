/*
 * What every accumulation path shares: the words of its quantizers and the vectors of random draws.
 *
 * A step works on TQ_STEP outputs at once; results leave in vectors of TQ_LANES, at most 16. TQ_DRAW_FORM says what the
 * draws of PRODUCT are in memory: TQ_DRAWS_TOP, bits at the top of a uint; else the low bits of a short or an int, ready to
 * be added to a product (TQ_DRAWS_SHORT, TQ_DRAWS_HALVES: a step's vector comes in two halves).
 */

#define TQ_DRAWS_TOP    0
#define TQ_DRAWS_SHORT  1
#define TQ_DRAWS_HALVES 2

/* Where a step's operands lie: in the GPU shape of the loop (contraction_tiles.cl) in local memory. */
#if TQ_BLOCK
#define TQ_SPACE __local
#else
#define TQ_SPACE __global
#endif

typedef struct tq_slots {
    tq_words product, sum, result, path;
} tq_slots;

#if TQ_DRAW_FORM == TQ_DRAWS_TOP
typedef uint tq_draw_word;
#if TQ_STEP == 1 || TQ_STEP > 16
typedef uint tq_draws; /* steps of more than 16 lanes draw otherwise, or nothing */
#define tq_load_draws(p) (*(p))
#else
typedef TQ_CAT(uint, TQ_STEP) tq_draws;
#define tq_load_draws(p) TQ_CAT(vload, TQ_STEP)(0, p)
#endif
#define tq_spread_draw(draw) ((tq_draws)(draw))
#define tq_mix_draws(a, b)   ((a) ^ (b))
#define TQ_NO_DRAWS          ((tq_draws)0)
#endif

/* A lane's sum of `units` * 2^unit. */
TQ_INLINE tq_exact tq_exact_units(const int units, const int unit)
{
    tq_exact v;
    v.negative = units < 0;
    v.significand = abs(units);
    v.exponent = unit;
    v.special = TQ_FINITE;
    return v;
}

/* Random draws of steps with 16-bit sums: low bits, ready to be added to a product in its grains. */
#if TQ_DRAW_FORM == TQ_DRAWS_SHORT
typedef short tq_draw_word;
typedef tq_shorts tq_draws;
#define tq_load_draws(p)     tq_load_shorts(p)
#define tq_spread_draw(draw) tq_spread_short(draw)
#define tq_mix_draws(a, b)   ((a) ^ (b))
#define TQ_NO_DRAWS          tq_spread_short(0)
#elif TQ_DRAW_FORM == TQ_DRAWS_HALVES
typedef int tq_draw_word;
typedef struct tq_draws {
    tq_half_ints low, high;
} tq_draws;

TQ_INLINE tq_draws tq_draws_of(const tq_half_ints low, const tq_half_ints high)
{
    tq_draws draws;
    draws.low = low;
    draws.high = high;
    return draws;
}

TQ_INLINE tq_draws tq_mix_draws(const tq_draws a, const tq_draws b)
{
    return tq_draws_of(a.low ^ b.low, a.high ^ b.high);
}

#define tq_load_draws(p)     tq_draws_of(tq_load_half_ints(p), tq_load_half_ints((p) + TQ_HALF))
#define tq_spread_draw(draw) tq_draws_of((tq_half_ints)(draw), (tq_half_ints)(draw))
#define TQ_NO_DRAWS          tq_spread_draw(0)
#endif

/* What every accumulation path shares: the words of its quantizers and the vector of random draws. */
typedef struct tq_slots {
    tq_words product, sum, result, path;
} tq_slots;

#if TQ_LANES == 1
typedef uint tq_draws;
#define tq_load_draws(p) (*(p))
#elif TQ_LANES <= 16
typedef TQ_CAT(uint, TQ_LANES) tq_draws;
#define tq_load_draws(p) TQ_CAT(vload, TQ_LANES)(0, p)
#else
typedef uint tq_draws; /* paths of 32 lanes draw nothing */
#endif

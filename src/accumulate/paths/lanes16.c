/* Fixed point of at most 16 bits in 16-bit lanes, saturating or wrapping at each step. Proof: the kernel's
 * head. */
#include "accumulate/path.h"

#include <math.h>

/* How the product's shift is split between the operands. */
typedef struct tq_split {
    int total;         /* bits to shift left in all */
    int input, weight; /* of them */
    bool away;         /* products have bits below the format's grid, and round to nearest */
    bool high;         /* a rounding high product halves by 2^15 */
} tq_split;

/* Bits by which integers of this range can move left in a signed 16-bit word and away from zero by `nudge`.
 */
static int free_bits(tq_range range, int nudge)
{
    double lowest = ldexp(range.lowest, -range.grid), highest = ldexp(range.highest, -range.grid);
    int bits = 0;
    while (bits < 15 && 2.0 * highest + nudge <= 32767.0 && 2.0 * lowest - nudge >= -32768.0) {
        lowest *= 2.0;
        highest *= 2.0;
        ++bits;
    }
    return bits;
}

static tq_split split_of(const tq_problem *problem)
{
    const int shift = problem->product.grid - problem->input.grid - problem->weight.grid;
    tq_split split = {.away = shift > 0 && problem->product.rounding == TQ_ROUND_AWAY};
    split.high = split.away && problem->product.precision == 16;
    split.total = 32 - shift - problem->product.precision - split.high;
    const int weight = free_bits(problem->weight, split.away);
    split.weight = split.total < weight ? split.total : weight;
    split.input = split.total - split.weight;
    return split;
}

static bool operands_fit(const tq_problem *problem, char *why, size_t size)
{
    if (!problem->input.finite || problem->input.grid == TQ_GRID_UNKNOWN)
        return tq_path__refuse(why, size, "the input is not known to be finite and on a grid");
    if (!problem->weight.finite || tq_range__units(problem->weight) > 32767.0)
        return tq_path__refuse(why, size, "the weights do not fit 16 bits on one grid (2^%d)",
                               problem->weight.grid);
    if (tq_range__units(problem->input) > 32768.0 || problem->input.grid < -100 ||
        problem->weight.grid < -100)
        return tq_path__refuse(why, size, "the input does not fit 16 bits on its grid (2^%d)",
                               problem->input.grid);
    return true;
}

static bool applicable(const tq_problem *problem, char *why, size_t size)
{
    if (!tq_problem__is_word16(problem, why, size))
        return false;
    if (problem->product.rounding != TQ_ROUND_DOWN && problem->product.rounding != TQ_ROUND_AWAY)
        return tq_path__refuse(why, size, "the product's rounding is neither down nor away");
    if (!operands_fit(problem, why, size))
        return false;
    const tq_split split = split_of(problem);
    const double input = tq_range__units(problem->input), unit = ldexp(1.0, problem->product.grid);
    const double largest = tq_problem__largest_product(problem);
    if (split.total < 0)
        return tq_path__refuse(why, size, "products are narrower than the format's grid needs");
    if (split.input > free_bits(problem->input, 0))
        return tq_path__refuse(why, size, "the operands need %d bits more than 16", split.total);
    /* The weight alone moves away from zero: its shift must cover the other operand. */
    if (split.away && !(input < ldexp(1.0, split.weight)))
        return tq_path__refuse(why, size, "the input is too wide for ties away from zero");
    if (largest + 2.0 * unit > problem->product.highest)
        return tq_path__refuse(why, size, "products reach %g and may overflow", largest);
    return true;
}

static void plan(const tq_problem *problem, tq_path_plan *plan)
{
    const tq_split split = split_of(problem);
    const int below = 16 - problem->product.precision;
    plan->step = plan->shorts = tq_problem__step(problem, tq_device__lanes16(problem->device));
    plan->finish = TQ_FINISH_CARRIERS;
    plan->form = TQ_FORM_INT16;
    plan->sum_draws = false;
    plan->input_shift = split.input - problem->input.grid;
    plan->weight_shift = split.weight - problem->weight.grid;
    plan->away = split.away;
    plan->instructions = (split.high || !split.away ? 2.0 : 3.0) / 32.0 + (below > 0) / 32.0;
    plan->path.s0 = -(1 << below);
    plan->path.s1 = split.away && below > 0 ? 1 << (below - 1) : 0;
    plan->path.s2 = problem->product.grid;
    plan->path.s3 = below;
    tq_program_text__define(plan->text, "TQ_ROUNDING_HIGH", "%d", split.high);
    tq_program_text__define(plan->text, "TQ_AWAY", "%d", problem->product.rounding == TQ_ROUND_AWAY);
    tq_program_text__define(plan->text, "TQ_MASK", "%d", below > 0);
    tq_program_text__define(plan->text, "TQ_WRAP", "%d", problem->sum.overflow == TQ_OVERFLOW_WRAP);
}

const tq_path tq_path_lanes16 = {
    .name = "lanes16",
    .summary = "fixed point of at most 16 bits in 16-bit lanes, saturating or wrapping at each step",
    .proof = "products fit the word, whose top is the lane's: multiply-high floors, a saturating add "
             "saturates as the format",
    .instructions = 0.0625,
    .part = {"accumulate/vectors16.cl", "accumulate/lanes16.cl"},
    .depthwise = true,
    .applicable = applicable,
    .plan = plan,
};

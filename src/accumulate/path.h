/*
 * An accumulation path: one way to run the loop of a contraction, in one file in paths/ that exports one
 * `const tq_path tq_path_NAME`, and one kernels/accumulate/NAME.cl with the inner step; found by CMake.
 * `applicable` proves that on a problem the path gives the bits of docs/numerics.md; `general` and `wide`
 * apply to whatever is left.
 */
#ifndef TQ_ACCUMULATE_PATH_H
#define TQ_ACCUMULATE_PATH_H

#include "accumulate/range.h"
#include "runtime/program.h"

/* What a path may know when a layer is planned. */
typedef struct tq_problem {
    tq_accumulation accumulation;   /* `fused` also when product and sum are both none */
    tq_format product, sum, result; /* of `none`: binary32 */
    tq_range input, weight, bias;   /* the weights and the bias are measured */
    double weight_sum;              /* largest sum over k of |w| of any output */
    int64_t terms;                  /* K */
    const tq_device_info *device;
} tq_problem;

/* What a path decides for a problem. */
typedef struct tq_path_plan {
    int lanes, vectors, rows; /* tile: rows x (vectors x lanes) */
    bool fast_finish;         /* the path has tq_finish for this problem */
    tq_words product, sum, result,
        path; /* kernel arguments; the first three are set to the quantizers' own before */
    int input_shift, weight_shift; /* 16-bit operands: X = x * 2^input_shift, W = w * 2^weight_shift */
    bool away; /* weights move away from zero: int16 by one, carriers by one unit in the last place */
    tq_program_text *text; /* for further defines */
} tq_path_plan;

typedef enum tq_operand { TQ_OPERAND_CARRIER, TQ_OPERAND_INT16 } tq_operand;

typedef struct tq_path {
    const char *name;
    const char *summary;
    double
        instructions; /* per multiply-accumulate on a machine with 512-bit vectors, about; orders the paths */
    tq_operand operand;
    const char *part[3]; /* kernel files, NULL at the end */
    /* Whether the path is right for this problem; if not, the reason goes to `why`. */
    bool (*applicable)(const tq_problem *problem, char *why, size_t size);
    /* Tile, words and structure for an applicable problem. */
    void (*plan)(const tq_problem *problem, tq_path_plan *plan);
} tq_path;

extern const tq_path *const tq_path_kinds[]; /* generated, ordered by name, NULL at the end */

/*
 * The cheapest applicable path. `reasons` receives "name: why not" lines of the cheaper ones. `only_general`
 * leaves the exact integer paths only.
 */
const tq_path *tq_path__choose(const tq_problem *problem, bool only_general, tq_text *reasons);

/* Writes a reason and returns false: `return tq_path__refuse(why, size, "...");` */
__attribute__((format(printf, 3, 4))) bool tq_path__refuse(char *why, size_t size, const char *format, ...);

/* Whether x*w in units of 2^grid, summed in any order with the rounding of `product`, stays inside `sum`. */
bool tq_problem__sum_stays_inside(const tq_problem *problem);
/* Largest |x*w| of any term, INFINITY when unknown. */
double tq_problem__largest_product(const tq_problem *problem);

/* Lanes of 16 bits that the device's compiler handles well: 32 where vectors of 32 and their builtins are
 * known good. */
int tq_device__lanes16(const tq_device_info *device);

#endif

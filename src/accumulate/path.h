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
    bool depthwise;                 /* output n sees input channel n alone */
    bool tiled;                     /* the loop runs in its GPU shape (group.h) */
    bool weights_known;             /* false: a second operand that is computed, of which only the range is */
    const tq_device_info *device;
} tq_problem;

/* What operands are in memory, on the device: */
typedef enum tq_form {
    TQ_FORM_CARRIER, /* binary32 */
    TQ_FORM_INT16,   /* integers on the operand's grid */
    TQ_FORM_INT32    /* the same in the low half of an int; the high half is zero */
} tq_form;

/* How a sum becomes a result; the numbers are those of kernels/layers/contraction.cl. */
typedef enum tq_finish {
    TQ_FINISH_LANES = 0,   /* lane by lane, exactly */
    TQ_FINISH_OWN = 1,     /* the path has tq_finish for this problem */
    TQ_FINISH_CARRIERS = 2 /* in vectors: the path has tq_part, sums are binary32 */
} tq_finish;

/* What the draws of PRODUCT are in memory; the numbers are those of kernels/accumulate/slots.cl. */
typedef enum tq_draw_form { TQ_DRAWS_TOP = 0, TQ_DRAWS_SHORT = 1, TQ_DRAWS_HALVES = 2 } tq_draw_form;

/* A work-group of a contraction's loop; the numbers are powers of two. */
typedef struct tq_group {
    int rows, columns; /* work-items */
    int block;         /* steps whose operands are in local memory at a time; 0: read where they lie */
} tq_group;

/* From which follows whether a product can be a tie, and whether its weight may move
 * (kernels/accumulate/fma16.cl). */
typedef struct tq_ties {
    int input_grid, grid; /* of the input, or TQ_GRID_UNKNOWN; of the products' format */
    int input_exponent;   /* floor(log2()) of the largest input */
    double input_units;   /* largest input on its grid, where that is known */
    int most_exponent;    /* log2 of the largest number of the format in units of its grid */
} tq_ties;

/* What a path decides for a problem. Set before `plan`: the slots' words, terms 1, sum_draws, what is known
 * of sums from their format. */
typedef struct tq_path_plan {
    int step;          /* a step works on `step` outputs ... */
    int terms;         /* ... and as many terms of a run */
    int vectors, rows; /* tile: rows x (vectors x step); set after `plan` (tile.h) */
    tq_group group;    /* set after `plan`: tiles of as many work-items make a panel's width (group.h) */
    int shorts;        /* lanes of a vector of 16-bit numbers; 0: the path has none */
    tq_finish finish;
    tq_words product, sum, result, path; /* kernel arguments */
    tq_form form;
    bool halves; /* columns of a step lie in memory as tq_pack_halves (vectors16.cl) wants them */
    int input_shift, weight_shift; /* integers: X = x * 2^input_shift, W = w * 2^weight_shift */
    bool step_kinds; /* carriers: weights move away or not, one by one (tq_ties), and steps may need
                        tq_exact_step */
    tq_ties ties;
    bool input_moves; /* carriers: inputs that are multiples of 2^-input_shift move away from zero by one unit
                         in the last place */
    bool away; /* weights move away from zero: integers by one, carriers by one unit in the last place */
    tq_draw_form draw_form;
    int draw_right, draw_left; /* draws of PRODUCT: bits at the top of a word >> right << left */
    bool draw_nothing;         /* products have no bits below the grid: draws are 0 */
    bool sum_draws;            /* sums need random draws */
    int sum_grid;              /* sums are multiples of 2^sum_grid ... */
    double sum_largest;        /* ... of at most this magnitude; initially the sum format's */
    double instructions;       /* vector instructions per multiply-accumulate; initially the path's */
    tq_program_text *text;     /* for further defines */
} tq_path_plan;

typedef struct tq_path {
    const char *name;
    const char *summary;
    const char *proof; /* one line: why the bits are those of docs/numerics.md */
    double
        instructions; /* per multiply-accumulate on a machine with 512-bit vectors, about; orders the paths */
    const char *part[4]; /* kernel files, NULL at the end */
    bool depthwise;      /* has tq_load_inputs: can run the loop of a depthwise convolution */
    /* Whether the path is right for this problem; if not, the reason goes to `why`. */
    bool (*applicable)(const tq_problem *problem, char *why, size_t size);
    /* Step, words and structure for an applicable problem. */
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

/*
 * Lanes of a vector of 16-bit numbers that the device's compiler handles well: 32 where vectors of 32 and
 * their builtins are known good (there a rounding high product is one instruction too), else 16.
 */
int tq_device__lanes16(const tq_device_info *device);

/* Outputs of a step where the CPU shape wants `natural`: in the GPU shape short vectors. */
int tq_problem__step(const tq_problem *problem, int natural);

/* Bits of (float)value. */
tq_i32 tq_path__bits(double value);

/* Integers on a grid, for paths with 16-bit operands. */
double tq_range__units(tq_range range);                     /* largest magnitude in units of 2^grid */
bool tq_range__fits_int16(tq_range range);                  /* known, finite, -2^15 .. 2^15 - 1 */
bool tq_format__is_word(const tq_format *format, int most); /* two's complement of at most `most` bits */
/* Bits of a product of integers on their grids below the product's unit; negative when the grid is finer. */
int tq_problem__shift(const tq_problem *problem);
/* Bits by which weights move left so that products have at least 16 - w bits below the unit: words of w bits
 * then stand at the top of 16 when products move right by what is more. */
int tq_problem__left16(const tq_problem *problem);
/* Whether product and sum are quantized, by words of one grid and range of at most 16 bits; else why not. */
bool tq_problem__is_word16(const tq_problem *problem, char *why, size_t size);

#endif

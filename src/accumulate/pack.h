/* Host arrays in the order in which the contraction kernel reads them:
 * [group][panel][step][vector][lane][term], padded with zeros. */
#ifndef TQ_ACCUMULATE_PACK_H
#define TQ_ACCUMULATE_PACK_H

#include "accumulate/contraction.h"
#include "accumulate/path.h"

typedef struct tq_panels {
    int32_t width;  /* outputs of a panel */
    int32_t panels; /* of a group */
    int32_t groups;
    int32_t group_outputs;
    int32_t run;        /* terms of a run */
    int32_t step_terms; /* terms of a step */
    int64_t steps;      /* of a panel: runs * ceil(run / step_terms) */
    int32_t lanes;      /* of a vector */
    bool halves;        /* lanes of a vector of 16 or more in the order of tq_pack_halves (vectors16.cl) */
} tq_panels;

/* `columns`: kernel columns that a run takes. */
tq_panels tq_panels__of(const tq_geometry *g, const tq_path_plan *plan, int columns);
int64_t tq_panels__count(const tq_panels *p);   /* elements of a packed matrix of weights */
int64_t tq_panels__draws(const tq_panels *p);   /* elements of packed draws: one for each step and output */
int64_t tq_panels__columns(const tq_panels *p); /* groups * panels * width */

/* Writes tq_panels__count weights of the plan's form: floats, or integers w * 2^weight_shift; those that are
 * not zero moved away from it when `away`: floats by one unit in the last place, integers by one. */
void tq_pack__weights(void *to, const tq_panels *p, const tq_path_plan *plan, const float *weight);

/* Of every step of every panel, tq_panels__steps in all: 1 where it needs tq_exact_step. For plans with
 * step_kinds. */
void tq_pack__kinds(uint8_t *to, const tq_panels *p, const tq_path_plan *plan, const float *weight);
int64_t tq_panels__steps(const tq_panels *p);

/* Random draws of a slot: bits of a draw at the top of a word >> right << left, as shorts or as words. */
typedef struct tq_draw_layout {
    uint32_t key0, key1, stream;
    int bits, right, left;
    bool shorts;
    bool nothing; /* all are 0 */
} tq_draw_layout;
/* Writes tq_panels__draws draws of the columns' stream. */
void tq_pack__draws(void *to, const tq_panels *p, const tq_draw_layout *draws);

/* tq_panels__columns elements, in natural order; zeros when `bias` is NULL. */
void tq_pack__bias(float *to, const tq_panels *p, const float *bias);

#endif

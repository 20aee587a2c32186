/* Host arrays in the order in which the contraction kernel reads them: [group][panel][k][width], padded with
 * zeros. */
#ifndef TQ_ACCUMULATE_PACK_H
#define TQ_ACCUMULATE_PACK_H

#include "accumulate/contraction.h"

typedef struct tq_panels {
    int32_t width;  /* outputs of a panel */
    int32_t panels; /* of a group */
    int32_t groups;
    int32_t group_outputs;
    int64_t terms;
} tq_panels;

tq_panels tq_panels__of(const tq_geometry *g, int32_t width);
int64_t tq_panels__count(const tq_panels *p);   /* elements of a packed matrix */
int64_t tq_panels__columns(const tq_panels *p); /* groups * panels * width */

/* Each writes tq_panels__count elements. */
/* Numbers; when `away`, those that are not zero move away from it by one unit in the last place. */
void tq_pack__carriers(float *to, const tq_panels *p, const float *weight, bool away);
/* weight * 2^shift, away from zero by one when `away`. */
void tq_pack__int16(int16_t *to, const tq_panels *p, const float *weight, int shift, bool away);
/* Draws of the columns' stream, top-aligned. */
void tq_pack__draws(uint32_t *to, const tq_panels *p, uint32_t key0, uint32_t key1, uint32_t stream,
                    int bits);
/* tq_panels__columns elements; zeros when `bias` is NULL. */
void tq_pack__bias(float *to, const tq_panels *p, const float *bias);

#endif

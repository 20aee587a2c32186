/* Plain float by other libraries, each in a file of its own. */
#ifndef TQ_BENCH_REFERENCES_H
#define TQ_BENCH_REFERENCES_H

#include "subject.h"

typedef struct tq_reference {
    const char *name;
    unsigned levels;        /* bits of tq_level */
    tq_subject_maker *make; /* NULL: was not found when this was built */
} tq_reference;

const tq_reference *tq_reference__at(size_t i); /* NULL behind the last */

tq_subject_maker tq_reference__openblas, tq_reference__onednn, tq_reference__clblast;

#endif

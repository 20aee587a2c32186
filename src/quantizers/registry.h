/* The kinds of the library. */
#ifndef TQ_QUANTIZERS_REGISTRY_H
#define TQ_QUANTIZERS_REGISTRY_H

#include "tensorquant/extend.h"

extern const tq_quantizer_kind *const tq_quantizer_kinds[]; /* generated, ordered by name, NULL at the end */
extern const tq_quantizer_kind tq_quantizer_none;

#endif

/*
 * A rule's text for the host: the exact steps, and what all rules begin with. A kind includes this, then its
 * kernels/optimizers/<kind>.cl, which defines tq_exact_rule.
 */
#ifndef TQ_OPTIMIZERS_HOST_STEPS_H
#define TQ_OPTIMIZERS_HOST_STEPS_H

#include "optimizers/optimizer_kind.h"
#include "quantizers/bind.h"
#include "quantizers/rounding.h"
#include "tensorquant/kernels/math.cl"

#include "tensorquant/kernels/optimizers/steps.cl"

#include "tensorquant/kernels/optimizers/gradient.cl"

#endif

/* The kernel that takes a parameter's step. */
#ifndef TQ_OPTIMIZERS_UPDATE_KERNEL_H
#define TQ_OPTIMIZERS_UPDATE_KERNEL_H

#include "optimizers/prepared.h"
#include "runtime/launch.h"

typedef struct tq_update_kernel {
    tq_kernel *kernel; /* the context's */
    tq_u32 width;      /* elements of a vector */
} tq_update_kernel;

/* Finds or builds it. With a vector form where that is proven to give the same bits. */
tq_status tq_update__kernel(tq_update_kernel *kernel, tq_context *context, const tq_optimizer_rule *rule,
                            const tq_update *update);

/* Queues a run of it. `state`: TQ_OPTIMIZER_STATES, those that are not there NULL. `steps`: taken before. */
typedef struct tq_update_run {
    const tq_optimizer_rule *rule;
    const tq_update *update;
    tq_tensor *value;
    const tq_tensor *gradient;
    tq_tensor *const *state;
    size_t parameter;
    uint64_t seed;
    uint32_t steps;
} tq_update_run;
tq_status tq_update__run(const tq_update_kernel *kernel, const tq_update_run *run);

#endif

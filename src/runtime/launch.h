/* Launching kernels on a context's queue, and memory. The only code that sees cl_mem besides the runtime
 * itself. */
#ifndef TQ_RUNTIME_LAUNCH_H
#define TQ_RUNTIME_LAUNCH_H

#include "runtime/program.h"
#include "tensorquant/tensor.h"

/* Device memory, reference counted so that tensors can be parts of one block. */
typedef struct tq_memory tq_memory;
tq_status tq_memory__create(tq_memory **memory, tq_context *context,
                            uint64_t bytes); /* TQ_E_MEMORY when too large */
/* Bytes of the device's memory that this context has not taken. */
uint64_t tq_context__free_memory(const tq_context *context);
tq_memory *tq_memory__retain(tq_memory *memory);
void tq_memory__release(tq_memory *memory); /* NULL is fine */
tq_status tq_memory__write(tq_memory *memory, uint64_t offset, const void *from,
                           uint64_t bytes); /* blocking */
/* New memory of this content; NULL after a failure. */
tq_status tq_memory__of(tq_memory **memory, tq_context *context, const void *from, uint64_t bytes);
tq_status tq_memory__read(const tq_memory *memory, uint64_t offset, void *to, uint64_t bytes); /* blocking */
tq_status tq_memory__zero(tq_memory *memory, uint64_t offset,
                          uint64_t bytes); /* bytes, offset: multiples of 4 */

/*
 * Transfers that do not wait. An upload goes over a second queue, so that it can overlap with what the device
 * computes; what is queued from then on waits for it. The tensor must not be in use by what is queued
 * already. The host memory must stay until the ticket of a later download has been waited for, or
 * tq_context_finish.
 */
typedef struct tq_ticket {
    void *event; /* NULL: nothing is under way */
} tq_ticket;
tq_status tq_tensor__upload(tq_tensor *to, const float *from, int64_t count);
/* Queued behind what is queued already, and all of that is submitted to the device. */
tq_status tq_tensor__download(const tq_tensor *from, float *to, int64_t count, tq_ticket *ticket);
/* After a failure nothing is under way any more. */
tq_status tq_ticket__wait(tq_ticket *ticket, const tq_context *context);
void tq_ticket__drop(tq_ticket *ticket); /* without waiting */
/* Waits for all that is queued; whatever failed is not told. */
void tq_context__quiesce(const tq_context *context);

/* A tensor that is a part of a block; `offset` in elements. tq_tensor_create makes a block of its own. */
tq_status tq_tensor__view(tq_tensor **tensor, tq_memory *memory, uint64_t offset, const tq_shape *shape);
tq_context *tq_tensor__context(const tq_tensor *tensor);
tq_memory *tq_tensor__memory(const tq_tensor *tensor);
uint64_t tq_tensor__offset(const tq_tensor *tensor);

/* One kernel argument. A tensor is two arguments of the kernel: `__global T *x, const ulong x_offset`
 * (elements). */
typedef struct tq_argument {
    const tq_tensor *tensor;
    const tq_memory *memory; /* with neither tensor nor memory: `size` bytes at `value` */
    size_t size;
    const void *value;
} tq_argument;

#define TQ_TENSOR(t)       ((tq_argument){.tensor = (t)})
#define TQ_MEMORY(m)       ((tq_argument){.memory = (m)})
#define TQ_PART(m, bytes)  ((tq_argument){.memory = (m), .size = (bytes)}) /* counted by the profile */
#define TQ_VALUE(variable) ((tq_argument){.size = sizeof(variable), .value = &(variable)}) /* an lvalue */

/*
 * Queues one run. `global` sizes in all three dimensions, each >= 1, multiples of `local`. Dimensions that
 * are not used are 1.
 */
tq_status tq_kernel__run(tq_kernel *kernel, const size_t global[3], const size_t local[3],
                         const tq_argument *arguments, size_t count);
/* One dimension of `items` work-items, rounded up to whole groups of tq_kernel__local_size. */
tq_status tq_kernel__run_flat(tq_kernel *kernel, uint64_t items, const tq_argument *arguments, size_t count);
/* The same over `elements`; the arguments, at most 20, are followed by (ulong) elements. */
tq_status tq_kernel__run_elements(tq_kernel *kernel, int64_t elements, const tq_argument *arguments,
                                  size_t count);

/*
 * Rounds of loops that a work-item may make. Mesa's llvmpipe leaves all loops of a work-item after 65,535 in
 * all, and results would be wrong; a few are the loops' own. TQ_ANY_ROUNDS elsewhere.
 */
#define TQ_ANY_ROUNDS UINT64_MAX
uint64_t tq_device__most_rounds(const tq_device_info *device);
/* Numbers of a vector in kernels that take one number after the other: 16, 8 or 4. */
int tq_device__lanes(const tq_device_info *device);

/* Local size for a plain one-dimensional kernel: on this device, of which one kernel may allow less; of a
 * kernel. At least 1. */
size_t tq_context__local_size(const tq_context *context);
size_t tq_kernel__local_size(const tq_kernel *kernel);
/* Changes when an option is set: what was planned before may be planned otherwise now. */
unsigned tq_context__options_set(const tq_context *context);

/* A line on stderr, where $TQ_VERBOSE asked for it. */
__attribute__((format(printf, 2, 3))) void tq_context__say(const tq_context *context, const char *format,
                                                           ...);

/* What launches are counted for in the profile (tensorquant/profile.h). The one that writes `output` gets the
 * macs. */
typedef struct tq_profile_scope {
    const char *layer, *kind, *path;
    const tq_tensor *output;
    double macs;
} tq_profile_scope;
void tq_profile__enter(tq_context *context, const tq_profile_scope *scope); /* texts live until `leave` */
void tq_profile__leave(tq_context *context);

/* Option `paths`: which accumulation paths the planner may use. */
typedef enum tq_paths { TQ_PATHS_ALL, TQ_PATHS_CERTAIN, TQ_PATHS_GENERAL } tq_paths;
tq_paths tq_context__paths(const tq_context *context);

/* Option `shape`, and for `auto` what the device is: whether contractions run in their GPU shape, or all
 * kernels in their single work-item form. */
typedef enum tq_loop { TQ_LOOP_AUTO, TQ_LOOP_CPU, TQ_LOOP_GPU, TQ_LOOP_TASK } tq_loop;
bool tq_context__tiled(const tq_context *context);
bool tq_context__is_task(const tq_context *context);
/*
 * The device as plans may count on it. In the single work-item form that is less than any device has (no
 * fused multiply-add, no subnormal numbers, no binary64, vectors of 8), so that programs, which take hours to
 * build there, are the same for all of them.
 */
const tq_device_info *tq_context__target(const tq_context *context);

/* A small cache that belongs to the context, for the quantizers' elementwise kernels; freed at close. */
typedef struct tq_cache_entry tq_cache_entry;
/* Finds the kernel of this text and name, or makes it. Borrowed; lives as long as the context. */
tq_status tq_context__kernel(tq_kernel **kernel, tq_context *context, const tq_program_text *text,
                             const char *name);
/* The same of embedded files, without defines. */
tq_status tq_context__plain_kernel(tq_kernel **kernel, tq_context *context, const char *const *files,
                                   size_t count, const char *name);

#endif

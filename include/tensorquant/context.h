/*
 * Context: one OpenCL device with an in-order queue and the programs built for it.
 *
 * A context, and everything made from it, belongs to one thread at a time; different contexts may be used by
 * different threads at once, also on the same device. Nothing here runs before tq_context_open or after
 * tq_context_close.
 *
 * Device selection, the one grammar of this API, of `tq --device` and of the environment variable TQ_DEVICE:
 *
 *     ""  or NULL      $TQ_DEVICE if set and not empty, else the best device
 *     cpu gpu accelerator fpga     a device of this type (`fpga` means `accelerator`)
 *     P:D              platform number and device number as `tq devices` lists them. Numbers are not stable
 *                      between runs (the OpenCL loader may sort them); prefer names
 *     TEXT             part of the device's or platform's name, any letter case
 *     TYPE:TEXT        both
 *     ANY/N            a sub-device of N compute units of the device that ANY, one of the above, means: the
 *                      rest is left to others. Results are the same. `/N` alone is of the best device
 *
 * If several devices match, the best is taken, whatever the order in which the loader lists them: one whose
 * whole name TEXT is; then those with a compiler; then GPUs before accelerators, CPUs and others; then, but
 * for CPUs, one with memory of its own; then the one with more of binary64, FMA and subnormal numbers; more
 * compute units; more memory; the name that comes first. Of several that are the same in all this the first
 * listed is taken; P:D names the others. Devices that cannot be used are passed over. If none matches, or
 * only such, the call fails and the error lists the devices found; it never falls back to another device.
 */
#ifndef TENSORQUANT_CONTEXT_H
#define TENSORQUANT_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tensorquant/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tq_context tq_context;

/* What a device says of itself. Strings are cut to fit. `type` is one of "cpu", "gpu", "accelerator",
 * "other". */
typedef struct tq_device_info {
    char name[128];
    char platform[128];
    char type[16];
    char version[64];        /* CL_DEVICE_VERSION */
    char driver[64];         /* CL_DRIVER_VERSION */
    unsigned platform_index; /* P of P:D */
    unsigned device_index;   /* D of P:D */
    unsigned compute_units;  /* of a sub-device its own */
    uint64_t global_memory;  /* bytes */
    uint64_t max_allocation; /* bytes */
    uint64_t local_memory;   /* bytes */
    unsigned alignment;      /* bytes: CL_DEVICE_MEM_BASE_ADDR_ALIGN / 8 */
    uint64_t largest_group;  /* work-items of a work-group at most */
    unsigned vector_width;   /* preferred vector width of float */
    bool compiler;           /* can build programs from source; else it runs from binaries only */
    bool fma;                /* CL_FP_FMA, or known of the driver: fast, exact fma() in binary32 */
    bool subnormals;         /* CL_FP_DENORM: binary32 arithmetic keeps subnormal numbers */
    bool fp64;               /* full binary64: FMA, subnormals, round to nearest */
    bool fp16;               /* cl_khr_fp16: arithmetic in binary16, which the library does not use */
    bool usable;             /* false: `reason` says why the library refuses it */
    char reason[128];
} tq_device_info;

/*
 * Lists the devices of all platforms, usable or not.
 *
 * `devices`: receives up to `capacity` entries, may be NULL when capacity is 0. `*count`: how many there are.
 * A device that does not answer a question about itself is listed as not usable, with the question as
 * `reason`. TQ_E_DEVICE: there is no OpenCL platform; the text names the Debian package that brings one.
 * TQ_E_OPENCL: the platforms are not told, or no platform tells a device and one fails to.
 */
TQ_API TQ_MUST_CHECK tq_status tq_device_list(tq_device_info *devices, size_t capacity, size_t *count);

/*
 * Opens a context on the device that `selector` names (grammar above). Close it with tq_context_close. A
 * device that has not been seen with this driver is asked whether it computes right, which takes a part of a
 * second (selftest.h).
 *
 * The environment variable TQ_VERBOSE, "1" or "0" (the same as none), says whether the context tells on
 * stderr what it does: devices, programs, accumulation paths, bytes moved (docs/cli.md).
 *
 * TQ_E_DEVICE: there is no OpenCL platform, nothing matches, the device is not usable (OpenCL
 * before 1.2, Mesa's Clover), it gives no sub-device of that size, or it fails its self-test: the text then
 * names the check, the numbers, what was given and what was expected. TQ_E_ARGUMENT: TQ_SELFTEST or
 * TQ_VERBOSE has another value than they may. TQ_E_BUILD, TQ_E_MEMORY, TQ_E_OPENCL: the driver refuses;
 * the text names the OpenCL call and its code.
 */
TQ_API TQ_MUST_CHECK tq_status tq_context_open(tq_context **context, const char *selector);

/*
 * Makes a context of the caller's own OpenCL handles, for embedding. `cl_context_handle`, `cl_device_handle`
 * and `cl_queue_handle` are a cl_context, a cl_device_id and a cl_command_queue (typed void * so that this
 * header needs no OpenCL header). All three are retained and released again by tq_context_close. The queue
 * must be in-order, or NULL: then the context makes its own. For the inputs of networks the context makes a
 * second queue, which what is queued on the first waits for.
 *
 * TQ_E_ARGUMENT: a NULL handle, an out-of-order queue, a device that is not of that context, or a queue of
 * another context or device; TQ_SELFTEST or TQ_VERBOSE has another value than they may. TQ_E_DEVICE: the
 * device is not usable, or fails its self-test. TQ_E_OPENCL: an OpenCL call fails; no reference to the
 * handles is kept.
 */
TQ_API TQ_MUST_CHECK tq_status tq_context_adopt(tq_context **context, void *cl_context_handle,
                                                void *cl_device_handle, void *cl_queue_handle);

/* Closes a context. Tensors, layers and networks made from it must have been destroyed before. NULL is fine.
 */
TQ_API void tq_context_close(tq_context *context);

/* The device of a context. Lives as long as the context. */
TQ_API const tq_device_info *tq_context_device(const tq_context *context);

/*
 * Sets an option of the context by name. Options:
 *
 *     binaries  a folder of tq_network_emit (emit.h) with its binary: programs are taken from it and nothing
 *               is compiled, and the shape is `task`. It is checked to be of this version of the library and,
 *               where the library built the binary, of this device and driver; a program that is not among
 *               its own is an error of the plan, which names the file and the command that makes it. ""
 *               (initial): off, and the shape is `auto` again. TQ_E_FILE: a file is missing. TQ_E_FORMAT: the
 *               manifest cannot be read, or a file is not of it. TQ_E_OPENCL: the driver refuses the binary
 *     cache     a directory for built programs; "" switches the disk cache off. Initially $TQ_CACHE if set,
 *               else $XDG_CACHE_HOME/tensorquant, else $HOME/.cache/tensorquant. A directory that cannot be
 *               written is no error: the context runs without. Where the driver keeps built programs
 *               itself (PoCL; not with POCL_KERNEL_CACHE=0) only a directory that this option sets is used
 *               for programs
 *     float     how dense layers and convolutions run whose product, sum and result are all `none`, in
 *               layers planned afterwards: "exact" (initial), bit-identical everywhere, as docs/numerics.md
 *               has it; "fast", by the library CLBlast on devices where it is faster (GPUs); "clblast", by it
 *               on any device. Results of both are near the exact ones but NOT bit-identical: the last bits
 *               depend on device, batch and CLBlast's version. The host reference stays exact. Where CLBlast
 *               is not built in or does not run, the exact loop does, and tq_layer_path_reasons says why.
 *               CLBlast compiles when a process first plans such a layer, which takes seconds, and again
 *               after a context that used it was closed
 *     paths     which accumulation paths the planner may use: "all" (initial); "certain": none that counts on
 *               a smaller input than its format allows and checks that at every run; "general": only the
 *               exact integer ones, and the exact forms of other layers. Results are the same
 *     profile   "off" (initial), "on" or "wall": counts launches and their time (profile.h). "on" needs a
 *               queue with CL_QUEUE_PROFILING_ENABLE, which an adopted one must have (TQ_E_ARGUMENT). Not
 *               while networks have runs under way
 *     shape     how the loops of convolutions and matrix products are laid out in layers planned afterwards:
 *               "cpu": wide vectors, one work-item to a group; "gpu": work-groups that share tiles in local
 *               memory; "auto" (initial): "gpu" on devices of type gpu, else "cpu"; "task": all kernels, of
 *               whatever layer, in the form that offline compilers for FPGAs want, where a launch is one
 *               work-item (docs/fpga.md). Results are the same
 *     tuning    a file with tiles for the loops (tuning.h); "" for none. Initially $TQ_TUNING if set, else
 *               the one of the device in the cache directory, if there is one. Results are the same.
 *               TQ_E_FILE, TQ_E_FORMAT: the file cannot be read, or is not one for this device
 *
 * TQ_E_NAME: unknown option. TQ_E_ARGUMENT: unknown value. TQ_E_STATE: a shape other
 * than `task`, or a `float` other than `exact`, with binaries. TQ_E_UNSUPPORTED: float=clblast in a library
 * built without CLBlast.
 */
TQ_API TQ_MUST_CHECK tq_status tq_context_set(tq_context *context, const char *option, const char *value);

/* Waits until the device has finished all work of this context. TQ_E_OPENCL if the device reports a fault. */
TQ_API TQ_MUST_CHECK tq_status tq_context_finish(tq_context *context);

/* How programs were obtained since the context was opened. */
typedef struct tq_program_counts {
    unsigned built;       /* compiled from source */
    unsigned from_disk;   /* read from the disk cache */
    unsigned from_memory; /* found in this context */
} tq_program_counts;
TQ_API tq_program_counts tq_context_programs(const tq_context *context);

/*
 * Device memory that the library holds in this context. Running a planned network makes none. The library
 * makes no buffer beyond the device's `max_allocation`, nor beyond its `global_memory` together with those
 * that exist: such calls fail with TQ_E_MEMORY and the figures before the driver is asked, for some drivers
 * end the process when they run out. What others take of the device is not known.
 */
typedef struct tq_memory_counts {
    uint64_t buffers; /* OpenCL buffers that exist */
    uint64_t bytes;   /* in them */
    uint64_t made;    /* buffers made since the context was opened */
} tq_memory_counts;
TQ_API tq_memory_counts tq_context_memory(const tq_context *context);

#ifdef __cplusplus
}
#endif
#endif

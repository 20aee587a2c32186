/*
 * An OpenCL layer that shows one real device as whatever devices a test needs. For tests only.
 *
 *     OPENCL_LAYERS=build/tests/libdisguise.so TQ_DISGUISE='type=gpu,name=Foo,fp64=0,group=16' tq devices
 *
 * TQ_DISGUISE is a list of devices, in the order in which they are shown, with `|` between them; a device is
 * a list of KEY=VALUE with commas between them. A backslash before one of `| , \` takes its meaning away.
 * Without the variable the layer changes nothing; with a mistake in it the process aborts.
 *
 * What the device is, and which real one computes (`of`: part of its or its platform's name; else PoCL, else
 * the first there is). All else is the real device's:
 *
 *     of=TEXT          the real device          type=cpu|gpu|accelerator|custom
 *     name=TEXT        vendor=TEXT  version=TEXT  driver=TEXT
 *     platform=TEXT    the platform's name; neighbours of one name are of one platform
 *     copies=N         N devices of this name
 *     none             no device: with `platform` one that is empty, alone no platform at all
 *     units=N width=N  compute units, preferred vector width of float (said only)
 *     unified=N        whether it has the host's memory (said only)
 *     equally=1        divides into equal sub-devices only; equally=0: into none
 *     align=N          bytes of CL_DEVICE_MEM_BASE_ADDR_ALIGN (said only)
 *     available=0      a context is refused     compiler=0, linker=0   only binaries are built
 *     little=0         big-endian (said only)
 *
 * Arithmetic:
 *
 *     fp64=0           no binary64: sources that use `double` do not build
 *     fma=0            no CL_FP_FMA (said only)     nearest=0   no CL_FP_ROUND_TO_NEAREST (said only)
 *     denorm=0         no CL_FP_DENORM, and subnormal numbers are flushed to zero
 *
 * Limits, which calls beyond them meet as with a driver:
 *
 *     group=N          work-items of a work-group, and in each dimension
 *     kernel-group=N   of each kernel, below what the device says
 *     memory=BYTES     of the device, allocation=BYTES at once, local=BYTES of local memory; K, M, G behind
 *
 * Faults of a device that says nothing of them:
 *
 *     flush=1          subnormal numbers are flushed to zero
 *     swap=OLD=>NEW    in all program sources; may be given up to eight times
 *     prefix=TEXT      before all program sources     option=TEXT   more build options
 *     flip=N           bit N, from 0, of whatever is read from a buffer is the wrong one
 *
 * And `turn` as a device of the list: the devices of a platform, and the platforms, come in another order
 * each time they are asked for.
 */
#ifndef TQ_TESTS_DISGUISE_H
#define TQ_TESTS_DISGUISE_H

#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_1_APIS
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl_layer.h>
#include <stdbool.h>

#define UNSET ((cl_ulong)-1) /* of numbers; NULL of texts: as the real device is */

typedef struct disguise {
    char *platform, *of, *name, *vendor, *version, *driver, *prefix, *option, *swap[8];
    cl_ulong type, copies, none, units, width, align, unified, equally, available, compiler, linker, little;
    cl_ulong fp64, fma, denorm, nearest, group, kernel_group, memory, allocation, local, flush, flip;
} disguise;

/* What programs hold as a cl_device_id or a cl_platform_id; all other handles are real. */
typedef struct shown_platform {
    const char *name; /* NULL: the real one's */
    cl_platform_id real;
    size_t first, count; /* of the devices */
} shown_platform;

typedef struct shown_device {
    disguise how;
    cl_device_id real;
    shown_platform *platform;
    struct shown_device *parent; /* of a sub-device */
    cl_uint references;          /* of a sub-device */
    cl_ulong used;               /* bytes in buffers */
} shown_device;

/* The calls below the layer. */
extern const struct _cl_icd_dispatch *below;

/* TQ_DISGUISE taken apart: a NULL-terminated list, which stays. `*turn`: whether it has a `turn`. */
disguise **disguise_read(const char *text, bool *turn);
__attribute__((noreturn, format(printf, 1, 2))) void disguise_abort(const char *format, ...);

/* Hands `bytes` bytes back as an OpenCL query does. */
cl_int disguise_give(const void *from, size_t bytes, size_t size, void *to, size_t *bytes_ret);
cl_int CL_API_CALL disguise_device_info(cl_device_id, cl_device_info, size_t, void *, size_t *);
cl_ulong disguise_memory(const shown_device *device);     /* bytes */
cl_ulong disguise_allocation(const shown_device *device); /* bytes */

/* The devices of a context, which the layer keeps in mind. */
typedef struct shown_context {
    struct shown_context *next;
    cl_context real;
    cl_uint count;
    shown_device *device[64];
} shown_context;
shown_context *disguise_context(cl_context context);

/* The source as the device's compiler gets it; malloc'ed. */
char *disguise_source(const disguise *how, cl_uint count, const char **texts, const size_t *lengths);
/* Build options of such a device; malloc'ed. */
char *disguise_options(const disguise *how, const char *options);

/* Each puts the calls of its file into the table. */
void disguise_wrap_devices(struct _cl_icd_dispatch *table);
void disguise_wrap_contexts(struct _cl_icd_dispatch *table);
void disguise_wrap_programs(struct _cl_icd_dispatch *table);
void disguise_wrap_commands(struct _cl_icd_dispatch *table);

#endif

/* What the runtime's own files share. No other folder includes this. */
#ifndef TQ_RUNTIME_INTERNAL_H
#define TQ_RUNTIME_INTERNAL_H

#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <CL/cl_ext.h> /* CL_PLATFORM_NOT_FOUND_KHR */

#include "runtime/gemm.h"
#include "runtime/launch.h"
#include "tensorquant/tuning.h"

typedef struct tq_program {
    struct tq_program *next;
    tq_program_key text,
        key; /* of the parts that make its text: cheap; of the whole: what the cache goes by */
    cl_program program;
    char prefix[16]; /* of its kernels' names: "" but in binaries */
} tq_program;

struct tq_cache_entry {
    struct tq_cache_entry *next;
    tq_program_key text;
    tq_kernel *kernel;
};

/* Tiles that were tuned: those that were set, then the file's. */
typedef struct tq_tuned {
    tq_tuning_row *row;
    size_t count, capacity;
    bool named, read; /* a file is named, "" for none; the file has been read */
    char file[1024];  /* the one that is named */
    char own[1200];   /* what tq_tuning_file gave last */
} tq_tuned;

/* When a context asks its device (runtime/checks.h): $TQ_SELFTEST. */
typedef enum tq_asks { TQ_ASKS_ONCE, TQ_ASKS_ALWAYS, TQ_ASKS_NEVER } tq_asks;

struct tq_context {
    cl_context context;
    cl_device_id device;
    cl_command_queue queue;
    cl_command_queue uploads;         /* NULL until there is one */
    tq_device_info info, task_target; /* task_target: see tq_context__target */
    char cache[1024];                 /* directory of built programs; "" when there is none */
    bool cache_set;                   /* by the option */
    tq_paths paths;
    tq_loop loop, loop_before;      /* loop_before: while recording */
    struct tq_recording *recording; /* NULL: off */
    struct tq_binaries *binaries;   /* NULL: programs are compiled */
    unsigned binaries_set;          /* how often they were: programs of others are not taken */
    tq_tuned tuned;
    tq_float_mode float_mode;
    tq_program_counts counts;
    tq_program *programs;
    tq_cache_entry *kernels;
    tq_memory_counts memory;
    bool adopted_queue;
    struct tq_profile *profile; /* NULL while off */
    unsigned options_set;       /* how often an option was */
    tq_asks asks;
    bool verbose;                  /* $TQ_VERBOSE: says on stderr what it does */
    uint64_t uploaded, downloaded; /* bytes */
    uint64_t products;             /* that CLBlast ran */
};

tq_status tq_program_text__check(const tq_program_text *text);
/* A key of what tq_program_text__join would join, without joining: planning and running look up by it. */
tq_program_key tq_program__key(const tq_context *c, const tq_program_text *text);
/* Finds or makes a program. */
tq_status tq_program__get(tq_context *c, const tq_program_text *text, const tq_program **program);
/* The binary of a text, malloc'ed. */
tq_status tq_program__compile(const tq_context *c, const tq_text *text, unsigned char **binary, size_t *size);
/* Drops kernels that were recorded, not made. */
void tq_context__forget_recorded(tq_context *c);

/* Binaries that a context runs from (binaries.h). */
typedef struct tq_binaries tq_binaries;
void tq_binaries__close(tq_binaries *binaries); /* NULL is fine */
/* The error of a kernel that the binary does not have. */
tq_status tq_binaries__lacks(const tq_binaries *binaries, const char *kernel);

/* "CL_OUT_OF_RESOURCES"; "unknown" for others. */
const char *tq_opencl__name(cl_int code);
/* "clFinish failed on <device>: CL_OUT_OF_RESOURCES (-5)". TQ_E_MEMORY for codes that mean memory, else
 * TQ_E_OPENCL. */
tq_status tq_opencl__fail(const char *call, cl_int code, const tq_device_info *device);

/* Another queue with the properties that the profile wants; the old one is released. */
tq_status tq_context__remake_queue(tq_context *c);

/* The program that asks a device; whatever `text` was is overwritten. */
void tq_probes__text(tq_program_text *text, const tq_device_info *device, bool groups);
/* The key of the program that would be built. */
tq_status tq_program_text__key(tq_program_key *key, const tq_context *c, const tq_program_text *text);

/* What $TQ_SELFTEST and $TQ_VERBOSE want of a context. */
tq_status tq_context__read_environment(tq_context *c);
/* Lines of a context that is made or closes. */
void tq_context__say_device(const tq_context *c);
void tq_context__say_end(const tq_context *c);

/* Facts of a device. */
void tq_device__describe(tq_device_info *info, cl_platform_id platform, cl_device_id device);
bool tq_device__is_pocl(const tq_device_info *device);
/* Adds "0:1 gpu 'NAME' (PLATFORM)" and why it cannot be used, or that it needs binaries. */
void tq_device__print(tq_text *to, const tq_device_info *device);
/* The device that a selector names, with a reference for clReleaseDevice. */
tq_status tq_device__select(const char *selector, cl_platform_id *platform, cl_device_id *device,
                            tq_device_info *info);

/* Path of the cache directory to begin with. */
void tq_cache__initial_directory(char *to, size_t size);
/* Whether built programs go to the context's directory. */
bool tq_cache__is_used(const tq_context *c);
/* A program's binary from disk: malloc'ed, or NULL. Damaged files are removed. */
unsigned char *tq_cache__read(const char *directory, tq_program_key key, size_t *size);
/* Writes a binary; faults are no error. */
void tq_cache__write(const char *directory, tq_program_key key, const unsigned char *binary, size_t size);
/* Makes a directory and those above it, as far as that is possible. */
void tq_cache__make_directory(const char *directory);

/* What a context reads tiles from at the start: $TQ_TUNING, else the cache. */
void tq_tuned__begin(tq_tuned *tuned);
void tq_tuned__free(tq_tuned *tuned);
tq_status tq_tuned__set_file(tq_context *c, const char *value); /* option `tuning` */
void tq_tuned__set_cache(tq_context *c);                        /* another cache directory */

/* Rows of a file, behind those that are there. `own`: the file must be of this device, driver and version;
 * else the device's name must fit, where the file has one. After a failure the rows are as they were. */
tq_status tq_tuned__read(tq_tuned *tuned, const char *path, const tq_device_info *device, bool own);
tq_status tq_tuned__write(const tq_tuned *tuned, const char *path, const tq_device_info *device);
tq_status tq_tuned__insert(tq_tuned *tuned, size_t at, const tq_tuning_row *row);

#endif

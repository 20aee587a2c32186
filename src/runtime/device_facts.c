/* What a device can do. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "runtime/internal.h"
#include "util/fail.h"

/* Why the library does not use a device: what is found first counts. */
__attribute__((format(printf, 2, 3))) static void refuse(tq_device_info *info, const char *format, ...)
{
    va_list arguments;
    if (info->reason[0] != '\0')
        return;
    va_start(arguments, format);
    vsnprintf(info->reason, sizeof info->reason, format, arguments);
    va_end(arguments);
}

/* A device that does not say what it is cannot be relied on. `name` is that of `what`. */
static bool ask(tq_device_info *info, cl_device_id device, cl_device_info what, const char *name, void *to,
                size_t size)
{
    const cl_int code = clGetDeviceInfo(device, what, size, to, NULL);
    if (code != CL_SUCCESS)
        refuse(info, "clGetDeviceInfo(%s) failed: %s (%d)", name, tq_opencl__name(code), (int)code);
    return code == CL_SUCCESS;
}

static void device_text(tq_device_info *info, cl_device_id device, cl_device_info what, const char *name,
                        char *to, size_t size)
{
    char text[1024] = "";
    if (!ask(info, device, what, name, text, sizeof text - 1))
        text[0] = '\0';
    snprintf(to, size, "%.*s", (int)size - 1, text);
}

static uint64_t device_number(tq_device_info *info, cl_device_id device, cl_device_info what,
                              const char *name, size_t bytes)
{
    cl_ulong wide = 0;
    cl_uint narrow = 0;
    void *to = bytes == sizeof wide ? (void *)&wide : (void *)&narrow;
    if (!ask(info, device, what, name, to, bytes))
        return 0;
    return bytes == sizeof wide ? wide : narrow;
}

#define TEXT(info, device, what, to) device_text(info, device, what, #what, to, sizeof to)
#define NUMBER32(info, device, what) ((unsigned)device_number(info, device, what, #what, sizeof(cl_uint)))
#define NUMBER64(info, device, what) device_number(info, device, what, #what, sizeof(cl_ulong))

/* The type is a bit field: some implementations set several. */
static const char *type_name(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU && !(type & CL_DEVICE_TYPE_CPU))
        return "gpu";
    if (type & CL_DEVICE_TYPE_CPU)
        return "cpu";
    return type & CL_DEVICE_TYPE_ACCELERATOR ? "accelerator" : "other";
}

static bool has_extension(cl_device_id device, const char *wanted)
{
    const size_t length = strlen(wanted);
    char text[16384] = "";
    if (clGetDeviceInfo(device, CL_DEVICE_EXTENSIONS, sizeof text - 1, text, NULL) != CL_SUCCESS)
        return false;
    for (const char *word = text; *word != '\0'; word += strcspn(word, " ")) {
        word += strspn(word, " ");
        if (strcspn(word, " ") == length && memcmp(word, wanted, length) == 0)
            return true;
    }
    return false;
}

/* Intel's runtimes for CPUs do not report CL_FP_FMA, and compile fma() to the CPU's instruction, or to a
 * function that is as exact. */
static bool has_fma_unsaid(const tq_device_info *info)
{
    static const char *const platforms[] = {"Intel(R) OpenCL",
                                            "Intel(R) FPGA Emulation Platform for OpenCL(TM)"};
    for (size_t i = 0; i < TQ_COUNT(platforms); ++i)
        if (strcmp(info->platform, platforms[i]) == 0)
            return strcmp(info->type, "gpu") != 0;
    return false;
}

static void describe_arithmetic(tq_device_info *info, cl_device_id device)
{
    const cl_device_fp_config all64 = CL_FP_FMA | CL_FP_DENORM | CL_FP_ROUND_TO_NEAREST | CL_FP_INF_NAN;
    const cl_device_fp_config single = NUMBER64(info, device, CL_DEVICE_SINGLE_FP_CONFIG);
    const cl_device_fp_config both = NUMBER64(info, device, CL_DEVICE_DOUBLE_FP_CONFIG);
    info->fma = (single & CL_FP_FMA) != 0 || has_fma_unsaid(info);
    info->subnormals = (single & CL_FP_DENORM) != 0;
    info->fp64 = (both & all64) == all64;
    info->fp16 = has_extension(device, "cl_khr_fp16");
    if (!(single & CL_FP_ROUND_TO_NEAREST))
        refuse(info, "its binary32 arithmetic does not round to nearest");
}

/* Whether the device has OpenCL 1.2: "OpenCL 1.2 name". */
static bool is_new_enough(const tq_device_info *info)
{
    unsigned major, minor;
    return sscanf(info->version, "OpenCL %u.%u", &major, &minor) == 2 && (major > 1 || minor >= 2);
}

static void describe_usability(tq_device_info *info, cl_device_id device)
{
    info->compiler = NUMBER32(info, device, CL_DEVICE_COMPILER_AVAILABLE) != 0;
    const bool available = NUMBER32(info, device, CL_DEVICE_AVAILABLE) != 0;
    const bool little = NUMBER32(info, device, CL_DEVICE_ENDIAN_LITTLE) != 0;
    if (strcmp(info->platform, "Clover") == 0)
        refuse(info, "Mesa's Clover is OpenCL 1.1 and rejects static functions");
    if (!available)
        refuse(info, "the driver says that it is not available");
    if (!is_new_enough(info))
        refuse(info, "it has '%.60s', and OpenCL 1.2 is needed", info->version);
    if (!little)
        refuse(info, "it is big-endian");
    info->usable = info->reason[0] == '\0';
}

static void describe_platform(tq_device_info *info, cl_platform_id platform)
{
    const cl_int code =
        clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof info->platform - 1, info->platform, NULL);
    if (code == CL_SUCCESS)
        return;
    info->platform[0] = '\0';
    refuse(info, "clGetPlatformInfo(CL_PLATFORM_NAME) failed: %s (%d)", tq_opencl__name(code), (int)code);
}

bool tq_device__is_pocl(const tq_device_info *device)
{
    return strcmp(device->platform, "Portable Computing Language") == 0;
}

int tq_device__lanes(const tq_device_info *device)
{
    return device->vector_width >= 16 ? 16 : device->vector_width >= 8 ? 8 : 4;
}

void tq_device__describe(tq_device_info *info, cl_platform_id platform, cl_device_id device)
{
    cl_device_type type = CL_DEVICE_TYPE_DEFAULT;
    memset(info, 0, sizeof *info);
    TEXT(info, device, CL_DEVICE_NAME, info->name);
    TEXT(info, device, CL_DEVICE_VERSION, info->version);
    TEXT(info, device, CL_DRIVER_VERSION, info->driver);
    describe_platform(info, platform);
    ask(info, device, CL_DEVICE_TYPE, "CL_DEVICE_TYPE", &type, sizeof type);
    snprintf(info->type, sizeof info->type, "%s", type_name(type));
    info->compute_units = NUMBER32(info, device, CL_DEVICE_MAX_COMPUTE_UNITS);
    info->global_memory = NUMBER64(info, device, CL_DEVICE_GLOBAL_MEM_SIZE);
    info->max_allocation = NUMBER64(info, device, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    info->local_memory = NUMBER64(info, device, CL_DEVICE_LOCAL_MEM_SIZE);
    size_t group = 0;
    ask(info, device, CL_DEVICE_MAX_WORK_GROUP_SIZE, "CL_DEVICE_MAX_WORK_GROUP_SIZE", &group, sizeof group);
    info->largest_group = group;
    info->alignment = NUMBER32(info, device, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    info->vector_width = NUMBER32(info, device, CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT);
    describe_arithmetic(info, device);
    describe_usability(info, device);
}

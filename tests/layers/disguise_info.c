/* What a disguised device says of itself. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "layers/disguise.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct text_fact {
    cl_device_info what;
    size_t place;
} texts[] = {{CL_DEVICE_NAME, offsetof(disguise, name)},
             {CL_DEVICE_VENDOR, offsetof(disguise, vendor)},
             {CL_DEVICE_VERSION, offsetof(disguise, version)},
             {CL_DRIVER_VERSION, offsetof(disguise, driver)}};

static const struct number_fact {
    cl_device_info what;
    size_t place, bytes;
} numbers[] = {{CL_DEVICE_TYPE, offsetof(disguise, type), 8},
               {CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, offsetof(disguise, width), 4},
               {CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, offsetof(disguise, width), 4},
               {CL_DEVICE_HOST_UNIFIED_MEMORY, offsetof(disguise, unified), 4},
               {CL_DEVICE_AVAILABLE, offsetof(disguise, available), 4},
               {CL_DEVICE_COMPILER_AVAILABLE, offsetof(disguise, compiler), 4},
               {CL_DEVICE_LINKER_AVAILABLE, offsetof(disguise, linker), 4},
               {CL_DEVICE_ENDIAN_LITTLE, offsetof(disguise, little), 4},
               {CL_DEVICE_MAX_WORK_GROUP_SIZE, offsetof(disguise, group), sizeof(size_t)},
               {CL_DEVICE_LOCAL_MEM_SIZE, offsetof(disguise, local), 8}};

static cl_ulong real_number(const shown_device *device, cl_device_info what)
{
    cl_ulong number = 0;
    below->clGetDeviceInfo(device->real, what, sizeof number, &number, NULL);
    return number;
}

cl_ulong disguise_memory(const shown_device *device)
{
    return device->how.memory != UNSET ? device->how.memory : real_number(device, CL_DEVICE_GLOBAL_MEM_SIZE);
}

cl_ulong disguise_allocation(const shown_device *device)
{
    const cl_ulong memory = disguise_memory(device), real = real_number(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
    if (device->how.allocation != UNSET)
        return device->how.allocation;
    return real < memory ? real : memory;
}

static cl_int give_float_config(const shown_device *d, size_t size, void *to, size_t *bytes)
{
    cl_device_fp_config config = real_number(d, CL_DEVICE_SINGLE_FP_CONFIG);
    const struct {
        cl_ulong said;
        cl_device_fp_config bit;
    } facts[] = {
        {d->how.fma, CL_FP_FMA}, {d->how.denorm, CL_FP_DENORM}, {d->how.nearest, CL_FP_ROUND_TO_NEAREST}};
    for (size_t i = 0; i < COUNT(facts); ++i)
        if (facts[i].said != UNSET)
            config = facts[i].said ? config | facts[i].bit : config & ~facts[i].bit;
    return disguise_give(&config, sizeof config, size, to, bytes);
}

/* The real extensions without cl_khr_fp64. */
static cl_int give_extensions(const shown_device *d, size_t size, void *to, size_t *bytes)
{
    static const char name[] = "cl_khr_fp64";
    char list[4096] = "";
    below->clGetDeviceInfo(d->real, CL_DEVICE_EXTENSIONS, sizeof list - 1, list, NULL);
    char *at = strstr(list, name);
    if (at != NULL)
        memmove(at, at + strlen(name), strlen(at + strlen(name)) + 1);
    return disguise_give(list, strlen(list) + 1, size, to, bytes);
}

static cl_int give_item_sizes(const shown_device *d, size_t size, void *to, size_t *bytes)
{
    const size_t sizes[3] = {d->how.group, d->how.group, d->how.group};
    return disguise_give(sizes, sizeof sizes, size, to, bytes);
}

static cl_int give_divisions(const shown_device *d, size_t size, void *to, size_t *bytes)
{
    const cl_device_partition_property ways[1] = {d->how.equally ? CL_DEVICE_PARTITION_EQUALLY : 0};
    return disguise_give(ways, sizeof ways, size, to, bytes);
}

static cl_int give_relation(const shown_device *d, cl_device_info what, size_t size, void *to, size_t *bytes)
{
    const void *other = what == CL_DEVICE_PLATFORM ? (const void *)d->platform : (const void *)d->parent;
    return disguise_give(&other, sizeof other, size, to, bytes);
}

/* Facts that are more than a text or a number; false: it is none of them. */
static bool give_special(const shown_device *d, cl_device_info what, size_t size, void *to, size_t *bytes,
                         cl_int *code)
{
    const cl_ulong none = 0, memory = disguise_memory(d), allocation = disguise_allocation(d);
    const cl_uint units = (cl_uint)d->how.units, bits = (cl_uint)d->how.align * 8;
    const bool no_double = d->how.fp64 == 0;
    if (what == CL_DEVICE_PLATFORM || what == CL_DEVICE_PARENT_DEVICE)
        *code = give_relation(d, what, size, to, bytes);
    else if (what == CL_DEVICE_SINGLE_FP_CONFIG)
        *code = give_float_config(d, size, to, bytes);
    else if (what == CL_DEVICE_DOUBLE_FP_CONFIG && no_double)
        *code = disguise_give(&none, sizeof none, size, to, bytes);
    else if ((what == CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE ||
              what == CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE) &&
             no_double)
        *code = disguise_give(&none, sizeof(cl_uint), size, to, bytes);
    else if (what == CL_DEVICE_EXTENSIONS && no_double)
        *code = give_extensions(d, size, to, bytes);
    else if (what == CL_DEVICE_MAX_WORK_ITEM_SIZES && d->how.group != UNSET)
        *code = give_item_sizes(d, size, to, bytes);
    else if (what == CL_DEVICE_PARTITION_PROPERTIES && d->how.equally != UNSET)
        *code = give_divisions(d, size, to, bytes);
    else if (what == CL_DEVICE_GLOBAL_MEM_SIZE)
        *code = disguise_give(&memory, sizeof memory, size, to, bytes);
    else if (what == CL_DEVICE_MAX_MEM_ALLOC_SIZE)
        *code = disguise_give(&allocation, sizeof allocation, size, to, bytes);
    else if (what == CL_DEVICE_MAX_COMPUTE_UNITS && d->how.units != UNSET && d->parent == NULL)
        *code = disguise_give(&units, sizeof units, size, to, bytes);
    else if (what == CL_DEVICE_MEM_BASE_ADDR_ALIGN && d->how.align != UNSET)
        *code = disguise_give(&bits, sizeof bits, size, to, bytes);
    else
        return false;
    return true;
}

cl_int CL_API_CALL disguise_device_info(cl_device_id device, cl_device_info what, size_t size, void *to,
                                        size_t *bytes)
{
    const shown_device *d = (const shown_device *)device;
    cl_int code;
    if (d == NULL)
        return CL_INVALID_DEVICE;
    for (size_t i = 0; i < COUNT(texts); ++i) {
        const char *text = *(char *const *)((const char *)&d->how + texts[i].place);
        if (texts[i].what == what && text != NULL)
            return disguise_give(text, strlen(text) + 1, size, to, bytes);
    }
    for (size_t i = 0; i < COUNT(numbers); ++i) {
        const cl_ulong wide = *(const cl_ulong *)((const char *)&d->how + numbers[i].place);
        const cl_uint narrow = (cl_uint)wide;
        if (numbers[i].what == what && wide != UNSET)
            return disguise_give(numbers[i].bytes == 8 ? (const void *)&wide : (const void *)&narrow,
                                 numbers[i].bytes, size, to, bytes);
    }
    if (give_special(d, what, size, to, bytes, &code))
        return code;
    return below->clGetDeviceInfo(d->real, what, size, to, bytes);
}

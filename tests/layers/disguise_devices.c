/* Platforms and devices: which are shown, in what order. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers/disguise.h"

enum { MOST = 64 };

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static shown_platform platforms[MOST];
static shown_device devices[MOST];
static size_t platform_count, device_count;
static bool turn;
static unsigned platform_turns, device_turns;

static bool platform_has(cl_platform_id platform, const char *part)
{
    char name[256] = "";
    below->clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof name, name, NULL);
    return strstr(name, part) != NULL;
}

static bool device_has(cl_device_id device, const char *part)
{
    char name[256] = "";
    below->clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name, name, NULL);
    return strstr(name, part) != NULL;
}

/* The first real device of this name. */
static bool find_real(const char *part, cl_platform_id *platform, cl_device_id *device)
{
    cl_platform_id all[MOST];
    cl_device_id of_one[MOST];
    cl_uint count = 0, many = 0;
    if (below->clGetPlatformIDs(MOST, all, &count) != CL_SUCCESS)
        return false;
    for (cl_uint i = 0; i < count && i < MOST; ++i) {
        if (below->clGetDeviceIDs(all[i], CL_DEVICE_TYPE_ALL, MOST, of_one, &many) != CL_SUCCESS)
            continue;
        for (cl_uint j = 0; j < many && j < MOST; ++j)
            if (platform_has(all[i], part) || device_has(of_one[j], part)) {
                *platform = all[i];
                *device = of_one[j];
                return true;
            }
    }
    return false;
}

static bool same_name(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* The platform of the device that is shown next: the last one, or a new one. */
static shown_platform *platform_of(const disguise *how, cl_platform_id real)
{
    shown_platform *last = platform_count > 0 ? &platforms[platform_count - 1] : NULL;
    if (last != NULL && same_name(last->name, how->platform) && last->real == real)
        return last;
    if (platform_count == MOST)
        disguise_abort("more than %d platforms", MOST);
    platforms[platform_count] = (shown_platform){.name = how->platform, .real = real, .first = device_count};
    return &platforms[platform_count++];
}

static void show(const disguise *how)
{
    cl_platform_id platform = NULL;
    cl_device_id real = NULL;
    const char *part = how->of != NULL ? how->of : "Portable Computing Language";
    const cl_ulong copies = how->none != UNSET ? 0 : how->copies != UNSET ? how->copies : 1;
    if (copies == 0 && how->platform == NULL)
        return;
    if (!find_real(part, &platform, &real) && (how->of != NULL || !find_real("", &platform, &real)))
        disguise_abort("there is no device '%s'", part);
    shown_platform *shown = platform_of(how, platform);
    for (cl_ulong i = 0; i < copies; ++i) {
        if (device_count == MOST)
            disguise_abort("more than %d devices", MOST);
        devices[device_count++] = (shown_device){.how = *how, .real = real, .platform = shown};
        ++shown->count;
    }
}

static void begin(void)
{
    disguise **list = disguise_read(getenv("TQ_DISGUISE"), &turn);
    for (size_t i = 0; list[i] != NULL; ++i) {
        show(list[i]);
        free(list[i]);
    }
    free(list);
}

/* By how many places a list of `count` is turned this time. */
static size_t turned(unsigned *turns, size_t count)
{
    pthread_mutex_lock(&lock);
    const unsigned by = turn ? (*turns)++ : 0;
    pthread_mutex_unlock(&lock);
    return count > 0 ? by % count : 0;
}

static cl_int CL_API_CALL get_platforms(cl_uint room, cl_platform_id *to, cl_uint *count)
{
    pthread_once(&once, begin);
    if ((to == NULL && count == NULL) || (to != NULL && room == 0))
        return CL_INVALID_VALUE;
    if (platform_count == 0)
        return CL_PLATFORM_NOT_FOUND_KHR;
    const size_t by = to != NULL ? turned(&platform_turns, platform_count) : 0;
    for (size_t i = 0; to != NULL && i < platform_count && i < room; ++i)
        to[i] = (cl_platform_id)&platforms[(i + by) % platform_count];
    if (count != NULL)
        *count = (cl_uint)platform_count;
    return CL_SUCCESS;
}

static cl_int CL_API_CALL get_platform_info(cl_platform_id platform, cl_platform_info what, size_t size,
                                            void *to, size_t *bytes)
{
    const shown_platform *shown = (const shown_platform *)platform;
    if (shown == NULL)
        return CL_INVALID_PLATFORM;
    if (what == CL_PLATFORM_NAME && shown->name != NULL)
        return disguise_give(shown->name, strlen(shown->name) + 1, size, to, bytes);
    return below->clGetPlatformInfo(shown->real, what, size, to, bytes);
}

static cl_device_type type_of(const shown_device *device)
{
    cl_device_type type = 0;
    disguise_device_info((cl_device_id)device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    return type;
}

static cl_int CL_API_CALL get_devices(cl_platform_id platform, cl_device_type type, cl_uint room,
                                      cl_device_id *to, cl_uint *count)
{
    const shown_platform *shown = (const shown_platform *)platform;
    cl_uint found = 0;
    pthread_once(&once, begin);
    if (shown == NULL)
        return CL_INVALID_PLATFORM;
    if ((to == NULL && count == NULL) || (to != NULL && room == 0))
        return CL_INVALID_VALUE;
    const size_t by = to != NULL ? turned(&device_turns, shown->count) : 0;
    for (size_t i = 0; i < shown->count; ++i) {
        shown_device *device = &devices[shown->first + (i + by) % shown->count];
        if (type != CL_DEVICE_TYPE_DEFAULT && (type_of(device) & type) == 0)
            continue;
        if (type == CL_DEVICE_TYPE_DEFAULT && i > 0)
            break;
        if (to != NULL && found < room)
            to[found] = (cl_device_id)device;
        ++found;
    }
    if (count != NULL)
        *count = found;
    return found > 0 ? CL_SUCCESS : CL_DEVICE_NOT_FOUND;
}

static cl_int CL_API_CALL create_sub_devices(cl_device_id device, const cl_device_partition_property *how,
                                             cl_uint room, cl_device_id *to, cl_uint *count)
{
    shown_device *parent = (shown_device *)device;
    cl_uint made = 0;
    if (parent->how.equally == 0 || (parent->how.equally == 1 && how[0] != CL_DEVICE_PARTITION_EQUALLY))
        return CL_INVALID_VALUE;
    cl_int code = below->clCreateSubDevices(parent->real, how, room, to, &made);
    for (cl_uint i = 0; code == CL_SUCCESS && to != NULL && i < made && i < room; ++i) {
        shown_device *part = malloc(sizeof *part);
        if (part == NULL)
            return CL_OUT_OF_HOST_MEMORY;
        *part = (shown_device){.how = parent->how,
                               .real = to[i],
                               .platform = parent->platform,
                               .parent = parent,
                               .references = 1};
        to[i] = (cl_device_id)part;
    }
    if (count != NULL)
        *count = made;
    return code;
}

static cl_int CL_API_CALL retain_device(cl_device_id device)
{
    shown_device *shown = (shown_device *)device;
    if (shown->parent != NULL)
        __atomic_add_fetch(&shown->references, 1, __ATOMIC_SEQ_CST);
    return below->clRetainDevice(shown->real);
}

/* Contexts may show a sub-device for longer than the program holds it, so that it stays. */
static cl_int CL_API_CALL release_device(cl_device_id device)
{
    shown_device *shown = (shown_device *)device;
    if (shown->parent == NULL)
        return below->clReleaseDevice(shown->real);
    if (shown->references == 0)
        return CL_INVALID_DEVICE;
    __atomic_sub_fetch(&shown->references, 1, __ATOMIC_SEQ_CST);
    return below->clReleaseDevice(shown->real);
}

static cl_int CL_API_CALL unload_compiler(cl_platform_id platform)
{
    return below->clUnloadPlatformCompiler(((const shown_platform *)platform)->real);
}

static void *CL_API_CALL extension_address(cl_platform_id platform, const char *name)
{
    return below->clGetExtensionFunctionAddressForPlatform(((const shown_platform *)platform)->real, name);
}

void disguise_wrap_devices(struct _cl_icd_dispatch *table)
{
    table->clGetPlatformIDs = get_platforms;
    table->clGetPlatformInfo = get_platform_info;
    table->clGetDeviceIDs = get_devices;
    table->clGetDeviceInfo = disguise_device_info;
    table->clCreateSubDevices = create_sub_devices;
    table->clRetainDevice = retain_device;
    table->clReleaseDevice = release_device;
    table->clUnloadPlatformCompiler = unload_compiler;
    table->clGetExtensionFunctionAddressForPlatform = extension_address;
}

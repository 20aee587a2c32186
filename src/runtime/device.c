/* What devices there are, and the one that a selector names. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "runtime/internal.h"
#include "runtime/launch.h"
#include "util/fail.h"

/* All devices of all platforms, as one list that grows. */
typedef struct tq_found {
    struct tq_candidate {
        cl_platform_id platform;
        cl_device_id device;
        tq_device_info info;
        bool own_memory; /* not the host's */
    } * list;
    size_t count;
    tq_text faults; /* a line for each platform that did not tell its devices */
} tq_found;

static void free_found(tq_found *found)
{
    free(found->list);
    tq_text__free(&found->faults);
    *found = (tq_found){0};
}

/* With the host. Only decides between devices: one that does not tell is as good. */
static bool shares_memory(cl_device_id device)
{
    cl_bool shares = CL_FALSE;
    return clGetDeviceInfo(device, CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof shares, &shares, NULL) !=
               CL_SUCCESS ||
           shares;
}

static tq_status add_platform(tq_found *found, cl_platform_id platform, unsigned platform_index)
{
    cl_device_id devices[64];
    cl_uint count = 0;
    const cl_int code = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, TQ_COUNT(devices), devices, &count);
    if (code == CL_DEVICE_NOT_FOUND)
        return TQ_OK;
    if (code != CL_SUCCESS) { /* those of other platforms are still good */
        tq_text__print(&found->faults, "\n  platform %u: clGetDeviceIDs failed: %s (%d)", platform_index,
                       tq_opencl__name(code), (int)code);
        return TQ_OK;
    }
    count = count < TQ_COUNT(devices) ? count : TQ_COUNT(devices);
    struct tq_candidate *grown = realloc(found->list, (found->count + count + 1) * sizeof *grown);
    if (grown == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory to list %zu devices", found->count + count);
    found->list = grown;
    for (cl_uint i = 0; i < count; ++i) {
        struct tq_candidate *c = &found->list[found->count++];
        *c = (struct tq_candidate){.platform = platform, .device = devices[i]};
        tq_device__describe(&c->info, platform, devices[i]);
        c->own_memory = strcmp(c->info.type, "cpu") != 0 && !shares_memory(devices[i]);
        c->info.platform_index = platform_index;
        c->info.device_index = i;
    }
    return TQ_OK;
}

static tq_status find_platforms(cl_platform_id *platforms, cl_uint capacity, cl_uint *count)
{
    const cl_int code = clGetPlatformIDs(capacity, platforms, count);
    if (code != CL_SUCCESS && code != CL_PLATFORM_NOT_FOUND_KHR)
        return tq_status__fail(TQ_E_OPENCL, "clGetPlatformIDs failed: %s (%d)", tq_opencl__name(code),
                               (int)code);
    if (code != CL_SUCCESS || *count == 0)
        return tq_status__fail(TQ_E_DEVICE,
                               "no OpenCL platform is installed; on Debian the package pocl-opencl-icd "
                               "gives one for any CPU");
    *count = *count < capacity ? *count : capacity;
    return TQ_OK;
}

static tq_status find_all(tq_found *found)
{
    cl_platform_id platforms[32];
    cl_uint count = 0;
    tq_status status = TQ_OK;
    *found = (tq_found){0};
    TQ_TRY(find_platforms(platforms, TQ_COUNT(platforms), &count));
    for (cl_uint i = 0; status == TQ_OK && i < count; ++i)
        status = add_platform(found, platforms[i], i);
    if (status != TQ_OK)
        free_found(found);
    return status;
}

tq_status tq_device_list(tq_device_info *devices, size_t capacity, size_t *count)
{
    tq_found found;
    if (count == NULL || (devices == NULL && capacity > 0))
        return tq_status__fail(TQ_E_ARGUMENT, "tq_device_list: NULL argument");
    TQ_TRY(find_all(&found));
    for (size_t i = 0; i < found.count && i < capacity; ++i)
        devices[i] = found.list[i].info;
    *count = found.count;
    const bool failed = found.count == 0 && found.faults.length > 0;
    const tq_status status =
        failed ? tq_status__fail(TQ_E_OPENCL, "no devices:%s", tq_text__get(&found.faults)) : TQ_OK;
    free_found(&found);
    return status;
}

/* A selector taken apart. Empty parts match everything. */
typedef struct tq_wish {
    char type[16];
    char part[256];
    bool numbered;
    unsigned platform, device;
    unsigned units; /* of a sub-device; 0: the whole device */
} tq_wish;

static const char *wished_type(const char *text, size_t length)
{
    static const char *const words[][2] = {
        {"cpu", "cpu"}, {"gpu", "gpu"}, {"accelerator", "accelerator"}, {"fpga", "accelerator"}};
    for (size_t i = 0; i < TQ_COUNT(words); ++i)
        if (strlen(words[i][0]) == length && strncasecmp(words[i][0], text, length) == 0)
            return words[i][1];
    return NULL;
}

static bool all_of(const char *text, const char *characters)
{
    return text[strspn(text, characters)] == '\0';
}

/* Takes "/N" off the end of the text. */
static void take_units(tq_wish *wish, char *text)
{
    char *slash = strrchr(text, '/');
    if (slash == NULL || slash[1] == '\0' || !all_of(slash + 1, "0123456789"))
        return;
    const unsigned long units = strtoul(slash + 1, NULL, 10);
    wish->units = units == 0 || units > UINT_MAX ? UINT_MAX : (unsigned)units; /* what no device has */
    *slash = '\0';
}

static tq_wish take_apart(const char *selector)
{
    tq_wish wish = {0};
    char text[sizeof wish.part], rest;
    snprintf(text, sizeof text, "%s", selector);
    take_units(&wish, text);
    const size_t head = strcspn(text, ":");
    const char *type = wished_type(text, head);
    /* Digits first: %u would take a sign and blanks, and wrap around. */
    wish.numbered =
        all_of(text, "0123456789:") && sscanf(text, "%9u:%9u%c", &wish.platform, &wish.device, &rest) == 2;
    if (wish.numbered)
        return wish;
    if (type != NULL)
        snprintf(wish.type, sizeof wish.type, "%s", type);
    snprintf(wish.part, sizeof wish.part, "%s",
             type == NULL        ? text
             : text[head] == ':' ? text + head + 1
                                 : "");
    return wish;
}

static bool contains(const char *text, const char *part)
{
    const size_t length = strlen(part);
    for (; strlen(text) >= length; ++text)
        if (strncasecmp(text, part, length) == 0)
            return true;
    return false;
}

static bool matches(const tq_wish *wish, const tq_device_info *info)
{
    if (wish->numbered)
        return info->platform_index == wish->platform && info->device_index == wish->device;
    if (wish->type[0] != '\0' && strcmp(wish->type, info->type) != 0)
        return false;
    return contains(info->name, wish->part) || contains(info->platform, wish->part);
}

static int rank(const tq_device_info *info)
{
    static const char *const order[] = {"gpu", "accelerator", "cpu", "other"};
    int place = 0;
    while (place < 3 && strcmp(order[place], info->type) != 0)
        ++place;
    return place;
}

/* Whether a is rather what the wish means. Not by the order in which they were found, which may change. */
static bool is_better(const struct tq_candidate *a, const struct tq_candidate *b, const tq_wish *wish)
{
    const tq_device_info *const x = &a->info, *const y = &b->info;
    const struct {
        uint64_t of_a, of_b; /* the larger one is better */
    } merits[] = {{strcasecmp(x->name, wish->part) == 0, strcasecmp(y->name, wish->part) == 0},
                  {x->compiler, y->compiler},
                  {(uint64_t)(3 - rank(x)), (uint64_t)(3 - rank(y))},
                  {a->own_memory, b->own_memory},
                  {(uint64_t)x->fp64 + x->fma + x->subnormals, (uint64_t)y->fp64 + y->fma + y->subnormals},
                  {x->compute_units, y->compute_units},
                  {x->global_memory, y->global_memory}};
    for (size_t i = 0; i < TQ_COUNT(merits); ++i)
        if (merits[i].of_a != merits[i].of_b)
            return merits[i].of_a > merits[i].of_b;
    const int names = strcmp(x->name, y->name);
    return names != 0 ? names < 0 : strcmp(x->platform, y->platform) < 0;
}

static const struct tq_candidate *best_match(const tq_found *found, const tq_wish *wish, bool usable)
{
    const struct tq_candidate *best = NULL;
    for (size_t i = 0; i < found->count; ++i) {
        const struct tq_candidate *c = &found->list[i];
        if (matches(wish, &c->info) && c->info.usable == usable && (best == NULL || is_better(c, best, wish)))
            best = c;
    }
    return best;
}

void tq_device__print(tq_text *to, const tq_device_info *device)
{
    const char *const remark = !device->usable    ? ", not usable: "
                               : device->compiler ? ""
                                                  : ", no compiler: for binaries only";
    tq_text__print(to, "%u:%u %s '%s' (%s)%s%s", device->platform_index, device->device_index, device->type,
                   device->name, device->platform, remark, device->reason);
}

static tq_status no_match(const tq_found *found, const tq_wish *wish, const char *selector,
                          const char *origin)
{
    const struct tq_candidate *unusable = best_match(found, wish, false);
    tq_text text = {0};
    if (unusable != NULL)
        tq_text__print(&text, "device '%s'%s is '%s', which cannot be used: %s; devices found:", selector,
                       origin, unusable->info.name, unusable->info.reason);
    else
        tq_text__print(&text, "no device matches '%s'%s; devices found:", selector, origin);
    for (size_t i = 0; i < found->count; ++i) {
        tq_text__print(&text, "\n  ");
        tq_device__print(&text, &found->list[i].info);
    }
    if (found->count == 0)
        tq_text__print(
            &text, " none%s",
            found->faults.length > 0 ? "" : "; on Debian the package pocl-opencl-icd gives one for any CPU");
    tq_text__print(&text, "%s", tq_text__get(&found->faults));
    const tq_status status = tq_status__fail(TQ_E_DEVICE, "%s", tq_text__get(&text));
    tq_text__free(&text);
    return status;
}

/* Not all drivers survive to be asked for what they do not list. */
static bool divides(cl_device_id device, cl_device_partition_property way)
{
    cl_device_partition_property ways[16] = {0};
    if (clGetDeviceInfo(device, CL_DEVICE_PARTITION_PROPERTIES, sizeof ways, ways, NULL) != CL_SUCCESS)
        return false;
    for (size_t i = 0; i < TQ_COUNT(ways) && ways[i] != 0; ++i)
        if (ways[i] == way)
            return true;
    return false;
}

/* The first of as many parts as there are of this size. */
static cl_int divide_equally(cl_device_id device, unsigned units, cl_device_id *part)
{
    const cl_device_partition_property equally[] = {CL_DEVICE_PARTITION_EQUALLY, units, 0};
    cl_uint count = 0;
    cl_int code = clCreateSubDevices(device, equally, 0, NULL, &count);
    cl_device_id *parts = code == CL_SUCCESS ? calloc(count, sizeof *parts) : NULL;
    if (parts == NULL)
        return code == CL_SUCCESS ? CL_OUT_OF_HOST_MEMORY : code;
    code = clCreateSubDevices(device, equally, count, parts, NULL);
    if (code == CL_SUCCESS)
        *part = parts[0];
    for (cl_uint i = 1; code == CL_SUCCESS && i < count; ++i)
        clReleaseDevice(parts[i]);
    free(parts);
    return code;
}

static cl_int divide(cl_device_id device, unsigned units, cl_device_id *part)
{
    const cl_device_partition_property counts[] = {CL_DEVICE_PARTITION_BY_COUNTS, units,
                                                   CL_DEVICE_PARTITION_BY_COUNTS_LIST_END, 0};
    if (divides(device, CL_DEVICE_PARTITION_BY_COUNTS))
        return clCreateSubDevices(device, counts, 1, part, NULL);
    return divide_equally(device, units, part);
}

/* A device of so many of its compute units in its place. */
static tq_status take_part(cl_platform_id platform, cl_device_id *device, tq_device_info *info,
                           unsigned units)
{
    const tq_device_info whole = *info;
    if (units > whole.compute_units)
        return tq_status__fail(TQ_E_DEVICE, "a sub-device of '%s' has 1 to %u compute units", whole.name,
                               whole.compute_units);
    if (!divides(*device, CL_DEVICE_PARTITION_BY_COUNTS) && !divides(*device, CL_DEVICE_PARTITION_EQUALLY))
        return tq_status__fail(TQ_E_DEVICE, "device '%s' does not divide into sub-devices", whole.name);
    cl_device_id part = NULL;
    const cl_int code = divide(*device, units, &part);
    if (code != CL_SUCCESS)
        return tq_status__fail(TQ_E_DEVICE,
                               "device '%s' gives no sub-device of %u of its %u compute units: %s (%d)",
                               whole.name, units, whole.compute_units, tq_opencl__name(code), (int)code);
    tq_device__describe(info, platform, part);
    info->platform_index = whole.platform_index;
    info->device_index = whole.device_index;
    *device = part; /* the caller's to release, whatever follows */
    if (!info->usable)
        return tq_status__fail(TQ_E_DEVICE, "a sub-device of '%s' cannot be used: %s", whole.name,
                               info->reason);
    return TQ_OK;
}

tq_status tq_device__select(const char *selector, cl_platform_id *platform, cl_device_id *device,
                            tq_device_info *info)
{
    tq_found found;
    const char *origin = "";
    if (selector == NULL || selector[0] == '\0') {
        selector = getenv("TQ_DEVICE");
        origin = " (from TQ_DEVICE)";
        if (selector == NULL || selector[0] == '\0')
            selector = origin = "";
    }
    const tq_wish wish = take_apart(selector);
    TQ_TRY(find_all(&found));
    const struct tq_candidate *best = best_match(&found, &wish, true);
    tq_status status = best == NULL ? no_match(&found, &wish, selector, origin) : TQ_OK;
    if (best != NULL) {
        *platform = best->platform;
        *device = best->device;
        *info = best->info;
    }
    free_found(&found);
    if (status == TQ_OK && wish.units != 0 && wish.units != info->compute_units)
        status = take_part(*platform, device, info, wish.units);
    return status;
}

uint64_t tq_device__most_rounds(const tq_device_info *device)
{
    return strstr(device->name, "llvmpipe") != NULL ? 65000 : TQ_ANY_ROUNDS;
}

/* The layer's entry: which calls it takes. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers/disguise.h"

const struct _cl_icd_dispatch *below;
static struct _cl_icd_dispatch table;

void disguise_abort(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "TQ_DISGUISE: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    abort();
}

cl_int disguise_give(const void *from, size_t bytes, size_t size, void *to, size_t *bytes_ret)
{
    if (bytes_ret != NULL)
        *bytes_ret = bytes;
    if (to == NULL)
        return CL_SUCCESS;
    if (size < bytes)
        return CL_INVALID_VALUE;
    memcpy(to, from, bytes);
    return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t size, void *to, size_t *bytes)
{
    static const char name[] = "TensorQuant CL disguise";
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    switch (what) {
    case CL_LAYER_API_VERSION:
        return disguise_give(&version, sizeof version, size, to, bytes);
    case CL_LAYER_NAME:
        return disguise_give(name, sizeof name, size, to, bytes);
    default:
        return CL_INVALID_VALUE;
    }
}

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint entries, const struct _cl_icd_dispatch *target,
                                            cl_uint *entries_ret, const struct _cl_icd_dispatch **layer)
{
    const cl_uint own = sizeof table / sizeof(void *);
    if (target == NULL || layer == NULL || entries_ret == NULL || entries < own)
        disguise_abort("the OpenCL loader has %u calls, the layer %u", (unsigned)entries, (unsigned)own);
    below = target;
    table = *target;
    if (getenv("TQ_DISGUISE") != NULL) {
        disguise_wrap_devices(&table);
        disguise_wrap_contexts(&table);
        disguise_wrap_programs(&table);
        disguise_wrap_commands(&table);
    }
    *layer = &table;
    *entries_ret = own;
    return CL_SUCCESS;
}

/* Programs and kernels of disguised devices. */
#include <stdlib.h>
#include <string.h>

#include "layers/disguise.h"

enum { MOST = 64 };

/* The devices that a call names, or all of the context: shown, and real ones in `real`. */
static cl_uint list_devices(cl_context context, cl_uint count, const cl_device_id *list,
                            const shown_device **shown, cl_device_id *real)
{
    const shown_context *record = disguise_context(context);
    const cl_uint all = list != NULL ? count : record->count;
    for (cl_uint i = 0; i < all && i < MOST; ++i) {
        shown[i] = list != NULL ? (const shown_device *)list[i] : record->device[i];
        real[i] = shown[i]->real;
    }
    return all < MOST ? all : MOST;
}

static cl_context context_of(cl_program program)
{
    cl_context context = NULL;
    below->clGetProgramInfo(program, CL_PROGRAM_CONTEXT, sizeof context, &context, NULL);
    return context;
}

static bool has_source(cl_program program)
{
    size_t bytes = 0;
    return below->clGetProgramInfo(program, CL_PROGRAM_SOURCE, 0, NULL, &bytes) == CL_SUCCESS && bytes > 1;
}

static cl_program CL_API_CALL create_from_source(cl_context context, cl_uint count, const char **texts,
                                                 const size_t *lengths, cl_int *code)
{
    if (count == 0 || texts == NULL)
        return below->clCreateProgramWithSource(context, count, texts, lengths, code);
    char *text = disguise_source(&disguise_context(context)->device[0]->how, count, texts, lengths);
    cl_program program = below->clCreateProgramWithSource(context, 1, (const char **)&text, NULL, code);
    free(text);
    return program;
}

static cl_program CL_API_CALL create_from_binary(cl_context context, cl_uint count, const cl_device_id *list,
                                                 const size_t *lengths, const unsigned char **binaries,
                                                 cl_int *status, cl_int *code)
{
    const shown_device *shown[MOST];
    cl_device_id real[MOST];
    const cl_uint all = list != NULL ? list_devices(context, count, list, shown, real) : 0;
    return below->clCreateProgramWithBinary(context, all, list != NULL ? real : NULL, lengths, binaries,
                                            status, code);
}

static cl_program CL_API_CALL create_from_names(cl_context context, cl_uint count, const cl_device_id *list,
                                                const char *names, cl_int *code)
{
    const shown_device *shown[MOST];
    cl_device_id real[MOST];
    const cl_uint all = list != NULL ? list_devices(context, count, list, shown, real) : 0;
    return below->clCreateProgramWithBuiltInKernels(context, all, list != NULL ? real : NULL, names, code);
}

static cl_int CL_API_CALL build(cl_program program, cl_uint count, const cl_device_id *list,
                                const char *options, void(CL_CALLBACK *notify)(cl_program, void *),
                                void *data)
{
    const shown_device *shown[MOST];
    cl_device_id real[MOST];
    const cl_uint all = list_devices(context_of(program), count, list, shown, real);
    for (cl_uint i = 0; i < all; ++i)
        if (shown[i]->how.compiler == 0 && has_source(program))
            return CL_COMPILER_NOT_AVAILABLE;
    if (all == 0)
        return CL_INVALID_VALUE;
    char *more = disguise_options(&shown[0]->how, options);
    const cl_int code = below->clBuildProgram(program, all, real, more, notify, data);
    free(more);
    return code;
}

static cl_int CL_API_CALL compile(cl_program program, cl_uint count, const cl_device_id *list,
                                  const char *options, cl_uint headers, const cl_program *header,
                                  const char **names, void(CL_CALLBACK *notify)(cl_program, void *),
                                  void *data)
{
    const shown_device *shown[MOST];
    cl_device_id real[MOST];
    const cl_uint all = list_devices(context_of(program), count, list, shown, real);
    for (cl_uint i = 0; i < all; ++i)
        if (shown[i]->how.compiler == 0)
            return CL_COMPILER_NOT_AVAILABLE;
    if (all == 0)
        return CL_INVALID_VALUE;
    char *more = disguise_options(&shown[0]->how, options);
    const cl_int code =
        below->clCompileProgram(program, all, real, more, headers, header, names, notify, data);
    free(more);
    return code;
}

static cl_program CL_API_CALL link_programs(cl_context context, cl_uint count, const cl_device_id *list,
                                            const char *options, cl_uint programs, const cl_program *program,
                                            void(CL_CALLBACK *notify)(cl_program, void *), void *data,
                                            cl_int *code)
{
    const shown_device *shown[MOST];
    cl_device_id real[MOST];
    const cl_uint all = list_devices(context, count, list, shown, real);
    for (cl_uint i = 0; i < all; ++i)
        if (shown[i]->how.linker == 0) {
            if (code != NULL)
                *code = CL_LINKER_NOT_AVAILABLE;
            return NULL;
        }
    return below->clLinkProgram(context, all, real, options, programs, program, notify, data, code);
}

/* The devices that are shown for a program's real ones. */
static cl_int give_program_devices(cl_program program, size_t size, void *to, size_t *bytes)
{
    const shown_context *record = disguise_context(context_of(program));
    cl_device_id real[MOST];
    size_t got = 0;
    cl_uint count = 0;
    const cl_int code = below->clGetProgramInfo(program, CL_PROGRAM_DEVICES, sizeof real, real, &got);
    if (code != CL_SUCCESS)
        return code;
    for (size_t i = 0; i < got / sizeof real[0]; ++i)
        for (cl_uint j = 0; j < record->count; ++j)
            if (record->device[j]->real == real[i]) {
                real[count++] = (cl_device_id)record->device[j];
                break;
            }
    return disguise_give(real, count * sizeof real[0], size, to, bytes);
}

static cl_int CL_API_CALL get_program_info(cl_program program, cl_program_info what, size_t size, void *to,
                                           size_t *bytes)
{
    if (what == CL_PROGRAM_DEVICES)
        return give_program_devices(program, size, to, bytes);
    return below->clGetProgramInfo(program, what, size, to, bytes);
}

static cl_int CL_API_CALL get_build_info(cl_program program, cl_device_id device, cl_program_build_info what,
                                         size_t size, void *to, size_t *bytes)
{
    return below->clGetProgramBuildInfo(program, ((const shown_device *)device)->real, what, size, to, bytes);
}

static cl_int CL_API_CALL get_group_info(cl_kernel kernel, cl_device_id device,
                                         cl_kernel_work_group_info what, size_t size, void *to, size_t *bytes)
{
    const shown_device *d = (const shown_device *)device;
    size_t most = 0;
    if (d == NULL || what != CL_KERNEL_WORK_GROUP_SIZE)
        return below->clGetKernelWorkGroupInfo(kernel, d != NULL ? d->real : NULL, what, size, to, bytes);
    const cl_int code = below->clGetKernelWorkGroupInfo(kernel, d->real, what, sizeof most, &most, NULL);
    most = d->how.group < most ? d->how.group : most;
    most = d->how.kernel_group < most ? d->how.kernel_group : most;
    return code == CL_SUCCESS ? disguise_give(&most, sizeof most, size, to, bytes) : code;
}

static cl_int CL_API_CALL get_sub_group_info(cl_kernel kernel, cl_device_id device,
                                             cl_kernel_sub_group_info what, size_t in_size, const void *in,
                                             size_t size, void *to, size_t *bytes)
{
    const shown_device *d = (const shown_device *)device;
    return below->clGetKernelSubGroupInfo(kernel, d != NULL ? d->real : NULL, what, in_size, in, size, to,
                                          bytes);
}

void disguise_wrap_programs(struct _cl_icd_dispatch *table)
{
    table->clCreateProgramWithSource = create_from_source;
    table->clCreateProgramWithBinary = create_from_binary;
    table->clCreateProgramWithBuiltInKernels = create_from_names;
    table->clBuildProgram = build;
    table->clCompileProgram = compile;
    table->clLinkProgram = link_programs;
    table->clGetProgramInfo = get_program_info;
    table->clGetProgramBuildInfo = get_build_info;
    table->clGetKernelWorkGroupInfo = get_group_info;
    table->clGetKernelSubGroupInfo = get_sub_group_info;
}

/*
 * Quantizes inside a program that has OpenCL set up already: its own context, device and queue are adopted,
 * and are its own again afterwards.
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>

#include <tensorquant/tensorquant.h>

enum { COUNT = 8, PLATFORMS = 16 };

/* The first device of the first platform that has one; NULL for none. */
static cl_device_id first_device(void)
{
    cl_platform_id platforms[PLATFORMS];
    cl_device_id device = NULL;
    cl_uint count = 0;
    if (clGetPlatformIDs(PLATFORMS, platforms, &count) != CL_SUCCESS)
        return NULL;
    for (cl_uint i = 0; i < count && i < PLATFORMS; ++i) {
        if (clGetDeviceIDs(platforms[i], CL_DEVICE_TYPE_ALL, 1, &device, NULL) == CL_SUCCESS)
            return device;
    }
    return NULL;
}

/* Rounds numbers to bfloat16 by the caller's queue. */
static bool quantize(cl_context handle, cl_device_id device, cl_command_queue queue, float *numbers)
{
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){COUNT});
    tq_context *context = NULL;
    tq_tensor *tensor = NULL;
    tq_quantizer q;
    const bool failed = tq_quantizer_parse(&q, "bf16") || tq_context_adopt(&context, handle, device, queue) ||
                        tq_tensor_create(&tensor, context, &shape) ||
                        tq_tensor_write(tensor, numbers, COUNT) ||
                        tq_tensor_quantize(tensor, tensor, &q, 0) || tq_tensor_read(tensor, numbers, COUNT);
    if (failed)
        fprintf(stderr, "adopt_context: %s\n", tq_error());
    tq_tensor_destroy(tensor);
    tq_context_close(context);
    return !failed;
}

int main(void)
{
    float numbers[COUNT] = {0.1f, 1.0f, 3.14159f, -2.71828f, 100.1f, 1e-10f, 1e10f, 65535.0f};
    const cl_device_id device = first_device();
    cl_int error = CL_DEVICE_NOT_FOUND;
    cl_context context = device ? clCreateContext(NULL, 1, &device, NULL, NULL, &error) : NULL;
    cl_command_queue queue = context ? clCreateCommandQueue(context, device, 0, &error) : NULL;
    bool good = false;

    if (!queue)
        fprintf(stderr, "adopt_context: no OpenCL queue, error %d\n", (int)error);
    else
        good = quantize(context, device, queue, numbers);
    for (int i = 0; good && i < COUNT; ++i)
        printf("%g\n", (double)numbers[i]);

    /* The handles are still valid: the library has given back no more than it took. */
    if (good)
        good = clFinish(queue) == CL_SUCCESS;
    if (queue)
        clReleaseCommandQueue(queue);
    if (context)
        clReleaseContext(context);
    return good ? 0 : 1;
}

/* The layer that disguises devices does what layers/disguise.h says, as a program that calls OpenCL sees it.
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* In the order of the list in main. */
enum { PLAIN, GPU, BARE, SMALL, WRONG, FLUSHING, AWAY, DEVICES };

static const char disguise[] = "platform=P,name=Plain|"
                               "platform=P,name=Gpu,vendor=V,version=OpenCL 1.2 "
                               "v,driver=7,type=gpu,units=5,width=4,align=512,fp64=0,fma=0,"
                               "denorm=0,group=16,local=1K|"
                               "platform=P,name=Bare,type=accelerator,compiler=0|"
                               "platform=P,name=Small,memory=3M,allocation=2M,kernel-group=8|"
                               "platform=P,name=Wrong,swap=x[i] + 1=>x[i] + 2,flip=33|"
                               "platform=P,name=Flushing,flush=1|"
                               "platform=P,name=A\\,B\\|C,available=0";

typedef struct fixture {
    cl_device_id device[DEVICES];
    cl_context context;
    cl_command_queue queue;
} fixture;

static void open_devices(fixture *f)
{
    cl_platform_id platform;
    cl_uint count = 0;
    assert_int_equal(clGetPlatformIDs(1, &platform, &count), CL_SUCCESS);
    assert_int_equal(count, 1);
    assert_int_equal(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, DEVICES, f->device, &count), CL_SUCCESS);
    assert_int_equal(count, DEVICES);
}

static void open_one(fixture *f, int device)
{
    cl_int code;
    open_devices(f);
    f->context = clCreateContext(NULL, 1, &f->device[device], NULL, NULL, &code);
    assert_int_equal(code, CL_SUCCESS);
    f->queue = clCreateCommandQueue(f->context, f->device[device], 0, &code);
    assert_int_equal(code, CL_SUCCESS);
}

static void close_one(fixture *f)
{
    clReleaseCommandQueue(f->queue);
    clReleaseContext(f->context);
}

static void expect_text(cl_device_id device, cl_device_info what, const char *text)
{
    char found[2048] = "";
    assert_int_equal(clGetDeviceInfo(device, what, sizeof found, found, NULL), CL_SUCCESS);
    assert_string_equal(found, text);
}

static cl_ulong number(cl_device_id device, cl_device_info what, size_t bytes)
{
    cl_ulong found = 0;
    size_t size = 0;
    assert_int_equal(clGetDeviceInfo(device, what, sizeof found, &found, &size), CL_SUCCESS);
    assert_int_equal(size, bytes);
    return found;
}

static void test_facts(void **state)
{
    fixture f;
    char extensions[4096] = "";
    size_t items[3] = {0};
    (void)state;
    open_devices(&f);
    const cl_device_id gpu = f.device[GPU], plain = f.device[PLAIN];
    expect_text(gpu, CL_DEVICE_NAME, "Gpu");
    expect_text(gpu, CL_DEVICE_VENDOR, "V");
    expect_text(gpu, CL_DEVICE_VERSION, "OpenCL 1.2 v");
    expect_text(gpu, CL_DRIVER_VERSION, "7");
    expect_text(f.device[AWAY], CL_DEVICE_NAME, "A,B|C");
    assert_int_equal(number(gpu, CL_DEVICE_TYPE, 8), CL_DEVICE_TYPE_GPU);
    assert_int_equal(number(gpu, CL_DEVICE_MAX_COMPUTE_UNITS, 4), 5);
    assert_int_equal(number(gpu, CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, 4), 4);
    assert_int_equal(number(gpu, CL_DEVICE_MEM_BASE_ADDR_ALIGN, 4), 4096);
    assert_int_equal(number(gpu, CL_DEVICE_LOCAL_MEM_SIZE, 8), 1024);
    assert_int_equal(number(gpu, CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t)), 16);
    assert_int_equal(clGetDeviceInfo(gpu, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof items, items, NULL),
                     CL_SUCCESS);
    assert_true(items[0] == 16 && items[1] == 16 && items[2] == 16);
    const cl_ulong lost = CL_FP_FMA | CL_FP_DENORM;
    assert_int_equal(number(gpu, CL_DEVICE_SINGLE_FP_CONFIG, 8),
                     number(plain, CL_DEVICE_SINGLE_FP_CONFIG, 8) & ~lost);
    assert_int_equal(number(plain, CL_DEVICE_SINGLE_FP_CONFIG, 8) & lost, lost);
    assert_int_equal(number(gpu, CL_DEVICE_DOUBLE_FP_CONFIG, 8), 0);
    assert_true(number(plain, CL_DEVICE_DOUBLE_FP_CONFIG, 8) != 0);
    clGetDeviceInfo(gpu, CL_DEVICE_EXTENSIONS, sizeof extensions, extensions, NULL);
    assert_null(strstr(extensions, "cl_khr_fp64"));
    clGetDeviceInfo(plain, CL_DEVICE_EXTENSIONS, sizeof extensions, extensions, NULL);
    assert_non_null(strstr(extensions, "cl_khr_fp64"));
    assert_int_equal(number(f.device[BARE], CL_DEVICE_COMPILER_AVAILABLE, 4), 0);
    assert_int_equal(number(f.device[BARE], CL_DEVICE_LINKER_AVAILABLE, 4), 0);
    assert_int_equal(number(f.device[AWAY], CL_DEVICE_AVAILABLE, 4), 0);
    assert_int_equal(number(f.device[SMALL], CL_DEVICE_GLOBAL_MEM_SIZE, 8), 3 << 20);
    assert_int_equal(number(f.device[SMALL], CL_DEVICE_MAX_MEM_ALLOC_SIZE, 8), 2 << 20);
}

static void test_types_are_asked_for(void **state)
{
    fixture f;
    cl_platform_id platform;
    cl_device_id found[DEVICES];
    cl_uint count = 0;
    (void)state;
    open_devices(&f);
    assert_int_equal(clGetDeviceInfo(f.device[GPU], CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL),
                     CL_SUCCESS);
    assert_int_equal(clGetDeviceIDs(platform, CL_DEVICE_TYPE_GPU, DEVICES, found, &count), CL_SUCCESS);
    assert_true(count == 1 && found[0] == f.device[GPU]);
    assert_int_equal(clGetDeviceIDs(platform, CL_DEVICE_TYPE_CUSTOM, DEVICES, found, &count),
                     CL_DEVICE_NOT_FOUND);
    cl_int code;
    assert_null(clCreateContext(NULL, 1, &f.device[AWAY], NULL, NULL, &code));
    assert_int_equal(code, CL_DEVICE_NOT_AVAILABLE);
}

static const char source[] =
    "__kernel void add(__global float *x) { size_t i = get_global_id(0); x[i] = x[i] + 1; }\n"
    "__kernel void halve(__global float *x) { size_t i = get_global_id(0); x[i] = x[i] * 0.5f; }\n";
static const char wide[] =
    "__kernel void widen(__global float *x) { double y = x[0]; x[0] = (float)(y * y); }\n";

static cl_program make_program(const fixture *f, const char *text)
{
    cl_int code;
    cl_program program = clCreateProgramWithSource(f->context, 1, &text, NULL, &code);
    assert_int_equal(code, CL_SUCCESS);
    return program;
}

/* Runs a kernel over eight numbers, in one group or eight. */
static cl_int run_kernel(const fixture *f, cl_program program, const char *name, float numbers[8],
                         size_t local)
{
    const size_t eight = 8;
    cl_int code;
    cl_kernel kernel = clCreateKernel(program, name, &code);
    assert_int_equal(code, CL_SUCCESS);
    cl_mem x = clCreateBuffer(f->context, CL_MEM_COPY_HOST_PTR, 8 * sizeof(float), numbers, &code);
    assert_int_equal(code, CL_SUCCESS);
    assert_int_equal(clSetKernelArg(kernel, 0, sizeof x, &x), CL_SUCCESS);
    const cl_int result = clEnqueueNDRangeKernel(f->queue, kernel, 1, NULL, &eight, &local, 0, NULL, NULL);
    assert_int_equal(clEnqueueReadBuffer(f->queue, x, CL_TRUE, 0, 8 * sizeof(float), numbers, 0, NULL, NULL),
                     CL_SUCCESS);
    clReleaseMemObject(x);
    clReleaseKernel(kernel);
    return result;
}

static cl_int build(const fixture *f, int device, cl_program program)
{
    return clBuildProgram(program, 1, &f->device[device], "", NULL, NULL);
}

/* Binaries of the plain device run on the one without compiler, sources do not. */
static void test_compiler(void **state)
{
    fixture plain, bare;
    float numbers[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    size_t size = 0;
    cl_int code, status = 1;
    (void)state;
    open_one(&plain, PLAIN);
    cl_program program = make_program(&plain, source);
    assert_int_equal(build(&plain, PLAIN, program), CL_SUCCESS);
    assert_int_equal(clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof size, &size, NULL),
                     CL_SUCCESS);
    unsigned char *binary = malloc(size);
    assert_int_equal(clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof binary, &binary, NULL),
                     CL_SUCCESS);
    clReleaseProgram(program);
    close_one(&plain);
    open_one(&bare, BARE);
    program = make_program(&bare, source);
    assert_int_equal(build(&bare, BARE, program), CL_COMPILER_NOT_AVAILABLE);
    clReleaseProgram(program);
    program = clCreateProgramWithBinary(bare.context, 1, &bare.device[BARE], &size,
                                        (const unsigned char **)&binary, &status, &code);
    assert_true(code == CL_SUCCESS && status == CL_SUCCESS);
    assert_int_equal(build(&bare, BARE, program), CL_SUCCESS);
    assert_int_equal(run_kernel(&bare, program, "add", numbers, 1), CL_SUCCESS);
    assert_true(numbers[0] == 2 && numbers[7] == 9);
    clReleaseProgram(program);
    close_one(&bare);
    free(binary);
}

static void test_groups(void **state)
{
    static const int devices[] = {GPU, SMALL};
    float numbers[8] = {0};
    const size_t many = 32, none = 0;
    (void)state;
    for (size_t i = 0; i < COUNT(devices); ++i) {
        fixture f;
        size_t most = 0;
        open_one(&f, devices[i]);
        cl_program program = make_program(&f, source);
        assert_int_equal(build(&f, devices[i], program), CL_SUCCESS);
        assert_int_equal(run_kernel(&f, program, "add", numbers, 8), CL_SUCCESS);
        cl_kernel kernel = clCreateKernel(program, "add", NULL);
        assert_int_equal(clGetKernelWorkGroupInfo(kernel, f.device[devices[i]], CL_KERNEL_WORK_GROUP_SIZE,
                                                  sizeof most, &most, NULL),
                         CL_SUCCESS);
        assert_int_equal(most, devices[i] == GPU ? 16 : 8);
        cl_mem x = clCreateBuffer(f.context, 0, many * sizeof(float), NULL, NULL);
        clSetKernelArg(kernel, 0, sizeof x, &x);
        assert_int_equal(clEnqueueNDRangeKernel(f.queue, kernel, 1, &none, &many, &many, 0, NULL, NULL),
                         devices[i] == GPU ? CL_INVALID_WORK_ITEM_SIZE : CL_INVALID_WORK_GROUP_SIZE);
        clReleaseMemObject(x);
        clReleaseKernel(kernel);
        clReleaseProgram(program);
        close_one(&f);
    }
}

static void test_memory(void **state)
{
    fixture f;
    cl_int code;
    (void)state;
    open_one(&f, SMALL);
    assert_null(clCreateBuffer(f.context, 0, (2 << 20) + 1, NULL, &code));
    assert_int_equal(code, CL_INVALID_BUFFER_SIZE);
    cl_mem most = clCreateBuffer(f.context, 0, 2 << 20, NULL, &code);
    assert_int_equal(code, CL_SUCCESS);
    assert_null(clCreateBuffer(f.context, 0, (1 << 20) + 1, NULL, &code));
    assert_int_equal(code, CL_MEM_OBJECT_ALLOCATION_FAILURE);
    clReleaseMemObject(most);
    most = clCreateBuffer(f.context, 0, 2 << 20, NULL, &code); /* which was given back */
    assert_int_equal(code, CL_SUCCESS);
    clReleaseMemObject(most);
    close_one(&f);
}

static void test_arithmetic(void **state)
{
    static const struct {
        int device;
        const char *kernel;
        float from, to;
    } cases[] = {{PLAIN, "add", 3.0f, 4.0f},
                 {WRONG, "add", 3.0f, 5.0f},
                 {PLAIN, "halve", 0x1p-126f, 0x1p-127f},
                 {GPU, "halve", 0x1p-126f, 0.0f},
                 {FLUSHING, "halve", 0x1p-126f, 0.0f}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); ++i) {
        fixture f;
        float numbers[8] = {cases[i].from, cases[i].from}, wrong = cases[i].to;
        uint32_t bits;
        open_one(&f, cases[i].device);
        cl_program program = make_program(&f, source);
        assert_int_equal(build(&f, cases[i].device, program), CL_SUCCESS);
        assert_int_equal(run_kernel(&f, program, cases[i].kernel, numbers, 1), CL_SUCCESS);
        assert_true(numbers[0] == cases[i].to);
        memcpy(&bits, &wrong, sizeof bits);
        bits ^= 2; /* bit 33 of what is read */
        memcpy(&wrong, &bits, sizeof bits);
        assert_true(numbers[1] == (cases[i].device == WRONG ? wrong : cases[i].to));
        clReleaseProgram(program);
        close_one(&f);
    }
}

static void test_no_double(void **state)
{
    (void)state;
    for (int device = PLAIN; device <= GPU; ++device) {
        fixture f;
        open_one(&f, device);
        cl_program program = make_program(&f, wide);
        assert_int_equal(build(&f, device, program), device == PLAIN ? CL_SUCCESS : CL_BUILD_PROGRAM_FAILURE);
        clReleaseProgram(program);
        close_one(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),     cmocka_unit_test(test_types_are_asked_for),
        cmocka_unit_test(test_compiler),  cmocka_unit_test(test_groups),
        cmocka_unit_test(test_memory),    cmocka_unit_test(test_arithmetic),
        cmocka_unit_test(test_no_double),
    };
    setenv("OPENCL_LAYERS", TQ_BINARY_DIRECTORY "/tests/libdisguise.so", 1);
    setenv("TQ_DISGUISE", disguise, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Contexts, tensors, memory and kernels: what they do and what they refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runtime/internal.h"
#include "support/scale_kernel.h"
#include "util/fail.h"

/* The last error must hold each of the parts that follow, up to NULL, and end without a newline. */
static void expect_text(const char *first, ...)
{
    va_list parts;
    const char *text = tq_error();
    assert_true(text[0] != '\0' && text[strlen(text) - 1] != '\n');
    va_start(parts, first);
    for (const char *part = first; part != NULL; part = va_arg(parts, const char *))
        if (strstr(text, part) == NULL)
            fail_msg("'%s' is not in '%s'", part, text);
    va_end(parts);
}

static tq_tensor *make(tq_context *context, int64_t count)
{
    const tq_shape shape = tq_shape_of(1, &count);
    tq_tensor *tensor;
    if (tq_tensor_create(&tensor, context, &shape) != TQ_OK)
        fail_msg("%s", tq_error());
    return tensor;
}

/* --- Shapes ------------------------------------------------------------------------------------------- */

static void test_shape_counts(void **state)
{
    const tq_shape scalar = tq_shape_of(0, NULL), image = tq_shape_of(4, (const int64_t[]){2, 3, 5, 7});
    const tq_shape zero = tq_shape_of(2, (const int64_t[]){3, 0}), seven = {.rank = 7};
    const tq_shape negative = tq_shape_of(1, (const int64_t[]){-1}), minus = {.rank = -1};
    const tq_shape most = tq_shape_of(2, (const int64_t[]){(int64_t)1 << 31, (int64_t)1 << 31});
    const tq_shape beyond = tq_shape_of(3, (const int64_t[]){(int64_t)1 << 31, (int64_t)1 << 31, 2});
    (void)state;
    assert_int_equal(tq_shape_count(&scalar), 1);
    assert_int_equal(tq_shape_count(&image), 210);
    assert_int_equal(tq_shape_count(&zero), 0);
    assert_int_equal(tq_shape_count(&negative), 0);
    assert_int_equal(tq_shape_count(&seven), 0);
    assert_int_equal(tq_shape_count(&minus), 0);
    assert_true(tq_shape_count(&most) == (int64_t)1 << 62);
    assert_int_equal(tq_shape_count(&beyond), 0);
    assert_true(tq_shape_equal(&image, &image));
    assert_false(tq_shape_equal(&image, &zero));
    assert_false(tq_shape_equal(&scalar, &negative));
}

static void test_shape_texts(void **state)
{
    const tq_shape image = tq_shape_of(4, (const int64_t[]){1, 28, 28, 1}), scalar = tq_shape_of(0, NULL);
    char text[20] = "###################";
    (void)state;
    assert_int_equal(tq_shape_print(text, sizeof text, &image), 9);
    assert_string_equal(text, "1x28x28x1");
    assert_int_equal(tq_shape_print(text, sizeof text, &scalar), 6);
    assert_string_equal(text, "scalar");
    memset(text, '#', sizeof text);
    assert_int_equal(tq_shape_print(text, 4, &image), 9);
    assert_memory_equal(text, "1x2\0#", 5);
    assert_int_equal(tq_shape_print(NULL, 0, &image), 9);
}

/* --- Contexts ----------------------------------------------------------------------------------------- */

static void test_options(void **state)
{
    static char path[5000];
    tq_context *const context = *state;
    assert_int_equal(tq_context_set(context, "colour", "red"), TQ_E_NAME);
    expect_text("colour", "binaries, cache, float, paths", NULL);
    assert_int_equal(tq_context_set(context, "paths", "some"), TQ_E_ARGUMENT);
    expect_text("'paths'", "some", "all, certain, general", NULL);
    assert_int_equal(tq_context_set(context, "paths", "general"), TQ_OK);
    assert_int_equal(tq_context__paths(context), TQ_PATHS_GENERAL);
    assert_int_equal(tq_context_set(context, "paths", "All"), TQ_E_ARGUMENT);
    assert_int_equal(tq_context__paths(context), TQ_PATHS_GENERAL);
    assert_int_equal(tq_context_set(context, "paths", "all"), TQ_OK);
    assert_int_equal(tq_context__paths(context), TQ_PATHS_ALL);
    const bool is_gpu = strcmp(tq_context_device(context)->type, "gpu") == 0;
    assert_int_equal(tq_context__tiled(context), is_gpu);
    assert_int_equal(tq_context_set(context, "shape", "fpga"), TQ_E_ARGUMENT);
    expect_text("'shape'", "'fpga'", "auto, cpu, gpu, task", NULL);
    assert_int_equal(tq_context_set(context, "shape", "gpu"), TQ_OK);
    assert_true(tq_context__tiled(context));
    assert_int_equal(tq_context_set(context, "shape", "cpu"), TQ_OK);
    assert_false(tq_context__tiled(context));
    assert_int_equal(tq_context_set(context, "shape", "task"), TQ_OK);
    assert_true(tq_context__is_task(context) && !tq_context__tiled(context));
    assert_int_equal(tq_context_set(context, "shape", "auto"), TQ_OK);
    assert_true(!tq_context__is_task(context) && tq_context__tiled(context) == is_gpu);
    memset(path, 'p', sizeof path - 1);
    assert_int_equal(tq_context_set(context, "cache", path), TQ_E_ARGUMENT);
    expect_text("'cache'", "4999 bytes", NULL);
    assert_int_equal(tq_context_set(context, NULL, "x"), TQ_E_ARGUMENT);
    assert_int_equal(tq_context_set(context, "paths", NULL), TQ_E_ARGUMENT);
    assert_int_equal(tq_context_set(NULL, "paths", "all"), TQ_E_ARGUMENT);
    assert_int_equal(tq_context_open(NULL, NULL), TQ_E_ARGUMENT);
    assert_int_equal(tq_context_finish(context), TQ_OK);
    tq_context_close(NULL);
    tq_tensor_destroy(NULL);
}

/* Two devices of one platform with their contexts and queues. */
typedef struct own_opencl {
    cl_device_id device[2];
    cl_context context[2];
    cl_command_queue in_order, out_of_order, other;
} own_opencl;

static cl_uint references(cl_context context)
{
    cl_uint count = 0;
    clGetContextInfo(context, CL_CONTEXT_REFERENCE_COUNT, sizeof count, &count, NULL);
    return count;
}

static cl_uint queue_references(cl_command_queue queue)
{
    cl_uint count = 0;
    clGetCommandQueueInfo(queue, CL_QUEUE_REFERENCE_COUNT, sizeof count, &count, NULL);
    return count;
}

static void open_own(own_opencl *own, tq_context *same_platform)
{
    cl_platform_id platform;
    cl_uint count = 0;
    assert_int_equal(
        clGetDeviceInfo(same_platform->device, CL_DEVICE_PLATFORM, sizeof platform, &platform, NULL),
        CL_SUCCESS);
    assert_int_equal(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 2, own->device, &count), CL_SUCCESS);
    if (count < 2)
        skip();
    for (int i = 0; i < 2; ++i)
        own->context[i] = clCreateContext(NULL, 1, &own->device[i], NULL, NULL, NULL);
    own->in_order = clCreateCommandQueue(own->context[0], own->device[0], 0, NULL);
    own->out_of_order =
        clCreateCommandQueue(own->context[0], own->device[0], CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, NULL);
    own->other = clCreateCommandQueue(own->context[1], own->device[1], 0, NULL);
    assert_true(own->context[0] && own->context[1] && own->in_order && own->other);
}

static void close_own(own_opencl *own)
{
    clReleaseCommandQueue(own->in_order);
    clReleaseCommandQueue(own->other);
    if (own->out_of_order != NULL)
        clReleaseCommandQueue(own->out_of_order);
    for (int i = 0; i < 2; ++i)
        clReleaseContext(own->context[i]);
}

static void expect_refused(cl_context context, cl_device_id device, cl_command_queue queue, const char *part)
{
    tq_context *made = (tq_context *)&made;
    assert_int_equal(tq_context_adopt(&made, context, device, queue), TQ_E_ARGUMENT);
    assert_null(made);
    expect_text(part, NULL);
}

static void test_adopt(void **state)
{
    own_opencl own = {0};
    tq_context *context;
    open_own(&own, *state);
    const cl_uint contexts = references(own.context[0]), queues = queue_references(own.in_order);
    for (int i = 0; i < 2; ++i) {
        assert_int_equal(
            tq_context_adopt(&context, own.context[0], own.device[0], i == 0 ? own.in_order : NULL), TQ_OK);
        assert_int_equal(queue_references(own.in_order), queues + (i == 0));
        assert_true(references(own.context[0]) > contexts);
        assert_true(tq_scale_works(context, 7));
        assert_true(strlen(tq_context_device(context)->name) > 0);
        tq_context_close(context);
        assert_int_equal(references(own.context[0]), contexts);
        assert_int_equal(queue_references(own.in_order), queues);
    }
    close_own(&own);
}

static void test_adopt_refuses(void **state)
{
    own_opencl own = {0};
    open_own(&own, *state);
    const cl_uint contexts = references(own.context[0]), others = queue_references(own.other);
    expect_refused(NULL, own.device[0], NULL, "NULL");
    expect_refused(own.context[0], NULL, NULL, "NULL");
    expect_refused(own.context[0], own.device[1], NULL, "not of the given OpenCL context");
    expect_refused(own.context[0], own.device[0], own.other, "queue is not of the given OpenCL context");
    if (own.out_of_order != NULL)
        expect_refused(own.context[0], own.device[0], own.out_of_order, "out-of-order");
    assert_int_equal(references(own.context[0]), contexts);
    assert_int_equal(queue_references(own.other), others);
    close_own(&own);
}

/* --- Memory and tensors ------------------------------------------------------------------------------- */

static void expect_too_large(tq_context *context, const tq_shape *shape, const char *bytes)
{
    const tq_device_info *info = tq_context_device(context);
    tq_tensor *tensor = (tq_tensor *)&tensor;
    char most[32], all[32];
    snprintf(most, sizeof most, "%llu", (unsigned long long)info->max_allocation);
    snprintf(all, sizeof all, "%llu", (unsigned long long)info->global_memory);
    assert_int_equal(tq_tensor_create(&tensor, context, shape), TQ_E_MEMORY);
    assert_null(tensor);
    expect_text(bytes, info->name, most, all, NULL);
}

static void test_too_large(void **state)
{
    const int64_t beyond = (int64_t)(tq_context_device(*state)->max_allocation / 4) + 1;
    const tq_shape rather = tq_shape_of(1, &beyond),
                   huge = tq_shape_of(1, (const int64_t[]){(int64_t)1 << 62});
    const tq_shape wraps = tq_shape_of(2, (const int64_t[]){(int64_t)1 << 61, 2});
    char bytes[32];
    snprintf(bytes, sizeof bytes, "%lld", (long long)beyond * 4);
    expect_too_large(*state, &rather, bytes);
    expect_too_large(*state, &huge, "bytes");
    expect_too_large(*state, &wraps, "bytes");
}

static void test_tensor_arguments(void **state)
{
    const tq_shape bad = tq_shape_of(2, (const int64_t[]){3, 0}), good = tq_shape_of(0, NULL);
    tq_tensor *tensor = (tq_tensor *)&tensor;
    float numbers[5];
    assert_int_equal(tq_tensor_create(&tensor, *state, &bad), TQ_E_SHAPE);
    assert_null(tensor);
    expect_text("3x0", NULL);
    tensor = (tq_tensor *)&tensor;
    assert_int_equal(tq_tensor_create(&tensor, NULL, &good), TQ_E_ARGUMENT);
    assert_null(tensor);
    assert_int_equal(tq_tensor_create(NULL, *state, &good), TQ_E_ARGUMENT);
    tensor = make(*state, 4);
    assert_int_equal(tq_tensor_write(tensor, numbers, 5), TQ_E_SHAPE);
    expect_text("5 numbers", "shape 4", NULL);
    assert_int_equal(tq_tensor_read(tensor, numbers, 3), TQ_E_SHAPE);
    assert_int_equal(tq_tensor_read(tensor, numbers, -1), TQ_E_SHAPE);
    tq_tensor_destroy(tensor);
}

static void test_blocks(void **state)
{
    tq_memory *memory;
    unsigned char bytes[64], read[64];
    for (int i = 0; i < 64; ++i)
        bytes[i] = (unsigned char)(3 * i + 1);
    assert_int_equal(tq_memory__create(&memory, *state, 64), TQ_OK);
    assert_int_equal(tq_memory__write(memory, 0, bytes, 64), TQ_OK);
    assert_int_equal(tq_memory__zero(memory, 8, 12), TQ_OK);
    assert_int_equal(tq_memory__write(memory, 40, bytes, 4), TQ_OK);
    memset(bytes + 8, 0, 12);
    memcpy(bytes + 40, bytes, 4);
    assert_int_equal(tq_memory__read(memory, 0, read, 64), TQ_OK);
    assert_memory_equal(read, bytes, 64);
    assert_int_equal(tq_memory__read(memory, 61, read, 3), TQ_OK);
    assert_memory_equal(read, bytes + 61, 3);
    assert_int_equal(tq_memory__read(memory, 61, read, 4), TQ_E_ARGUMENT);
    expect_text("64 bytes", NULL);
    assert_int_equal(tq_memory__write(memory, 65, bytes, 0), TQ_E_ARGUMENT);
    assert_int_equal(tq_memory__write(memory, UINT64_MAX, bytes, 2), TQ_E_ARGUMENT);
    assert_int_equal(tq_memory__read(memory, 4, read, UINT64_MAX - 1), TQ_E_ARGUMENT);
    assert_int_equal(tq_memory__zero(memory, 4, 64), TQ_E_ARGUMENT);
    tq_memory__release(memory);
    tq_memory__release(NULL);
    assert_int_equal(tq_memory__create(&memory, *state, 0), TQ_E_ARGUMENT);
    assert_null(memory);
}

/* Views keep their block; what is written to one is not seen by its neighbours. */
static void test_views(void **state)
{
    const tq_shape four = tq_shape_of(1, (const int64_t[]){4});
    tq_memory *memory;
    tq_tensor *view[3];
    float numbers[4];
    assert_int_equal(tq_memory__create(&memory, *state, 12 * sizeof(float)), TQ_OK);
    assert_int_equal(tq_memory__zero(memory, 0, 12 * sizeof(float)), TQ_OK);
    for (uint64_t i = 0; i < 3; ++i) {
        assert_int_equal(tq_tensor__view(&view[i], memory, 4 * i, &four), TQ_OK);
        assert_int_equal(tq_tensor__offset(view[i]), 4 * i);
        assert_ptr_equal(tq_tensor__context(view[i]), *state);
    }
    tq_memory__release(memory);
    assert_int_equal(tq_tensor_write(view[1], (const float[]){1, 2, 3, 4}, 4), TQ_OK);
    for (int i = 0; i < 3; ++i) {
        assert_int_equal(tq_tensor_read(view[i], numbers, 4), TQ_OK);
        for (int j = 0; j < 4; ++j)
            assert_true(numbers[j] == (float)(i == 1 ? j + 1 : 0));
        tq_tensor_destroy(view[i]);
    }
}

/* --- Programs and kernels ----------------------------------------------------------------------------- */

static tq_status make_kernel(tq_kernel **kernel, tq_context *context, const char *program, const char *name)
{
    const tq_source source = {"tests/own.cl", program, strlen(program)};
    tq_program_text text = {0};
    tq_program_text__add_source(&text, &source);
    const tq_status status = tq_kernel__create(kernel, context, &text, name);
    tq_program_text__free(&text);
    return status;
}

static void test_build_failure(void **state)
{
    tq_kernel *kernel = (tq_kernel *)&kernel;
    const tq_program_counts before = tq_context_programs(*state);
    assert_int_equal(
        make_kernel(&kernel, *state, "__kernel void k(void)\n{\n    undeclared_name = 3;\n}\n", "k"),
        TQ_E_BUILD);
    assert_null(kernel);
    expect_text(tq_context_device(*state)->name, "CL_BUILD_PROGRAM_FAILURE", "undeclared_name", "own.cl:3",
                NULL);
    assert_int_equal(tq_context_programs(*state).built, before.built);
    assert_true(tq_scale_works(*state, 11)); /* the context goes on */
}

static void test_missing_kernels(void **state)
{
    tq_kernel *kernel = (tq_kernel *)&kernel;
    tq_program_text text = {0};
    assert_int_equal(
        make_kernel(&kernel, *state, "__kernel void k(__global int *x) { x[0] = 1; }\n", "other"),
        TQ_E_OPENCL);
    assert_null(kernel);
    expect_text("'other'", "CL_INVALID_KERNEL_NAME", NULL);
    tq_program_text__add(&text, "layers/nothing.cl");
    tq_program_text__add(&text, "layers/less.cl");
    assert_int_equal(tq_kernel__create(&kernel, *state, &text, "k"), TQ_E_NAME);
    expect_text("layers/nothing.cl", NULL);
    tq_program_text__free(&text);
}

/* Each part stands once, behind the prelude and the defines; too many are refused. */
static void test_program_texts(void **state)
{
    static char names[30][12];
    tq_program_text text = {0};
    tq_text joined = {0};
    (void)state;
    tq_program_text__define(&text, "FIRST", "%d", 17);
    for (int i = 0; i < 2; ++i)
        tq_program_text__add_source(&text, &(tq_source){"a.cl", "alpha", 5});
    tq_program_text__add_source(&text, &(tq_source){"b.cl", "beta", 4});
    assert_int_equal(tq_program_text__join(&text, false, &joined), TQ_OK);
    const char *tail = strstr(tq_text__get(&joined), "#define FIRST 17\n");
    assert_non_null(tail);
    assert_string_equal(tail, "#define FIRST 17\n#line 1 \"a.cl\"\nalpha\n#line 1 \"b.cl\"\nbeta\n");
    assert_memory_equal(tq_text__get(&joined), "#line 1 \"prelude.cl\"\n", 21);
    tq_text__free(&joined);
    for (int i = 0; i < 30; ++i) {
        snprintf(names[i], sizeof names[i], "%d", i);
        tq_program_text__add_source(&text, &(tq_source){names[i], "", 0});
    }
    assert_int_equal(tq_program_text__join(&text, false, &joined), TQ_E_UNSUPPORTED);
    tq_program_text__free(&text);
}

static void test_kernel_arguments(void **state)
{
    const size_t global[3] = {8, 1, 1}, one[3] = {1, 1, 1}, three[3] = {3, 1, 1};
    const float term = 1;
    const double wide = 1;
    tq_kernel *kernel;
    tq_tensor *x = make(*state, 8);
    assert_int_equal(tq_scale_make(&kernel, *state, 2), TQ_OK);
    const tq_argument wrong[] = {TQ_TENSOR(x), TQ_VALUE(wide)}, right[] = {TQ_TENSOR(x), TQ_VALUE(term)};
    const tq_argument many[] = {TQ_TENSOR(x), TQ_VALUE(term), TQ_VALUE(term)};
    assert_int_equal(tq_kernel__run(kernel, global, one, right, 1), TQ_E_OPENCL);
    expect_text("kernel 'scale'", "CL_INVALID_KERNEL_ARGS", NULL);
    assert_int_equal(tq_kernel__run(kernel, global, one, wrong, 2), TQ_E_OPENCL);
    expect_text("kernel 'scale', argument 2", "CL_INVALID_ARG_SIZE", NULL);
    assert_int_equal(tq_kernel__run(kernel, global, one, many, 3), TQ_E_OPENCL);
    expect_text("kernel 'scale', argument 3", "CL_INVALID_ARG_INDEX", NULL);
    assert_int_equal(tq_kernel__run(kernel, global, three, right, 2), TQ_E_OPENCL);
    expect_text("clEnqueueNDRangeKernel", "CL_INVALID_WORK_GROUP_SIZE", NULL);
    assert_int_equal(tq_kernel__run(kernel, global, one, right, 2), TQ_OK);
    tq_kernel__destroy(kernel);
    tq_kernel__destroy(NULL);
    tq_tensor_destroy(x);
}

/* The context's own kernels are made once. */
static void test_context_kernels(void **state)
{
    tq_program_text text = {0};
    tq_kernel *first, *second, *third;
    tq_program_text__add_source(
        &text, &(tq_source){"t.cl", "__kernel void one(void) {}\n__kernel void two(void) {}\n", 54});
    assert_int_equal(tq_context__kernel(&first, *state, &text, "one"), TQ_OK);
    assert_int_equal(tq_context__kernel(&second, *state, &text, "one"), TQ_OK);
    assert_int_equal(tq_context__kernel(&third, *state, &text, "two"), TQ_OK);
    assert_ptr_equal(first, second);
    assert_ptr_not_equal(first, third);
    assert_int_equal(tq_context__kernel(&third, *state, &text, "three"), TQ_E_OPENCL);
    assert_null(third);
    tq_program_text__free(&text);
}

static int set_up(void **state)
{
    tq_context *context = NULL;
    if (tq_context_open(&context, NULL) != TQ_OK)
        print_error("%s\n", tq_error());
    *state = context;
    return context != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    tq_context_close(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shape_counts),
        cmocka_unit_test(test_shape_texts),
        cmocka_unit_test(test_options),
        cmocka_unit_test(test_adopt),
        cmocka_unit_test(test_adopt_refuses),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_tensor_arguments),
        cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_views),
        cmocka_unit_test(test_build_failure),
        cmocka_unit_test(test_missing_kernels),
        cmocka_unit_test(test_program_texts),
        cmocka_unit_test(test_kernel_arguments),
        cmocka_unit_test(test_context_kernels),
    };
    setenv("POCL_DEVICES", "pthread basic", 1); /* adopting needs a second device */
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

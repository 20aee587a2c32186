/*
 * A quantizer of one's own, outside the library: its arithmetic is one text for host and device, its
 * descriptor is a table. It is used on a tensor and, by way of a map, inside the accumulation loop of a
 * layer; each time the device must give the bits of the host.
 */
#include <stdio.h>
#include <string.h>

#include <tensorquant/extend.h>
#include <tensorquant/tensorquant.h>

/* The same text twice: as functions of this program, and as a string for the device's compiler. */
#define SHARED(...) __VA_ARGS__
#include "custom_quantizer.cl"
#undef SHARED
#define SHARED(...) #__VA_ARGS__
static const char device_text[] =
#include "custom_quantizer.cl"
    ;

static const tq_parameter parameters[] = {
    {.name = "emin", .initial = -8, .lowest = -99, .highest = 99, .help = "least exponent", .integer = true},
    {.name = "emax", .initial = 7, .lowest = -99, .highest = 99, .help = "largest exponent", .integer = true},
    {.name = "depth", .initial = 4, .lowest = 1, .highest = 8, .help = "largest j", .integer = true},
};

static void bake(const double *value, tq_words *p, tq_i32 *structure)
{
    p->s0 = (tq_i32)value[0];
    p->s1 = (tq_i32)value[1];
    p->s2 = (tq_i32)value[2];
    *structure = 0;
}

static bool check(const double *value, char *why, size_t size)
{
    if (value[0] <= value[1])
        return true;
    snprintf(why, size, "emin is %g, above emax, which is %g", value[0], value[1]);
    return false;
}

static const char *const strings[] = {"shiftadd", "shiftadd,-4,3,2", NULL};

static const tq_quantizer_kind shiftadd = {.name = "shiftadd",
                                           .summary = "sums of two powers of two",
                                           .parameters = parameters,
                                           .parameter_count = sizeof parameters / sizeof parameters[0],
                                           .examples = strings,
                                           .function = "shiftadd",
                                           .source = device_text,
                                           .apply = tq_quantize_shiftadd,
                                           .bake = bake,
                                           .check = check};

enum { COUNT = 4096, INPUTS = 64, OUTPUTS = 10, SAMPLES = COUNT / INPUTS };

static bool tensor_equals_host(tq_context *context, const float *numbers, const tq_quantizer *q)
{
    static float on_host[COUNT], on_device[COUNT];
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){COUNT});
    tq_tensor *tensor = NULL;
    const bool failed = tq_tensor_create(&tensor, context, &shape) ||
                        tq_tensor_write(tensor, numbers, COUNT) || tq_tensor_quantize(tensor, tensor, q, 0) ||
                        tq_tensor_read(tensor, on_device, COUNT);
    tq_tensor_destroy(tensor);
    tq_quantize_array(on_host, numbers, COUNT, q, 0);
    return !failed && memcmp(on_host, on_device, sizeof on_host) == 0;
}

/* One dense layer with random weights. */
static bool build(tq_network **network, tq_context *context, const float *numbers)
{
    const tq_shape input = tq_shape_of(2, (const int64_t[]){1, INPUTS});
    const tq_shape weight = tq_shape_of(2, (const int64_t[]){INPUTS, OUTPUTS});
    return !(tq_network_create(network, context) || tq_network_add_input(*network, "x", &input, TQ_NHWC) ||
             tq_network_add(*network, "dense", "fc", NULL, "x") ||
             tq_network_set_weight(*network, "fc", "weight", &weight, numbers));
}

static bool network_equals_host(tq_context *context, const float *numbers, const tq_quantizer *q)
{
    static float on_host[SAMPLES * OUTPUTS], on_device[SAMPLES * OUTPUTS];
    const tq_accumulation accumulation = tq_accumulation_of(q);
    tq_network *network = NULL;
    tq_map *map = NULL;
    const bool failed = tq_map_create(&map) || tq_map_add(map, "fc", &accumulation) ||
                        !build(&network, context, numbers) ||
                        tq_network_plan(network, &(tq_plan){.batch = SAMPLES, .intrinsic = map}) ||
                        tq_network_forward(network, numbers, SAMPLES, 0, on_device) ||
                        tq_network_reference(network, numbers, SAMPLES, 0, on_host);
    tq_network_destroy(network);
    tq_map_destroy(map);
    return !failed && memcmp(on_host, on_device, sizeof on_host) == 0;
}

/* -8 .. 8, never twice the same in a row. */
static void fill(float *numbers)
{
    unsigned state = 1;
    for (int i = 0; i < COUNT; ++i) {
        state = state * 1664525u + 1013904223u;
        numbers[i] = (float)(state >> 8) / 1048576.0f - 8.0f;
    }
}

int main(void)
{
    static float numbers[COUNT];
    tq_context *context = NULL;
    tq_quantizer q;
    bool tensor = false, network = false;

    fill(numbers);
    if (!tq_quantizer_make(&q, &shiftadd, "-8,7") && !tq_context_open(&context, NULL)) {
        printf("0.3 -> %g, 100 -> %g\n", (double)tq_quantizer_apply(&q, 0.3f, 0),
               (double)tq_quantizer_apply(&q, 100.0f, 0));
        tensor = tensor_equals_host(context, numbers, &q);
        network = network_equals_host(context, numbers, &q);
    }
    tq_context_close(context);
    if (*tq_error())
        fprintf(stderr, "custom_quantizer: %s\n", tq_error());
    printf("tensor: %s, network: %s\n", tensor ? "equal" : "different", network ? "equal" : "different");
    return tensor && network ? 0 : 1;
}

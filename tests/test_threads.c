/* Contexts are independent: threads that compute side by side get the bits of one that computes alone. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tensorquant/tensorquant.h"
#include "util/fail.h"

enum { THREADS = 2, ROUNDS = 3, BATCH = 4, INPUT = 6 * 6 * 2, OUTPUT = 5, COUNT = 1000 };

typedef struct job {
    pthread_t thread;
    pthread_barrier_t *together;
    tq_status status;
    char text[200];
    float network[ROUNDS][BATCH * OUTPUT];
    float quantized[ROUNDS][COUNT];
} job;

/* Numbers in -1 .. 1 from a small generator. */
static void fill(float *to, size_t count, uint32_t draw)
{
    for (size_t i = 0; i < count; ++i) {
        draw = draw * 1664525u + 1013904223u;
        to[i] = (float)(int32_t)draw / 2147483648.0f;
    }
}

static tq_status set_weights(tq_network *network)
{
    float conv[3 * 3 * 2 * 3], dense[6 * 6 * 3 * OUTPUT];
    const tq_shape conv_shape = tq_shape_of(4, (const int64_t[]){3, 3, 2, 3});
    const tq_shape dense_shape = tq_shape_of(2, (const int64_t[]){6 * 6 * 3, OUTPUT});
    fill(conv, TQ_COUNT(conv), 1);
    fill(dense, TQ_COUNT(dense), 2);
    TQ_TRY(tq_network_set_weight(network, "conv", "weight", &conv_shape, conv));
    return tq_network_set_weight(network, "dense", "weight", &dense_shape, dense);
}

static tq_status build(tq_network *network)
{
    const tq_shape input = tq_shape_of(4, (const int64_t[]){1, 6, 6, 2});
    TQ_TRY(tq_network_add_input(network, "x", &input, TQ_NHWC));
    TQ_TRY(tq_network_add(network, "conv2d", "conv", "pads=1", "x"));
    TQ_TRY(tq_network_add(network, "relu", "relu", NULL, "conv"));
    TQ_TRY(tq_network_add(network, "flatten", "flat", NULL, "relu"));
    TQ_TRY(tq_network_add(network, "dense", "dense", NULL, "flat"));
    return set_weights(network);
}

static tq_status plan(tq_network *network)
{
    tq_map *map;
    TQ_TRY(tq_map_parse(&map, "stochastic,12,6,bits=8"));
    const tq_status status = tq_network_plan(
        network, &(tq_plan){.batch = BATCH, .weights = map, .intrinsic = map, .extrinsic = map, .seed = 5});
    tq_map_destroy(map);
    return status;
}

static tq_status run_network(tq_context *context, float *to)
{
    float input[BATCH * INPUT];
    tq_network *network;
    fill(input, TQ_COUNT(input), 3);
    TQ_TRY(tq_network_create(&network, context));
    tq_status status = build(network);
    if (status == TQ_OK)
        status = plan(network);
    if (status == TQ_OK)
        status = tq_network_forward(network, input, BATCH, 0, to);
    tq_network_destroy(network);
    return status;
}

static tq_status run_quantizer(tq_context *context, float *to)
{
    const tq_shape shape = tq_shape_of(1, (const int64_t[]){COUNT});
    tq_tensor *tensor;
    tq_quantizer q;
    fill(to, COUNT, 4);
    TQ_TRY(tq_quantizer_parse(&q, "float,4,3,round=stochastic"));
    TQ_TRY(tq_tensor_create(&tensor, context, &shape));
    tq_status status = tq_tensor_write(tensor, to, COUNT);
    if (status == TQ_OK)
        status = tq_tensor_quantize(tensor, tensor, &q, 77);
    if (status == TQ_OK)
        status = tq_tensor_read(tensor, to, COUNT);
    tq_tensor_destroy(tensor);
    return status;
}

/* Everything anew in each round: also opening and building run side by side. */
static tq_status do_rounds(job *j)
{
    for (int i = 0; i < ROUNDS; ++i) {
        tq_context *context;
        if (j->together != NULL)
            pthread_barrier_wait(j->together);
        tq_status status = tq_context_open(&context, NULL);
        if (status == TQ_OK)
            status = tq_context_set(context, "cache", "");
        if (status == TQ_OK)
            status = run_network(context, j->network[i]);
        if (status == TQ_OK)
            status = run_quantizer(context, j->quantized[i]);
        tq_context_close(context);
        if (status != TQ_OK && j->together == NULL)
            return status;
        j->status = j->status == TQ_OK ? status : j->status; /* goes on: the barrier waits for all */
    }
    return j->status;
}

static void *do_job(void *argument)
{
    job *j = argument;
    j->status = do_rounds(j);
    snprintf(j->text, sizeof j->text, "%s", tq_error());
    return NULL;
}

static void test_same_bits(void **state)
{
    static job alone, jobs[THREADS];
    pthread_barrier_t together;
    (void)state;
    if (do_job(&alone) != NULL || alone.status != TQ_OK)
        fail_msg("%s", alone.text);
    assert_int_equal(pthread_barrier_init(&together, NULL, THREADS), 0);
    for (int i = 0; i < THREADS; ++i) {
        jobs[i].together = &together;
        assert_int_equal(pthread_create(&jobs[i].thread, NULL, do_job, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; ++i)
        pthread_join(jobs[i].thread, NULL);
    for (int i = 0; i < THREADS; ++i) {
        if (jobs[i].status != TQ_OK)
            fail_msg("%s", jobs[i].text);
        for (int round = 0; round < ROUNDS; ++round) {
            assert_memory_equal(jobs[i].network[round], alone.network[0], sizeof alone.network[0]);
            assert_memory_equal(jobs[i].quantized[round], alone.quantized[0], sizeof alone.quantized[0]);
        }
    }
    pthread_barrier_destroy(&together);
}

typedef struct failer {
    pthread_barrier_t *together;
    const char *text;
    bool empty_before, own_after;
} failer;

static void *fail_once(void *argument)
{
    failer *f = argument;
    tq_quantizer q;
    f->empty_before = tq_error()[0] == '\0';
    pthread_barrier_wait(f->together);
    const bool failed = tq_quantizer_parse(&q, f->text) != TQ_OK;
    pthread_barrier_wait(f->together);
    f->own_after = failed && strstr(tq_error(), f->text) != NULL;
    return NULL;
}

/* A new thread has seen no failure, and keeps its own text. */
static void test_errors_are_of_one_thread(void **state)
{
    pthread_barrier_t together;
    pthread_t thread[2];
    tq_quantizer q;
    (void)state;
    assert_int_equal(pthread_barrier_init(&together, NULL, 2), 0);
    failer failers[2] = {{.together = &together, .text = "nonesuch"},
                         {.together = &together, .text = "unheard"}};
    assert_int_equal(tq_quantizer_parse(&q, "mainly"), TQ_E_NAME);
    for (int i = 0; i < 2; ++i)
        assert_int_equal(pthread_create(&thread[i], NULL, fail_once, &failers[i]), 0);
    for (int i = 0; i < 2; ++i) {
        pthread_join(thread[i], NULL);
        assert_true(failers[i].empty_before);
        assert_true(failers[i].own_after);
    }
    assert_non_null(strstr(tq_error(), "mainly"));
    pthread_barrier_destroy(&together);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_bits),
                                       cmocka_unit_test(test_errors_are_of_one_thread)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

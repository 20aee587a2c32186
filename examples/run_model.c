/*
 * Runs an ONNX model on the first images of a data set with quantizers in three places, and counts the right
 * answers.
 *
 *     run_model MODEL DATASET WEIGHTS INTRINSIC EXTRINSIC
 *
 * Each of the last three is a quantizer string, JSON, or the name of a .json file (tensorquant/map.h):
 *
 *     run_model lenet.onnx fashion-mnist nearest,8,6 '{"conv*": "nearest,16,8", "": "float,5,10"}' none
 */
#include <stdio.h>
#include <stdlib.h>

#include <tensorquant/tensorquant.h>

enum { IMAGES = 1000, BATCH = 50 };

/* What the program holds; zero-initialized, so that it can be freed at any point. */
typedef struct run {
    tq_context *context;
    tq_network *network;
    tq_dataset *dataset;
    tq_map *weights, *intrinsic, *extrinsic;
    int64_t sample_size, classes;
    int64_t seen, right;
} run;

static bool open_all(run *r, char **arguments)
{
    return !(tq_context_open(&r->context, NULL) ||
             tq_network_load_onnx(&r->network, r->context, arguments[0]) ||
             tq_dataset_open(&r->dataset, arguments[1]) || tq_map_parse(&r->weights, arguments[2]) ||
             tq_map_parse(&r->intrinsic, arguments[3]) || tq_map_parse(&r->extrinsic, arguments[4]));
}

static bool plan(run *r)
{
    const tq_plan plan = {.batch = BATCH,
                          .weights = r->weights,
                          .intrinsic = r->intrinsic,
                          .extrinsic = r->extrinsic,
                          .seed = 1};
    tq_shape input, output;
    if (tq_network_plan(r->network, &plan) || tq_network_shapes(r->network, &input, &output))
        return false;
    r->sample_size = tq_shape_count(&input) / BATCH;
    r->classes = tq_shape_count(&output) / BATCH;
    return true;
}

static int64_t index_of_largest(const float *scores, int64_t count)
{
    int64_t largest = 0;
    for (int64_t i = 1; i < count; ++i)
        largest = scores[i] > scores[largest] ? i : largest;
    return largest;
}

/* Samples first .. first + count - 1, count <= BATCH. */
static bool classify(run *r, float *images, float *scores, int64_t first, int64_t count)
{
    int32_t labels[BATCH];
    if (tq_dataset_read(r->dataset, first, count, images, labels) ||
        tq_network_forward(r->network, images, count, first, scores))
        return false;
    for (int64_t i = 0; i < count; ++i)
        r->right += index_of_largest(scores + i * r->classes, r->classes) == labels[i];
    r->seen += count;
    return true;
}

static bool classify_all(run *r)
{
    const int64_t all = tq_dataset_count(r->dataset) < IMAGES ? tq_dataset_count(r->dataset) : IMAGES;
    float *const images = malloc((size_t)(BATCH * r->sample_size) * sizeof *images);
    float *const scores = malloc((size_t)(BATCH * r->classes) * sizeof *scores);
    bool good = images && scores;
    while (good && r->seen < all)
        good = classify(r, images, scores, r->seen, all - r->seen < BATCH ? all - r->seen : BATCH);
    free(images);
    free(scores);
    return good;
}

static void close_all(run *r)
{
    tq_map_destroy(r->weights);
    tq_map_destroy(r->intrinsic);
    tq_map_destroy(r->extrinsic);
    tq_dataset_close(r->dataset);
    tq_network_destroy(r->network);
    tq_context_close(r->context);
}

int main(int argc, char **argv)
{
    run r = {0};
    int result = 1;
    if (argc != 6) {
        fprintf(stderr, "usage: run_model MODEL DATASET WEIGHTS INTRINSIC EXTRINSIC\n");
        return 2;
    }
    if (!open_all(&r, argv + 1) || !plan(&r)) {
        fprintf(stderr, "run_model: %s\n", tq_error());
    } else if (r.sample_size != tq_shape_count(tq_dataset_sample_shape(r.dataset))) {
        fprintf(stderr, "run_model: %s is not a data set for %s\n", argv[2], argv[1]);
    } else if (!classify_all(&r)) {
        fprintf(stderr, "run_model: %s\n", tq_error());
    } else {
        printf("%lld of %lld right\n", (long long)r.right, (long long)r.seen);
        result = 0;
    }
    close_all(&r);
    return result;
}

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "io/dataset_kind.h"
#include "util/fail.h"

/* A kind's string is `name`, or `name:arguments`. */
static const struct {
    const char *name;
    tq_status (*open)(tq_dataset *dataset, const char *arguments);
    const char *arguments; /* NULL: none */
} kinds[] = {
    {"fashion-mnist", tq_dataset__open_fashion_mnist, NULL},
    {"fashion-mnist-train", tq_dataset__open_fashion_mnist_train, NULL},
    {"idx", tq_dataset__open_idx, "IMAGES,LABELS"},
    {"npy", tq_dataset__open_npy, "INPUTS[,LABELS]"},
    {"images", tq_dataset__open_images, "DIR[,LABELS][,OPTION=VALUE...]"},
};

tq_status tq_dataset__split(const char *arguments, char **copy, const char **first, const char **second)
{
    const char *comma = strchr(arguments, ',');
    if (comma == arguments || *arguments == '\0' ||
        (comma != NULL && (comma[1] == '\0' || strchr(comma + 1, ',') != NULL)))
        return tq_status__fail(TQ_E_SYNTAX, "data set files '%.200s': needs names separated by one comma",
                               arguments);
    const size_t size = strlen(arguments) + 1;
    *copy = malloc(size);
    if (*copy == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a name of %zu bytes", size);
    memcpy(*copy, arguments, size);
    *first = *copy;
    *second = comma == NULL ? NULL : *copy + (comma - arguments) + 1;
    if (comma != NULL)
        (*copy)[comma - arguments] = '\0';
    return TQ_OK;
}

static tq_status open_kind(tq_dataset *dataset, const char *spec)
{
    const size_t length = strcspn(spec, ":");
    for (size_t i = 0; i < TQ_COUNT(kinds); ++i) {
        if (strlen(kinds[i].name) != length || memcmp(kinds[i].name, spec, length) != 0)
            continue;
        if ((kinds[i].arguments != NULL) != (spec[length] == ':'))
            return tq_status__fail(TQ_E_SYNTAX, "data set '%.200s': write '%s%s%s'", spec, kinds[i].name,
                                   kinds[i].arguments != NULL ? ":" : "",
                                   kinds[i].arguments != NULL ? kinds[i].arguments : "");
        return kinds[i].open(dataset, spec + length + (spec[length] == ':'));
    }
    return tq_status__fail(
        TQ_E_NAME,
        "unknown data set '%.200s'; there are fashion-mnist, fashion-mnist-train, idx:IMAGES,LABELS, "
        "npy:INPUTS[,LABELS], images:DIR[,LABELS][,OPTION=VALUE...]",
        spec);
}

tq_status tq_dataset_open(tq_dataset **dataset, const char *spec)
{
    if (dataset != NULL)
        *dataset = NULL;
    if (dataset == NULL || spec == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_dataset_open: NULL argument");
    tq_dataset *made = calloc(1, sizeof *made);
    if (made == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a data set");
    const tq_status status = open_kind(made, spec);
    if (status == TQ_OK)
        *dataset = made;
    else
        tq_dataset_close(made);
    return status;
}

void tq_dataset_close(tq_dataset *dataset)
{
    if (dataset == NULL)
        return;
    free(dataset->bytes);
    free(dataset->values);
    free(dataset->labels);
    tq_image_set__free(dataset->images);
    tq_text__free(&dataset->warnings);
    free(dataset);
}

int64_t tq_dataset_count(const tq_dataset *dataset)
{
    return dataset->count;
}

const tq_shape *tq_dataset_sample_shape(const tq_dataset *dataset)
{
    return &dataset->sample;
}

const char *tq_dataset_warnings(const tq_dataset *dataset)
{
    return tq_text__get(&dataset->warnings);
}

bool tq_dataset_has_labels(const tq_dataset *dataset)
{
    return dataset->labels != NULL;
}

static tq_status copy_samples(const tq_dataset *dataset, int64_t first, int64_t count, float *to)
{
    if (dataset->images != NULL)
        return tq_image_set__read(dataset->images, first, count, to);
    const size_t size = (size_t)tq_shape_count(&dataset->sample);
    const size_t start = (size_t)first * size, total = (size_t)count * size;
    if (dataset->values != NULL) {
        memcpy(to, dataset->values + start, total * sizeof *to);
        return TQ_OK;
    }
    for (size_t i = 0; i < total; ++i)
        to[i] = (float)dataset->bytes[start + i] / 255.0f;
    return TQ_OK;
}

tq_status tq_dataset_read(const tq_dataset *dataset, int64_t first, int64_t count, float *samples,
                          int32_t *labels)
{
    if (dataset == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_dataset_read: NULL data set");
    if (first < 0 || count < 0 || first > dataset->count || count > dataset->count - first)
        return tq_status__fail(TQ_E_ARGUMENT, "%lld samples from number %lld on, the data set has %lld",
                               (long long)count, (long long)first, (long long)dataset->count);
    if (labels != NULL && dataset->labels == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "the data set has no labels");
    if (samples != NULL)
        TQ_TRY(copy_samples(dataset, first, count, samples));
    if (labels != NULL)
        memcpy(labels, dataset->labels + first, (size_t)count * sizeof *labels);
    return TQ_OK;
}

static double largest_byte(const tq_dataset *dataset, int64_t count)
{
    unsigned char largest = 0;
    for (int64_t i = 0; i < count; ++i)
        largest = dataset->bytes[i] > largest ? dataset->bytes[i] : largest;
    return (double)((float)largest / 255.0f);
}

double tq_dataset_largest(const tq_dataset *dataset)
{
    const int64_t count = dataset->count * tq_shape_count(&dataset->sample);
    double largest = 0.0;
    if (dataset->images != NULL)
        return tq_image_set__largest(dataset->images);
    if (dataset->bytes != NULL)
        return largest_byte(dataset, count);
    for (int64_t i = 0; i < count; ++i) {
        const double x = fabs((double)dataset->values[i]);
        if (!isfinite(x))
            return 0.0;
        largest = x > largest ? x : largest;
    }
    return largest;
}

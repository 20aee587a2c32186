/* What the kinds of data sets fill; each kind's opener is in a file of its own. */
#ifndef TQ_IO_DATASET_KIND_H
#define TQ_IO_DATASET_KIND_H

#include "tensorquant/dataset.h"
#include "util/text.h"

struct tq_dataset {
    int64_t count;
    tq_shape sample;
    unsigned char *bytes; /* samples as bytes, or */
    float *values;        /* as numbers, or */
    struct tq_image_set *images;
    int32_t *labels;  /* NULL: none */
    tq_text warnings; /* lines */
};

/* Images in files (dataset_images.c). */
tq_status tq_image_set__read(const struct tq_image_set *set, int64_t first, int64_t count, float *samples);
double tq_image_set__largest(const struct tq_image_set *set);
void tq_image_set__free(struct tq_image_set *set);

/* Fills a zeroed data set from the part of its string behind "kind:". What was filled is freed by the caller.
 */
tq_status tq_dataset__open_fashion_mnist(tq_dataset *dataset, const char *arguments);
tq_status tq_dataset__open_fashion_mnist_train(tq_dataset *dataset, const char *arguments);
tq_status tq_dataset__open_images(tq_dataset *dataset, const char *arguments);
tq_status tq_dataset__open_idx(tq_dataset *dataset, const char *arguments);
tq_status tq_dataset__open_npy(tq_dataset *dataset, const char *arguments);

/* Reads two idx files. */
tq_status tq_dataset__read_idx(tq_dataset *dataset, const char *images, const char *labels);

/*
 * Cuts "first,second" at the comma; `*second` is NULL without one. Both lie in `*copy`, which the caller
 * frees. TQ_E_SYNTAX: an empty name, or a second comma. TQ_E_MEMORY.
 */
tq_status tq_dataset__split(const char *arguments, char **copy, const char **first, const char **second);

#endif

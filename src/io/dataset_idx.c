/* Data sets of idx files: any, and Fashion-MNIST where Debian puts it. */
#include <stdlib.h>
#include <sys/stat.h>

#include "io/dataset_kind.h"
#include "io/idx.h"
#include "util/fail.h"
#include "util/text.h"

#ifndef TQ_DATASETS
#define TQ_DATASETS "/usr/share/datasets"
#endif

static tq_status take_labels(tq_dataset *dataset, const tq_idx *labels)
{
    dataset->labels = malloc((size_t)labels->dim[0] * sizeof *dataset->labels);
    if (dataset->labels == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld labels", (long long)labels->dim[0]);
    for (int64_t i = 0; i < labels->dim[0]; ++i)
        dataset->labels[i] = labels->bytes[i];
    return TQ_OK;
}

tq_status tq_dataset__read_idx(tq_dataset *dataset, const char *images, const char *labels)
{
    tq_idx image, label;
    TQ_TRY(tq_idx__read(images, 3, &image));
    dataset->bytes = image.bytes;
    dataset->count = image.dim[0];
    dataset->sample = tq_shape_of(3, (const int64_t[]){1, image.dim[1], image.dim[2]});
    TQ_TRY(tq_idx__read(labels, 1, &label));
    tq_status status;
    if (label.dim[0] != image.dim[0])
        status = tq_status__fail(TQ_E_FORMAT, "'%s' has %lld images, '%s' has %lld labels", images,
                                 (long long)image.dim[0], labels, (long long)label.dim[0]);
    else
        status = take_labels(dataset, &label);
    free(label.bytes);
    return status;
}

tq_status tq_dataset__open_idx(tq_dataset *dataset, const char *arguments)
{
    char *copy;
    const char *images, *labels;
    TQ_TRY(tq_dataset__split(arguments, &copy, &images, &labels));
    const tq_status status =
        labels != NULL
            ? tq_dataset__read_idx(dataset, images, labels)
            : tq_status__fail(TQ_E_SYNTAX, "data set 'idx:%.200s': write 'idx:IMAGES,LABELS'", arguments);
    free(copy);
    return status;
}

static tq_status check_there(const char *path)
{
    struct stat info;
    if (stat(path, &info) == 0)
        return TQ_OK;
    return tq_status__fail(TQ_E_FILE,
                           "'%s' is missing: install Debian's package dataset-fashion-mnist, or set "
                           "TQ_FASHION_MNIST to the directory of its files",
                           path);
}

static tq_status open_fashion_mnist(tq_dataset *dataset, const char *part)
{
    const char *given = getenv("TQ_FASHION_MNIST");
    const char *directory = given != NULL && *given != '\0' ? given : TQ_DATASETS "/fashion-mnist";
    tq_text images = {0}, labels = {0};
    tq_text__print(&images, "%s/%s-images-idx3-ubyte.gz", directory, part);
    tq_text__print(&labels, "%s/%s-labels-idx1-ubyte.gz", directory, part);
    tq_status status = tq_text__status(images.failed ? &images : &labels);
    if (status == TQ_OK)
        status = check_there(tq_text__get(&images));
    if (status == TQ_OK)
        status = check_there(tq_text__get(&labels));
    if (status == TQ_OK)
        status = tq_dataset__read_idx(dataset, tq_text__get(&images), tq_text__get(&labels));
    tq_text__free(&images);
    tq_text__free(&labels);
    return status;
}

tq_status tq_dataset__open_fashion_mnist(tq_dataset *dataset, const char *arguments)
{
    (void)arguments;
    return open_fashion_mnist(dataset, "t10k");
}

tq_status tq_dataset__open_fashion_mnist_train(tq_dataset *dataset, const char *arguments)
{
    (void)arguments;
    return open_fashion_mnist(dataset, "train");
}

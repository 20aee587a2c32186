/* Data sets of NumPy files: inputs [samples, ...] and labels [samples]. */
#include <stdlib.h>
#include <string.h>

#include "io/dataset_kind.h"
#include "io/npy.h"
#include "util/fail.h"

static tq_status read_labels(tq_dataset *dataset, const char *path)
{
    int64_t count = 0;
    TQ_TRY(tq_npy__read_labels(path, &count, &dataset->labels));
    if (count != dataset->count)
        return tq_status__fail(TQ_E_FORMAT, "'%s' has %lld labels, there are %lld samples", path,
                               (long long)count, (long long)dataset->count);
    return TQ_OK;
}

static tq_status read_both(tq_dataset *dataset, const char *inputs, const char *labels)
{
    tq_shape shape;
    TQ_TRY(tq_npy_read(inputs, &shape, &dataset->values));
    if (shape.rank < 2)
        return tq_status__fail(TQ_E_FORMAT, "'%s' has %d dimensions: needs samples and at least one more",
                               inputs, shape.rank);
    dataset->count = shape.dim[0];
    dataset->sample = tq_shape_of(shape.rank - 1, shape.dim + 1);
    return labels != NULL ? read_labels(dataset, labels) : TQ_OK;
}

tq_status tq_dataset__open_npy(tq_dataset *dataset, const char *arguments)
{
    char *copy;
    const char *inputs, *labels;
    TQ_TRY(tq_dataset__split(arguments, &copy, &inputs, &labels));
    const tq_status status = read_both(dataset, inputs, labels);
    free(copy);
    return status;
}

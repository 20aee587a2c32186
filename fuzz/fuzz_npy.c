/* NumPy files, as numbers and as labels. */
#include <stdlib.h>

#include "fuzz_input.h"
#include "io/npy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *const path = fuzz_file(data, size);
    tq_shape shape;
    float *values;
    int32_t *labels;
    int64_t count;
    if (tq_npy_read(path, &shape, &values) == TQ_OK) {
        fuzz_require((size_t)tq_shape_count(&shape) * 4 < size, "no more numbers than the file has");
        tq_npy_free(values);
    }
    if (tq_npy__read_labels(path, &count, &labels) == TQ_OK) {
        fuzz_require((size_t)count < size, "no more labels than the file has");
        free(labels);
    }
    return 0;
}

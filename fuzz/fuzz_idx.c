/* idx files, plain and gzip. */
#include <stdlib.h>

#include "fuzz_input.h"
#include "io/idx.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *const path = fuzz_file(data, size);
    for (int rank = 1; rank <= 3; rank += 2) {
        tq_idx idx;
        unsigned sum = 0;
        if (tq_idx__read(path, rank, &idx) != TQ_OK)
            continue;
        for (int64_t i = 0; i < idx.dim[0] * idx.dim[1] * idx.dim[2]; ++i)
            sum += idx.bytes[i];
        fuzz_require(sum <= 255u * (1u << 24), "all bytes are there");
        free(idx.bytes);
    }
    return 0;
}

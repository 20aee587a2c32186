/* ONNX models: the import. No device takes part: layers are made and get their weights, and are not planned.
 */
#include <stdlib.h>

#include "fuzz_input.h"
#include "io/onnx.h"
#include "runtime/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static tq_context context;
    tq_network *network;
    if (tq_onnx__load(&network, &context, data, size) == TQ_OK)
        tq_network_destroy(network);
    else
        fuzz_require(tq_error()[0] != '\0', "a refusal has a text");
    return 0;
}

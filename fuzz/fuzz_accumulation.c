/* Accumulation strings and JSON: what is accepted prints, and parses again to the same. */
#include <stdlib.h>
#include <string.h>

#include "fuzz_input.h"
#include "tensorquant/accumulation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const text = fuzz_text(data, size), printed[2048];
    tq_accumulation a, second;
    if (tq_accumulation_parse(&a, text) == TQ_OK) {
        fuzz_require(tq_accumulation_print(printed, sizeof printed, &a) < sizeof printed,
                     "a canonical string fits");
        fuzz_require(tq_accumulation_parse(&second, printed) == TQ_OK, "a canonical string is accepted");
        fuzz_require(tq_accumulation_equal(&a, &second), "it means the same");
    } else {
        fuzz_require(tq_error()[0] != '\0', "a refusal has a text");
    }
    free(text);
    return 0;
}

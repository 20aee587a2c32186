/* Quantizer strings: what is accepted prints, parses again to the same, and quantizes. */
#include <stdlib.h>
#include <string.h>

#include "fuzz_input.h"
#include "tensorquant/quantizer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const float numbers[] = {0.0f, -0.75f, 3.1e-41f, 1e30f};
    char *const text = fuzz_text(data, size), printed[512], again[512];
    tq_quantizer q, second;
    if (tq_quantizer_parse(&q, text) == TQ_OK) {
        fuzz_require(tq_quantizer_print(printed, sizeof printed, &q) < sizeof printed,
                     "a canonical string fits");
        fuzz_require(tq_quantizer_parse(&second, printed) == TQ_OK, "a canonical string is accepted");
        fuzz_require(tq_quantizer_equal(&q, &second), "it means the same");
        tq_quantizer_print(again, sizeof again, &second);
        fuzz_require(strcmp(printed, again) == 0, "it is canonical");
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; ++i) {
            const float once = tq_quantizer_apply(&q, numbers[i], 0x80000000u);
            (void)once;
        }
    } else {
        fuzz_require(tq_error()[0] != '\0', "a refusal has a text");
    }
    free(text);
    return 0;
}

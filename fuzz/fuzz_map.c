/* Maps: inline JSON, or a string for all layers. */
#include <stdlib.h>
#include <string.h>

#include "fuzz_input.h"
#include "tensorquant/map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *const text = fuzz_text(data, size);
    tq_accumulation accumulation;
    tq_map *map;
    /* A name of a file is not what is looked at. */
    if (strstr(text, ".json") == NULL && tq_map_parse(&map, text) == TQ_OK) {
        for (size_t i = 0; i < tq_map_count(map); ++i)
            fuzz_require(tq_map_rule(map, i, &accumulation) != NULL, "a rule has a pattern");
        const int rule = tq_map_find(map, "conv1/conv2d_a");
        fuzz_require(rule >= -1 && rule < (int)tq_map_count(map), "a rule is one of the map's");
        tq_map_destroy(map);
    }
    free(text);
    return 0;
}

/* The labels file of a folder of images, and the options behind a data set's name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz_input.h"
#include "io/image_list.h"
#include "tensorquant/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tq_image_list list = {0};
    tq_dataset *set;
    char *const text = fuzz_text(data, size), *const spec = malloc(size + 64);
    if (tq_image_list__read(&list, "folder", fuzz_file(data, size)) == TQ_OK)
        for (size_t i = 0; i < list.count; ++i)
            fuzz_require(list.label[i] >= 0 && strncmp(list.path[i], "folder/", 7) == 0,
                         "a name and a label");
    tq_image_list__free(&list);
    fuzz_require(spec != NULL, "memory");
    snprintf(spec, size + 64, "images:/proc/self/fdinfo,%s", text); /* has no image */
    fuzz_require(tq_dataset_open(&set, spec) != TQ_OK, "a data set without images is refused");
    free(spec);
    free(text);
    return 0;
}

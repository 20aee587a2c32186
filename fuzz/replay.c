/* Gives a fuzz target the files of a folder, without libFuzzer: the regression test of what was found. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "fuzz_input.h"

#define MOST_BYTES (1 << 20)

static int replay(const char *folder, const char *name)
{
    static uint8_t data[MOST_BYTES];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        return fprintf(stderr, "cannot open %s\n", path), 1;
    const size_t size = fread(data, 1, sizeof data, file);
    fclose(file);
    uint8_t *const exact = malloc(size + (size == 0)); /* so that a sanitizer sees its end */
    fuzz_require(exact != NULL, "memory");
    for (size_t i = 0; i < size; ++i)
        exact[i] = data[i];
    puts(path);
    fflush(stdout);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    int files = 0, faults = 0;
    for (int i = 1; i < argc; ++i) {
        DIR *const folder = opendir(argv[i]);
        if (folder == NULL)
            return fprintf(stderr, "cannot open folder %s\n", argv[i]), 1;
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
            if (entry->d_name[0] != '.') {
                faults += replay(argv[i], entry->d_name);
                ++files;
            }
        closedir(folder);
    }
    printf("%d inputs\n", files);
    return files == 0 || faults > 0;
}

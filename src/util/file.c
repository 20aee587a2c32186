#include "util/file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fail.h"
#include "util/text.h"

#define FIRST_BYTES ((size_t)64 << 10)

static tq_status fail_file(const char *verb, const char *path)
{
    return tq_status__fail(TQ_E_FILE, "cannot %s '%s': %s", verb, path, strerror(errno));
}

static tq_status grow(unsigned char **data, size_t *capacity, const char *path)
{
    const size_t wanted = *capacity == 0 ? FIRST_BYTES : 2 * *capacity;
    unsigned char *grown = wanted > *capacity ? realloc(*data, wanted) : NULL;
    if (grown == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for '%s' of more than %zu bytes", path, *capacity);
    *data = grown;
    *capacity = wanted;
    return TQ_OK;
}

/* In growing pieces: the size of a pipe is not known, and what a directory entry says may be wrong. */
static tq_status read_all(FILE *file, const char *path, size_t most, unsigned char **data, size_t *size)
{
    size_t capacity = 0;
    for (;;) {
        if (*size + 1 >= capacity)
            TQ_TRY(grow(data, &capacity, path));
        errno = 0;
        const size_t got = fread(*data + *size, 1, capacity - *size - 1, file);
        *size += got;
        if (*size > most)
            return tq_status__fail(TQ_E_FILE, "'%s' is larger than %zu bytes, which is the limit", path,
                                   most);
        if (got == 0)
            break;
    }
    (*data)[*size] = '\0';
    return ferror(file) ? fail_file("read", path) : TQ_OK;
}

/* Refuses before reading what is known to be too large. */
static tq_status check_size(const char *path, size_t most)
{
    struct stat info;
    if (stat(path, &info) != 0)
        return fail_file("open", path);
    if (S_ISREG(info.st_mode) && (uint64_t)info.st_size > most)
        return tq_status__fail(TQ_E_FILE, "'%s' has %llu bytes, the limit is %zu", path,
                               (unsigned long long)info.st_size, most);
    return TQ_OK;
}

tq_status tq_file__read(const char *path, size_t most, unsigned char **data, size_t *size)
{
    unsigned char *read = NULL;
    size_t count = 0;
    TQ_TRY(check_size(path, most));
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return fail_file("open", path);
    const tq_status status = read_all(file, path, most, &read, &count);
    fclose(file);
    if (status != TQ_OK) {
        free(read);
        return status;
    }
    *data = read;
    *size = count;
    return TQ_OK;
}

/* Writes and closes; `keep`: only when it is on the disk, which not every file allows to ask for. */
static tq_status fill(FILE *file, const char *path, const void *head, size_t head_size, const void *body,
                      size_t body_size, bool keep)
{
    errno = 0;
    const bool written = fwrite(head, 1, head_size, file) == head_size &&
                         fwrite(body, 1, body_size, file) == body_size && fflush(file) == 0 &&
                         (!keep || fsync(fileno(file)) == 0);
    const tq_status status = written ? TQ_OK : fail_file("write", path);
    if (fclose(file) != 0 && status == TQ_OK)
        return fail_file("write", path);
    return status;
}

/* Opens a new file beside `path`; its name goes to `name`. */
static FILE *open_beside(const char *path, tq_text *name)
{
    FILE *file = NULL;
    for (int attempt = 0; attempt < 100 && file == NULL; ++attempt) {
        tq_text__free(name);
        tq_text__print(name, "%s.%ld-%d.tmp", path, (long)getpid(), attempt);
        file = name->failed ? NULL : fopen(tq_text__get(name), "wbx");
        if (file == NULL && errno != EEXIST)
            break;
    }
    return file;
}

static tq_status replace(const char *path, const void *head, size_t head_size, const void *body,
                         size_t body_size)
{
    tq_text name = {0};
    tq_status status;
    FILE *file = open_beside(path, &name);
    if (file == NULL) {
        status = fail_file("write", path);
    } else {
        status = fill(file, path, head, head_size, body, body_size, true);
        if (status == TQ_OK && rename(tq_text__get(&name), path) != 0)
            status = fail_file("write", path);
        if (status != TQ_OK)
            remove(tq_text__get(&name));
    }
    tq_text__free(&name);
    return status;
}

tq_status tq_file__write(const char *path, const void *head, size_t head_size, const void *body,
                         size_t body_size)
{
    struct stat info;
    if (stat(path, &info) != 0 || S_ISREG(info.st_mode))
        return replace(path, head, head_size, body, body_size);
    FILE *file = fopen(path, "wb");
    if (file == NULL)
        return fail_file("write", path);
    return fill(file, path, head, head_size, body, body_size, false);
}

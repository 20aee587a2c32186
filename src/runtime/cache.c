/*
 * Built programs on disk, a file each: a header of six 64-bit words (magic, format, key twice, payload size,
 * payload hash), then the payload. Files are written under a temporary name and renamed; whatever is wrong
 * with one makes it a miss and removes it.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "runtime/internal.h"
#include "util/fail.h"

#define MAGIC        0x6E69626D61724751u
#define FORMAT       1u
#define HEADER_WORDS 6
#define MOST_BYTES   ((uint64_t)256 << 20)
#define MOST_FILES   1024

void tq_cache__initial_directory(char *to, size_t size)
{
    static const struct {
        const char *variable, *below;
    } places[] = {{"TQ_CACHE", ""}, {"XDG_CACHE_HOME", "/tensorquant"}, {"HOME", "/.cache/tensorquant"}};
    to[0] = '\0';
    for (size_t i = 0; i < TQ_COUNT(places); ++i) {
        const char *value = getenv(places[i].variable);
        if (value == NULL || (value[0] == '\0' && i > 0))
            continue;
        if (snprintf(to, size, "%s%s", value, places[i].below) >= (int)size)
            to[0] = '\0';
        return;
    }
}

/* PoCL keeps what it compiles, and compiles every kernel once more, for any size of work-group, when it is
 * asked for a binary: 40 % of a first start. */
static bool driver_keeps(const tq_context *c)
{
    const char *cache = getenv("POCL_KERNEL_CACHE");
    return tq_device__is_pocl(&c->info) && (cache == NULL || strcmp(cache, "0") != 0);
}

bool tq_cache__is_used(const tq_context *c)
{
    return c->cache[0] != '\0' && (c->cache_set || !driver_keeps(c));
}

static bool file_name(char *to, size_t size, const char *directory, tq_program_key key)
{
    char name[33];
    tq_program_key__print(name, key);
    return snprintf(to, size, "%s/%s.bin", directory, name) < (int)size;
}

static bool header_is_right(const uint64_t *header, tq_program_key key)
{
    return header[0] == MAGIC && header[1] == FORMAT && header[2] == key.low && header[3] == key.high &&
           header[4] > 0 && header[4] <= MOST_BYTES;
}

static unsigned char *read_payload(FILE *file, tq_program_key key, size_t *size)
{
    uint64_t header[HEADER_WORDS];
    if (fread(header, sizeof header, 1, file) != 1 || !header_is_right(header, key))
        return NULL;
    unsigned char *payload = malloc((size_t)header[4]);
    if (payload == NULL)
        return NULL;
    *size = (size_t)header[4];
    if (fread(payload, 1, *size, file) == *size && fgetc(file) == EOF &&
        XXH64(payload, *size, 0) == header[5])
        return payload;
    free(payload);
    return NULL;
}

unsigned char *tq_cache__read(const char *directory, tq_program_key key, size_t *size)
{
    char name[1200];
    if (directory[0] == '\0' || !file_name(name, sizeof name, directory, key))
        return NULL;
    FILE *file = fopen(name, "rb");
    if (file == NULL)
        return NULL;
    unsigned char *payload = read_payload(file, key, size);
    fclose(file);
    if (payload == NULL)
        unlink(name);
    return payload;
}

void tq_cache__make_directory(const char *directory)
{
    char path[1024];
    snprintf(path, sizeof path, "%s", directory);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    mkdir(path, 0700);
}

/* Whether the cache wrote a file of this name, be it a temporary one; others in the directory are the user's.
 */
static bool is_own(const char *name)
{
    return strspn(name, "0123456789abcdef") == 32 && strncmp(name + 32, ".bin", 4) == 0;
}

/* Removes the oldest file when there are too many. */
static void bound_directory(const char *directory)
{
    char name[1400], oldest[1400] = "";
    time_t oldest_time = 0;
    size_t count = 0;
    DIR *list = opendir(directory);
    if (list == NULL)
        return;
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
        struct stat facts;
        snprintf(name, sizeof name, "%s/%s", directory, entry->d_name);
        if (!is_own(entry->d_name) || stat(name, &facts) != 0 || !S_ISREG(facts.st_mode))
            continue;
        if (count++ == 0 || facts.st_mtime < oldest_time) {
            oldest_time = facts.st_mtime;
            memcpy(oldest, name, sizeof oldest);
        }
    }
    closedir(list);
    if (count > MOST_FILES)
        unlink(oldest);
}

static bool write_file(const char *name, tq_program_key key, const unsigned char *binary, size_t size)
{
    const uint64_t header[HEADER_WORDS] = {MAGIC, FORMAT, key.low, key.high, size, XXH64(binary, size, 0)};
    FILE *file = fopen(name, "wb");
    if (file == NULL)
        return false;
    bool good = fwrite(header, sizeof header, 1, file) == 1 && fwrite(binary, 1, size, file) == size;
    good = fflush(file) == 0 && fsync(fileno(file)) == 0 && good;
    return fclose(file) == 0 && good;
}

void tq_cache__write(const char *directory, tq_program_key key, const unsigned char *binary, size_t size)
{
    char name[1200], temporary[1300];
    if (directory[0] == '\0' || size == 0 || size > MOST_BYTES ||
        !file_name(name, sizeof name, directory, key))
        return;
    tq_cache__make_directory(directory);
    /* The address of a local tells threads of one process apart. */
    snprintf(temporary, sizeof temporary, "%s.%ld.%p", name, (long)getpid(), (void *)temporary);
    if (!write_file(temporary, key, binary, size) || rename(temporary, name) != 0)
        unlink(temporary);
    bound_directory(directory);
}

#include "io/idx.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "util/fail.h"

#define MAGIC       2048u /* unsigned bytes; plus the rank */
#define MOST_BYTES  ((int64_t)1 << 33)
#define FIRST_BYTES ((size_t)1 << 20)

static tq_status fail_read(gzFile file, const char *path)
{
    int code;
    const char *text = gzerror(file, &code);
    if (code == Z_ERRNO)
        return tq_status__fail(TQ_E_FILE, "cannot read '%s': %s", path, strerror(errno));
    if (code != Z_OK && code != Z_BUF_ERROR)
        return tq_status__fail(TQ_E_FORMAT, "'%s' is damaged: %s", path, text);
    return tq_status__fail(TQ_E_FORMAT, "'%s' is truncated", path);
}

/* The next big-endian 32-bit number. */
static tq_status read_number(gzFile file, const char *path, uint32_t *value)
{
    unsigned char b[4];
    if (gzread(file, b, 4) != 4)
        return fail_read(file, path);
    *value = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    return TQ_OK;
}

static tq_status read_header(gzFile file, const char *path, tq_idx *idx, int64_t *count)
{
    uint32_t magic, size;
    TQ_TRY(read_number(file, path, &magic));
    if (magic != MAGIC + (uint32_t)idx->rank)
        return tq_status__fail(TQ_E_FORMAT, "'%s' has magic %u, needs %u (idx file of %s)", path, magic,
                               MAGIC + (uint32_t)idx->rank, idx->rank == 3 ? "images" : "labels");
    *count = 1;
    for (int i = 0; i < idx->rank; ++i) {
        TQ_TRY(read_number(file, path, &size));
        if (size == 0 || (int64_t)size > MOST_BYTES / *count)
            return tq_status__fail(TQ_E_FORMAT, "'%s': dimension %d is %u; allowed 1 to %lld bytes in all",
                                   path, i, size, (long long)MOST_BYTES);
        idx->dim[i] = size;
        *count *= size;
    }
    return TQ_OK;
}

/* Reads `count` bytes. Memory grows with what is there: a header can announce anything. */
static tq_status read_bytes(gzFile file, const char *path, size_t count, unsigned char **bytes)
{
    size_t have = 0, capacity = count < FIRST_BYTES ? count : FIRST_BYTES;
    while (have < count) {
        unsigned char *grown = realloc(*bytes, capacity);
        if (grown == NULL)
            return tq_status__fail(TQ_E_MEMORY, "no memory for '%s' of %zu bytes", path, count);
        *bytes = grown;
        while (have < capacity) {
            const size_t rest = capacity - have;
            const int got = gzread(file, *bytes + have, (unsigned)(rest < FIRST_BYTES ? rest : FIRST_BYTES));
            if (got <= 0)
                return fail_read(file, path);
            have += (size_t)got;
        }
        capacity = capacity > count / 2 ? count : 2 * capacity;
    }
    return TQ_OK;
}

/* At the end of gzip data zlib also compares its checksum; when that is cut off it says so, and reads
 * nothing. */
static tq_status check_end(gzFile file, const char *path)
{
    unsigned char more;
    int code;
    if (gzread(file, &more, 1) > 0)
        return tq_status__fail(TQ_E_FORMAT, "'%s' has more bytes than its header says", path);
    gzerror(file, &code);
    return code == Z_OK ? TQ_OK : fail_read(file, path);
}

static tq_status read_file(gzFile file, const char *path, tq_idx *idx)
{
    int64_t count = 0;
    TQ_TRY(read_header(file, path, idx, &count));
    TQ_TRY(read_bytes(file, path, (size_t)count, &idx->bytes));
    return check_end(file, path);
}

tq_status tq_idx__read(const char *path, int rank, tq_idx *idx)
{
    tq_idx read = {.rank = rank, .dim = {1, 1, 1}};
    errno = 0;
    gzFile file = gzopen(path, "rb");
    if (file == NULL)
        return tq_status__fail(TQ_E_FILE, "cannot open '%s': %s", path,
                               errno != 0 ? strerror(errno) : "no memory");
    const tq_status status = read_file(file, path, &read);
    gzclose_r(file);
    if (status != TQ_OK) {
        free(read.bytes);
        return status;
    }
    *idx = read;
    return TQ_OK;
}

#include "cli/sweep_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"

#define START "{\"scope\":" /* of every row */

static int fault(const tq_sweep_file *file, const char *what)
{
    return tq_report__failure("'%s' cannot be %s: %s", file->path, what, strerror(errno));
}

/* Cuts off a last line without an end, provided that it is the start of a row. */
static int drop_cut_line(tq_sweep_file *file, const char *line, size_t length, off_t start)
{
    const size_t compared = length < strlen(START) ? length : strlen(START);
    if (strncmp(line, START, compared) != 0)
        return tq_report__failure("'%s' is not a file of `tq sweep`: it ends in '%.40s'", file->path, line);
    return ftruncate(file->descriptor, start) == 0 ? TQ_EXIT_OK : fault(file, "cut to its last whole line");
}

static int read_line(tq_sweep_file *file, const char *line, size_t length, size_t number)
{
    json_t *const row = strncmp(line, START, strlen(START)) == 0 ? json_loadb(line, length, 0, NULL) : NULL;
    if (row == NULL)
        return tq_report__failure("'%s' is not a file of `tq sweep`: line %zu is not a row", file->path,
                                  number);
    return json_array_append_new(file->rows, row) == 0 ? TQ_EXIT_OK
                                                       : tq_report__failure("no memory for the rows");
}

static int read_rows(tq_sweep_file *file, FILE *from)
{
    char *line = NULL;
    size_t capacity = 0, number = 0;
    off_t start = 0;
    ssize_t length;
    int result = TQ_EXIT_OK;
    while (result == TQ_EXIT_OK && (length = getline(&line, &capacity, from)) > 0) {
        result = line[length - 1] == '\n' ? read_line(file, line, (size_t)length, ++number)
                                          : drop_cut_line(file, line, (size_t)length, start);
        start += length;
    }
    if (result == TQ_EXIT_OK && ferror(from))
        result = fault(file, "read");
    free(line);
    return result;
}

int tq_sweep_file__open(tq_sweep_file *file, const char *path)
{
    *file = (tq_sweep_file){.path = path, .descriptor = -1, .rows = json_array()};
    if (file->rows == NULL)
        return tq_report__failure("no memory for the rows");
    if (path == NULL)
        return TQ_EXIT_OK;
    file->descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file->descriptor < 0)
        return fault(file, "opened");
    struct stat about;
    if (fstat(file->descriptor, &about) != 0 || !S_ISREG(about.st_mode))
        return tq_report__failure("'%s' is not a plain file", path);
    FILE *const from = fopen(path, "r");
    if (from == NULL)
        return fault(file, "read");
    const int result = read_rows(file, from);
    fclose(from);
    return result;
}

void tq_sweep_file__close(tq_sweep_file *file)
{
    if (file->path != NULL && file->descriptor >= 0)
        close(file->descriptor);
    json_decref(file->rows);
}

static bool has(json_t *row, json_t *key)
{
    const char *name;
    json_t *value;
    json_object_foreach(key, name, value) if (!json_equal(json_object_get(row, name), value)) return false;
    return true;
}

json_t *tq_sweep_file__find(const tq_sweep_file *file, json_t *key)
{
    for (size_t i = 0; i < json_array_size(file->rows); ++i)
        if (has(json_array_get(file->rows, i), key))
            return json_array_get(file->rows, i);
    return NULL;
}

static int append_line(const tq_sweep_file *file, const char *line, size_t length)
{
    const off_t before = lseek(file->descriptor, 0, SEEK_END);
    const ssize_t written = write(file->descriptor, line, length);
    if (written == (ssize_t)length && fsync(file->descriptor) == 0)
        return TQ_EXIT_OK;
    const int reason = written < 0 || written == (ssize_t)length ? errno : ENOSPC;
    if (before >= 0 && written > 0 && ftruncate(file->descriptor, before) != 0)
        tq_report__failure("'%s' ends in a cut line; the next run drops it", file->path);
    errno = reason;
    return fault(file, "written");
}

int tq_sweep_file__append(const tq_sweep_file *file, const json_t *row)
{
    if (file->path == NULL)
        return TQ_EXIT_OK;
    char *const text = json_dumps(row, JSON_COMPACT | JSON_REAL_PRECISION(TQ_REAL_DIGITS));
    const size_t length = text != NULL ? strlen(text) : 0;
    char *const line = malloc(length + 2);
    int result = TQ_EXIT_FAILURE;
    if (text == NULL || line == NULL) {
        tq_report__failure("no memory for a row");
    } else {
        memcpy(line, text, length);
        line[length] = '\n';
        result = append_line(file, line, length + 1);
    }
    free(text);
    free(line);
    return result;
}

int tq_sweep_file__hash(char to[17], const char *path)
{
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        return tq_report__failure("'%s' cannot be opened: %s", path, strerror(errno));
    unsigned char block[16384];
    uint64_t hash = 0xCBF29CE484222325u;
    for (size_t length; (length = fread(block, 1, sizeof block, file)) > 0;)
        for (size_t i = 0; i < length; ++i)
            hash = (hash ^ block[i]) * 0x100000001B3u;
    const bool failed = ferror(file);
    fclose(file);
    snprintf(to, 17, "%016llx", (unsigned long long)hash);
    return failed ? tq_report__failure("'%s' cannot be read", path) : TQ_EXIT_OK;
}

#include "cli/train_log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/report.h"

#define DIGITS 17 /* that a binary64 number is told by */

static int fail(const tq_train_log *log)
{
    return tq_report__failure("log '%s': %s", log->path, strerror(errno));
}

/* Whether the line is a row of at most so many steps. */
static bool stays(const char *line, int64_t steps)
{
    json_t *const row = json_loads(line, 0, NULL);
    const json_t *const step = json_object_get(row, "step");
    const bool kept = json_is_integer(step) && json_integer_value(step) <= steps;
    json_decref(row);
    return kept;
}

/* Cuts the file behind the last row that stays. */
static int cut(tq_train_log *log, int64_t steps)
{
    char *line = NULL;
    size_t capacity = 0;
    long end = 0;
    for (ssize_t length; (length = getline(&line, &capacity, log->file)) > 0; end += (long)length)
        if (line[length - 1] != '\n' || !stays(line, steps))
            break;
    free(line);
    if (ferror(log->file) || fseek(log->file, end, SEEK_SET) != 0 || ftruncate(fileno(log->file), end) != 0)
        return fail(log);
    return TQ_EXIT_OK;
}

int tq_train_log__open(tq_train_log *log, const char *path, int64_t steps)
{
    *log = (tq_train_log){.path = path};
    if (path == NULL)
        return TQ_EXIT_OK;
    log->file = steps > 0 ? fopen(path, "r+") : NULL;
    const bool new = log->file == NULL && (steps == 0 || errno == ENOENT);
    if (new)
        log->file = fopen(path, "w");
    if (log->file == NULL)
        return fail(log);
    return new ? TQ_EXIT_OK : cut(log, steps);
}

int tq_train_log__add(tq_train_log *log, json_t *row)
{
    int result = TQ_EXIT_OK;
    if (log->file != NULL && (json_dumpf(row, log->file, JSON_COMPACT | JSON_REAL_PRECISION(DIGITS)) != 0 ||
                              fputc('\n', log->file) == EOF || fflush(log->file) != 0))
        result = fail(log);
    json_decref(row);
    return result;
}

int tq_train_log__close(tq_train_log *log)
{
    int result = TQ_EXIT_OK;
    if (log->file != NULL && fclose(log->file) != 0)
        result = fail(log);
    log->file = NULL;
    return result;
}

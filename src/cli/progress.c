#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BETWEEN 0.1 /* seconds from one drawing to the next */
enum { CELLS = 24 };

double tq_progress__now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static void draw(tq_progress *progress)
{
    const double now = tq_progress__now();
    const double part = progress->all > 0 ? (double)progress->done / (double)progress->all : 0;
    const int cells = (int)(part * CELLS);
    fprintf(stderr, "\r[%.*s%.*s] %3d %%", cells, "########################", CELLS - cells,
            "........................", (int)(100 * part));
    if (progress->done > progress->before) {
        const double each = (now - progress->started) / (double)(progress->done - progress->before);
        const long left = (long)(each * (double)(progress->all - progress->done) + 0.5);
        fprintf(stderr, "  %ld:%02ld left", left / 60, left % 60);
    }
    fprintf(stderr, "  %s\033[K", progress->label);
    fflush(stderr);
    progress->drawn = now;
}

void tq_progress__start(tq_progress *progress, int64_t all)
{
    const char *const terminal = getenv("TERM");
    const bool dumb = terminal != NULL && strcmp(terminal, "dumb") == 0;
    *progress =
        (tq_progress){.shown = isatty(STDERR_FILENO) && !dumb, .all = all, .started = tq_progress__now()};
    if (progress->shown)
        draw(progress);
}

void tq_progress__resume(tq_progress *progress, int64_t done)
{
    progress->done = progress->before = done;
}

void tq_progress__label(tq_progress *progress, const char *label)
{
    snprintf(progress->label, sizeof progress->label, "%s", label);
    if (progress->shown)
        draw(progress);
}

void tq_progress__add(tq_progress *progress, int64_t done)
{
    progress->done += done;
    if (progress->shown && tq_progress__now() - progress->drawn >= BETWEEN)
        draw(progress);
}

void tq_progress__hide(tq_progress *progress)
{
    if (progress->shown)
        fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->drawn = 0;
}

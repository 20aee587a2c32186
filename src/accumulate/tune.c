/* tq_context_tune: every path on a few geometries, the tiles of a list in turn. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "accumulate/trial.h"
#include "util/clock.h"
#include "util/fail.h"

#define BETTER        1.03 /* times as fast as the library's tile, or it stays */
#define HOPELESS      0.8  /* times as fast on one geometry: not tried on the next */
#define SECONDS       0.8  /* of timing for each geometry, and again to confirm */
#define SECONDS_QUICK 0.25
#define LIMIT         300.0 /* seconds for all; then no further tiles are tried */
#define LIMIT_QUICK   20.0

enum { MOST_ENTRIES = 24, MOST_SUMS = 32, GEOMETRIES = 2, FINALISTS = 3 };

/* A kind of work: geometries that share a tile. In a hurry the first of the first counts alone. */
typedef struct work {
    const char *name;
    tq_geometry geometry[GEOMETRIES];
    size_t count;
} work;

#define DENSE(m, k, n)                                                                                       \
    {                                                                                                        \
        m, 1, 1, k, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, n, k, 1                                                    \
    }
#define CONV(side, inputs, outputs, groups)                                                                  \
    {                                                                                                        \
        (side) * (side), side, side, inputs, 3, 3, 1, 1, 1, 1, 1, 1, side, side, outputs,                    \
            (inputs) / (groups), groups                                                                      \
    }

static const work works[] = {
    {"many", {DENSE(960, 512, 512), CONV(28, 128, 128, 1)}, 2},
    {"few", {DENSE(7680, 512, 8)}, 1},
    {"depthwise", {CONV(112, 64, 64, 64)}, 1},
};

/* What is under way. */
typedef struct state {
    tq_context *context;
    const tq_tune *how;
    double begun;
    size_t done, all;
    tq_tuning_row row[64];
    size_t count;
} state;

/* One path and its tiles on one kind of work; the first entry is the library's. */
typedef struct contest {
    const tq_trial_numbers *numbers;
    tq_trial trial;
    tq_entry entry[MOST_ENTRIES];
    double ratio[MOST_ENTRIES]; /* product over geometries of the default's time by the entry's; 0: out */
    size_t count;
} contest;

static double seconds_of(const state *s)
{
    return s->how->quick ? SECONDS_QUICK : SECONDS;
}

/* Whether this part of the whole may try another tile. */
static bool has_time(const state *s)
{
    const double limit = s->how->quick ? LIMIT_QUICK : LIMIT;
    return tq_clock__now() - s->begun < limit * (double)(s->done + 1) / (double)s->all;
}

static void add_tile(contest *c, int rows, int vectors)
{
    const bool few = strcmp(c->trial.use.work, "few") == 0;
    if (rows < 1 || vectors < 1 || vectors > TQ_TUNING_VECTORS || rows * vectors > MOST_SUMS ||
        (few && vectors > 1) || c->count == MOST_ENTRIES)
        return;
    for (size_t i = 0; i < c->count; ++i)
        if (c->entry[i].tile.rows == rows && c->entry[i].tile.vectors == vectors)
            return;
    c->ratio[c->count] = 1.0;
    c->entry[c->count++] = (tq_entry){.tile = {rows, vectors}};
}

/* The library's tile, its neighbours, and, not in a hurry, a grid. */
static void list_tiles(contest *c, bool quick)
{
    static const int rows[] = {4, 6, 8, 10, 12, 14, 16, 20, 24};
    const tq_tile t = c->trial.initial;
    const bool few = strcmp(c->trial.use.work, "few") == 0;
    add_tile(c, t.rows, few ? 1 : t.vectors);
    add_tile(c, t.rows / 2, t.vectors * 2);
    add_tile(c, t.rows * 2, t.vectors / 2);
    add_tile(c, t.rows + 2, t.vectors);
    add_tile(c, t.rows - 2, t.vectors);
    for (int vectors = 1; vectors <= 4 && !quick; ++vectors)
        for (size_t i = 0; i < TQ_COUNT(rows); ++i)
            if (rows[i] * vectors <= 28)
                add_tile(c, rows[i], vectors);
}

/* A tile whose program does not build or run is out, of which tq_error() shows nothing; but not the first. */
static tq_status enter(state *s, contest *c, bool first)
{
    char text[8192];
    snprintf(text, sizeof text, "%s", tq_error());
    TQ_TRY(tq_trial__enter(&c->trial, &c->entry[0]));
    for (size_t i = 1; i < c->count; ++i) {
        if (c->ratio[i] == 0.0)
            continue;
        const bool tried = !first || has_time(s);
        if (tried && tq_trial__enter(&c->trial, &c->entry[i]) == TQ_OK)
            continue;
        c->ratio[i] = 0.0;
        if (tried)
            tq_status__fail(TQ_OK, "%s", text);
    }
    return TQ_OK;
}

/* Of those behind the first, only the fastest go on to the next geometry. */
static void keep_finalists(contest *c)
{
    double last = INFINITY;
    for (int kept = 0; kept < FINALISTS; ++kept) {
        double next = 0.0;
        for (size_t i = 1; i < c->count; ++i)
            next = c->ratio[i] < last ? fmax(next, c->ratio[i]) : next;
        last = next;
    }
    for (size_t i = 1; i < c->count; ++i)
        c->ratio[i] = c->ratio[i] >= last ? c->ratio[i] : 0.0;
}

static bool has_rivals(const contest *c)
{
    for (size_t i = 1; i < c->count; ++i)
        if (c->entry[i].made)
            return true;
    return false;
}

static size_t best_of(const contest *c)
{
    size_t best = 0;
    for (size_t i = 1; i < c->count; ++i)
        if (c->ratio[i] > c->ratio[best])
            best = i;
    return best;
}

/* Times all entries that are in, and takes their ratios into account. */
static tq_status compare(state *s, contest *c, bool first)
{
    TQ_TRY(enter(s, c, first));
    if (!has_rivals(c))
        return TQ_OK;
    TQ_TRY(tq_trial__time(&c->trial, c->entry, c->count, seconds_of(s)));
    for (size_t i = 1; i < c->count; ++i) {
        const double ratio = c->entry[i].made ? c->entry[0].seconds / c->entry[i].seconds : 0.0;
        c->ratio[i] *= ratio < HOPELESS ? 0.0 : ratio;
    }
    return TQ_OK;
}

static void leave(contest *c)
{
    for (size_t i = 0; i < c->count; ++i)
        tq_trial__drop(&c->entry[i]);
    tq_trial__destroy(&c->trial);
}

/* The best of many noisy ratios is too good: it is timed again with the first alone. */
static tq_status confirm(const state *s, contest *c, size_t best, double *ratio)
{
    tq_entry pair[2] = {c->entry[0], c->entry[best]};
    TQ_TRY(tq_trial__time(&c->trial, pair, 2, seconds_of(s)));
    *ratio = fmin(*ratio, pair[0].seconds / pair[1].seconds);
    return TQ_OK;
}

static void note(state *s, const contest *c, size_t best, double ratio)
{
    const size_t chosen = ratio >= BETTER ? best : 0;
    const tq_tile_use *use = &c->trial.use;
    tq_tuning_row *row = &s->row[s->count++];
    *row = (tq_tuning_row){.draws = use->draws,
                           .rows = c->entry[chosen].tile.rows,
                           .vectors = c->entry[chosen].tile.vectors,
                           .default_rows = c->entry[0].tile.rows,
                           .default_vectors = c->entry[0].tile.vectors,
                           .ratio = chosen == 0 ? 1.0 : ratio};
    snprintf(row->path, sizeof row->path, "%s", use->path);
    snprintf(row->work, sizeof row->work, "%s", use->work);
}

/* The last geometry of a kind of work: the winner is found, and confirmed there. */
static tq_status conclude(state *s, contest *c, size_t geometries)
{
    const size_t best = best_of(c);
    double ratio = pow(c->ratio[best], 1.0 / (double)geometries);
    if (best > 0)
        TQ_TRY(confirm(s, c, best, &ratio));
    note(s, c, best, ratio);
    return TQ_OK;
}

/* `applies` false: there is nothing to time. */
static tq_status run_geometry(state *s, contest *c, const work *w, size_t i, bool *applies)
{
    const size_t geometries = s->how->quick ? 1 : w->count;
    TQ_TRY(tq_trial__create(&c->trial, applies, s->context, c->numbers, &w->geometry[i]));
    if (!*applies)
        return TQ_OK;
    if (i == 0) /* the tiles that are tried on all */
        list_tiles(c, s->how->quick);
    else
        keep_finalists(c);
    tq_status status = compare(s, c, i == 0);
    if (status == TQ_OK && i + 1 == geometries)
        status = conclude(s, c, geometries);
    leave(c);
    return status;
}

static tq_status run_contest(state *s, const tq_trial_numbers *numbers, const work *w)
{
    contest c = {.numbers = numbers};
    bool applies = true;
    for (size_t i = 0; applies && i < (s->how->quick ? 1 : w->count); ++i)
        TQ_TRY(run_geometry(s, &c, w, i, &applies));
    return TQ_OK;
}

static void report(const state *s, const char *path)
{
    if (s->how->progress != NULL)
        s->how->progress(s->how->user, path, s->done, s->all);
}

static tq_status run_all(state *s)
{
    const tq_trial_numbers *numbers;
    const size_t kinds = s->how->quick ? 1 : TQ_COUNT(works);
    for (s->all = 0; tq_trial_numbers__at(s->all) != NULL;)
        ++s->all;
    s->all *= kinds;
    for (size_t i = 0; i < kinds; ++i)
        for (size_t k = 0; (numbers = tq_trial_numbers__at(k)) != NULL; ++k, ++s->done) {
            report(s, numbers->path);
            TQ_TRY(run_contest(s, numbers, &works[i]));
        }
    report(s, "");
    return TQ_OK;
}

tq_status tq_context_tune(tq_context *context, const tq_tune *how)
{
    if (context == NULL || how == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_context_tune: NULL argument");
    size_t count;
    state s = {.context = context, .how = how, .begun = tq_clock__now()};
    TQ_TRY(tq_tuning_read(context, NULL, 0, &count)); /* a bad file is told before the work */
    TQ_TRY(run_all(&s));
    while (s.count > 0)
        TQ_TRY(tq_tuning__set(context, &s.row[--s.count]));
    return TQ_OK;
}

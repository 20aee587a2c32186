#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/evaluate.h"
#include "cli/format_list.h"
#include "cli/report.h"
#include "cli/sweep_file.h"

#define FLOAT          "float" /* scope of the row in which nothing is quantized */
#define DEFAULT_SCOPES "weights,extrinsic,intrinsic"
#define DEFAULT_FORMATS                                                                                      \
    "  nearest,16,8 nearest,12,6 nearest,8,4 nearest,6,3 down,12,6 zero,12,6 stochastic,12,6\n"              \
    "  fp16 bf16 e4m3 e5m2\n"

enum { WEIGHTS = 1, EXTRINSIC = 2, INTRINSIC = 4 };
static const struct scope {
    const char *name;
    unsigned maps;
} scopes[] = {{"weights", WEIGHTS},
              {"extrinsic", EXTRINSIC},
              {"intrinsic", INTRINSIC},
              {"all", WEIGHTS | EXTRINSIC | INTRINSIC}};
enum { SCOPES = sizeof scopes / sizeof scopes[0] };

/* One line of the table. */
typedef struct row {
    const char *scope, *format;
    unsigned maps;
} row;

typedef struct job {
    const tq_settings *settings;
    tq_session session;
    tq_format_list formats;
    tq_sweep_file file;
    tq_progress progress;
    char model[17]; /* hash */
    row *row;
    size_t rows;
    json_t *results;
} job;

static const struct scope *find_scope(const char *name, size_t length)
{
    for (size_t i = 0; i < SCOPES; ++i)
        if (strlen(scopes[i].name) == length && strncmp(scopes[i].name, name, length) == 0)
            return scopes + i;
    return NULL;
}

static void add_rows(job *j, const struct scope *scope)
{
    for (size_t i = 0; i < j->formats.count; ++i)
        j->row[j->rows++] = (row){.scope = scope->name, .format = j->formats.text[i], .maps = scope->maps};
}

/* Lays out the table: float, then scope by scope. */
static int list_rows(job *j)
{
    const char *list = j->settings->scopes != NULL ? j->settings->scopes : DEFAULT_SCOPES;
    unsigned seen = 0;
    j->row = calloc(1 + SCOPES * j->formats.count, sizeof *j->row);
    if (j->row == NULL)
        return tq_report__failure("no memory for the rows");
    j->row[j->rows++] = (row){.scope = FLOAT, .format = "none"};
    for (size_t length; *list != '\0'; list += length + (list[length] == ',')) {
        length = strcspn(list, ",");
        const struct scope *const scope = find_scope(list, length);
        if (scope == NULL)
            return tq_report__usage(
                "--scopes: there is no '%.*s'; there are weights, extrinsic, intrinsic, all", (int)length,
                list);
        if (!(seen & 1u << (scope - scopes)))
            add_rows(j, scope);
        seen |= 1u << (scope - scopes);
    }
    return TQ_EXIT_OK;
}

static json_t *key_of(const job *j, const row *r)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "scope", r->scope, "format",
                     r->format, "model", j->model, "data", j->settings->data, "device",
                     tq_context_device(j->session.context)->name, "float",
                     j->settings->float_mode != NULL ? j->settings->float_mode : "exact", "seed",
                     (json_int_t)j->settings->seed, "images", (json_int_t)j->session.images, "batch",
                     (json_int_t)j->session.asked, "version", tq_version());
}

static void print_row(const job *j, json_t *result, bool kept)
{
    if (j->settings->json)
        return;
    printf("%-10s %-28s %6.2f %% %10.0f%s\n", json_string_value(json_object_get(result, "scope")),
           json_string_value(json_object_get(result, "format")),
           100 * json_number_value(json_object_get(result, "accuracy")),
           json_number_value(json_object_get(result, "images_per_second")), kept ? "  (kept)" : "");
    fflush(stdout);
}

static int plan_row(job *j, const row *r)
{
    tq_map *map = NULL;
    int result = tq_report__status(tq_map_parse(&map, r->format));
    if (result == TQ_EXIT_OK) {
        const tq_plan plan = {.weights = r->maps & WEIGHTS ? map : NULL,
                              .extrinsic = r->maps & EXTRINSIC ? map : NULL,
                              .intrinsic = r->maps & INTRINSIC ? map : NULL,
                              .seed = (uint64_t)j->settings->seed,
                              .input_largest = j->session.largest};
        result = tq_session__plan_as(&j->session, &plan);
    }
    tq_map_destroy(map);
    return result;
}

/* Adds what was found to the row's key. */
static int complete(json_t *result, const tq_evaluation *e)
{
    json_t *const found = json_pack("{s:I, s:f, s:f, s:f}", "right", (json_int_t)e->right, "accuracy",
                                    tq_evaluation__accuracy(e), "images_per_second", tq_evaluation__speed(e),
                                    "forward_seconds", e->forward_seconds);
    return json_object_update_new(result, found) == 0 ? TQ_EXIT_OK
                                                      : tq_report__failure("no memory for a row");
}

static int compute_row(job *j, const row *r, json_t *result)
{
    char label[64];
    tq_evaluation e = {.progress = &j->progress};
    snprintf(label, sizeof label, "%s %s", r->scope, r->format);
    tq_progress__label(&j->progress, label);
    int code = plan_row(j, r);
    if (code == TQ_EXIT_OK)
        code = tq_evaluation__run(&e, &j->session);
    tq_progress__hide(&j->progress);
    if (code == TQ_EXIT_OK)
        code = complete(result, &e);
    if (code == TQ_EXIT_OK)
        code = tq_sweep_file__append(&j->file, result);
    return code;
}

/* Takes the row from the file, or computes it. */
static int do_row(job *j, const row *r)
{
    json_t *result = key_of(j, r);
    if (result == NULL)
        return tq_report__failure("no memory for a row");
    json_t *const kept = tq_sweep_file__find(&j->file, result);
    const int code = kept != NULL ? TQ_EXIT_OK : compute_row(j, r, result);
    if (code == TQ_EXIT_OK) {
        print_row(j, kept != NULL ? kept : result, kept != NULL);
        json_array_append(j->results, kept != NULL ? kept : result);
    }
    json_decref(result);
    return code;
}

static int64_t count_missing(const job *j)
{
    int64_t count = 0;
    for (size_t i = 0; i < j->rows; ++i) {
        json_t *const key = key_of(j, j->row + i);
        count += tq_sweep_file__find(&j->file, key) == NULL;
        json_decref(key);
    }
    return count;
}

static int do_rows(job *j)
{
    int code = TQ_EXIT_OK;
    if (!j->settings->json)
        printf("%-10s %-28s %8s %10s\n", "scope", "format", "top-1", "images/s");
    tq_progress__start(&j->progress, count_missing(j) * j->session.images);
    for (size_t i = 0; code == TQ_EXIT_OK && i < j->rows; ++i)
        code = do_row(j, j->row + i);
    tq_progress__hide(&j->progress);
    return code;
}

static int prepare(job *j)
{
    const tq_settings *const settings = j->settings;
    const char *const model = settings->operand[0];
    int code =
        tq_format_list__parse(&j->formats, settings->formats != NULL ? settings->formats : DEFAULT_FORMATS);
    if (code == TQ_EXIT_OK)
        code = list_rows(j);
    if (code == TQ_EXIT_OK)
        code = tq_session__open(&j->session, settings, model);
    if (code == TQ_EXIT_OK && !tq_dataset_has_labels(j->session.dataset))
        code = tq_report__failure("'%s' has no labels, which a sweep needs", settings->data);
    if (code == TQ_EXIT_OK)
        code = tq_session__plan(&j->session, settings, false);
    if (code == TQ_EXIT_OK)
        code = tq_session__check_data(&j->session, model, settings->data);
    if (code == TQ_EXIT_OK)
        code = tq_sweep_file__hash(j->model, model);
    if (code == TQ_EXIT_OK)
        code = tq_sweep_file__open(&j->file, settings->rows);
    return code;
}

static int run(const tq_settings *settings)
{
    job j = {.settings = settings, .results = json_array()};
    int code = prepare(&j);
    if (code == TQ_EXIT_OK)
        code = do_rows(&j);
    if (code == TQ_EXIT_OK && settings->json)
        code = tq_report__json(json_pack("{s:s, s:s, s:s, s:I, s:O}", "model", settings->operand[0], "data",
                                         settings->data, "device", tq_context_device(j.session.context)->name,
                                         "seed", (json_int_t)settings->seed, "rows", j.results));
    json_decref(j.results);
    tq_sweep_file__close(&j.file);
    tq_format_list__free(&j.formats);
    tq_session__close(&j.session);
    free(j.row);
    return code;
}

static const tq_option *const options[] = {&tq_option_data,
                                           &tq_option_formats,
                                           &tq_option_scopes,
                                           &tq_option_rows,
                                           &tq_option_batch,
                                           &tq_option_limit,
                                           &tq_option_seed,
                                           &tq_option_device,
                                           &tq_option_float,
                                           &tq_option_json,
                                           NULL};
const tq_command tq_command_sweep = {
    .name = "sweep",
    .summary = "a table of accuracy and speed: many formats in several scopes",
    .operands = "MODEL",
    .operand_count = 1,
    .options = options,
    .details =
        "Runs an ONNX model over a labelled data set: first in float, then with each format for all\n"
        "layers, in each scope. Prints a row as soon as it is finished. With --out each row is also\n"
        "appended to a file, one JSON object in a line. A row that is in the file for the same content\n"
        "of the model, data, device, --float, format, scope, seed, number of images, batch and version is\n"
        "taken from there and marked \"kept\". So an interrupted sweep goes on where it was, and a longer\n"
        "list adds to a file. Formats unless given:\n" DEFAULT_FORMATS
        "With --json: an object with model, data, device, seed, and rows: scope, format, model (a\n"
        "hash), data, device, float, seed, images, batch, version, right, accuracy,\n"
        "images_per_second, forward_seconds.",
    .examples = "tq sweep lenet.onnx --data fashion-mnist --out rows.jsonl\n"
                "tq sweep lenet.onnx --data fashion-mnist --formats 'nearest,8,4 e4m3' --scopes all",
    .run = run,
};

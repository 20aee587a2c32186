/* Data sets of image files: options, sizes, and reading one sample. */
#include <stdlib.h>
#include <string.h>

#include "io/dataset_kind.h"
#include "io/image.h"
#include "io/image_list.h"
#include "io/read_ahead.h"
#include "util/arguments.h"
#include "util/fail.h"
#include "util/file.h"

#define MOST_BYTES ((size_t)1 << 28) /* of one file */

static const char *const orders[] = {"rgb", "bgr", NULL}, *const answers[] = {"fail", "skip", NULL};

enum { RESIZE, SHORTER = 2, CROP, CHANNELS = 5, ORDER, SCALE, MEAN, STD = 11, BROKEN = 14, VALUES };
#define SIDE .lowest = 1, .highest = TQ_IMAGE_MOST_SIDE, .integer = true
static const tq_parameter options[] = {
    {.name = "resize", SIDE, .count = 2, .help = "rows x columns to resize to, bilinear"},
    {.name = "shorter", SIDE, .help = "what the shorter side is resized to, the other in proportion"},
    {.name = "crop", SIDE, .count = 2, .help = "rows x columns to cut out of the centre, after resizing"},
    {.name = "channels", .initial = 3, .lowest = 1, .highest = 3, .integer = true, .help = "1 (gray) or 3"},
    {.name = "order", .highest = 1, .choices = orders, .help = "sequence of the channels"},
    {.name = "scale", .initial = 1, .lowest = 1e-6, .highest = 65536, .help = "what the byte 255 becomes"},
    {.name = "mean",
     .lowest = -65536,
     .highest = 65536,
     .count = 3,
     .help = "taken from each channel after scale"},
    {.name = "std",
     .initial = 1,
     .lowest = 1e-6,
     .highest = 65536,
     .count = 3,
     .help = "divides each channel, last"},
    {.name = "broken", .highest = 1, .choices = answers, .help = "what to do with a broken image"},
};

typedef struct tq_image_set {
    tq_image_list list;
    tq_image_form form;
    int64_t rows, columns; /* of every sample */
    tq_read_ahead *ahead;
} tq_image_set;

static tq_status read_options(tq_image_form *form, const char *whole, const char *text, bool *skip)
{
    double v[VALUES];
    TQ_TRY(tq_arguments__parse(v, options, TQ_COUNT(options), "data set 'images'", whole, text, false));
    *form = (tq_image_form){.resize_rows = (int64_t)v[RESIZE],
                            .resize_columns = (int64_t)v[RESIZE + 1],
                            .shorter = (int64_t)v[SHORTER],
                            .crop_rows = (int64_t)v[CROP],
                            .crop_columns = (int64_t)v[CROP + 1],
                            .channels = (int)v[CHANNELS],
                            .bgr = v[ORDER] != 0,
                            .scale = v[SCALE]};
    memcpy(form->mean, v + MEAN, sizeof form->mean);
    memcpy(form->std, v + STD, sizeof form->std);
    *skip = v[BROKEN] != 0;
    if (form->channels == 2)
        return tq_status__fail(TQ_E_ARGUMENT, "data set 'images': 'channels' is 2, allowed: 1, 3");
    if (form->resize_rows > 0 && form->shorter > 0)
        return tq_status__fail(TQ_E_ARGUMENT, "data set 'images': 'resize' and 'shorter' exclude each other");
    return TQ_OK;
}

/* Decodes a file; `size`: its rows and columns in the form. Free the image. */
static tq_status load(const tq_image_set *set, const char *path, tq_image *image, int64_t size[2])
{
    unsigned char *data;
    size_t bytes;
    TQ_TRY(tq_file__read(path, MOST_BYTES, &data, &bytes));
    tq_status status = tq_image__decode(data, bytes, image);
    free(data);
    if (status == TQ_OK)
        status = tq_image_form__size(&set->form, image->rows, image->columns, &size[0], &size[1]);
    if (status == TQ_OK)
        return TQ_OK;
    tq_image__free(image);
    return tq_status__prefix(status, "'%s'", path);
}

/* The first image decides the size where the options leave it open. */
static tq_status check_size(const tq_image_set *set, int64_t rows, int64_t columns)
{
    if (rows == set->rows && columns == set->columns)
        return TQ_OK;
    return tq_status__fail(
        TQ_E_FORMAT, "an image of %lld x %lld, the first has %lld x %lld: use resize or crop",
        (long long)rows, (long long)columns, (long long)set->rows, (long long)set->columns);
}

static tq_status read_sample(const void *source, int64_t sample, float *to)
{
    const tq_image_set *const set = source;
    const char *const path = set->list.path[sample];
    tq_image image;
    int64_t size[2];
    TQ_TRY(load(set, path, &image, size));
    tq_status status = check_size(set, size[0], size[1]);
    if (status == TQ_OK)
        status = tq_image_form__apply(&set->form, &image, to);
    tq_image__free(&image);
    return status == TQ_OK ? status : tq_status__prefix(status, "'%s'", path);
}

/* Looks at image `i`; the first that is good decides the size. */
static tq_status check_image(tq_image_set *set, size_t i)
{
    tq_image image;
    int64_t size[2];
    TQ_TRY(load(set, set->list.path[i], &image, size));
    tq_image__free(&image);
    if (set->rows == 0) {
        set->rows = size[0];
        set->columns = size[1];
    }
    const tq_status status = check_size(set, size[0], size[1]);
    return status == TQ_OK ? status : tq_status__prefix(status, "'%s'", set->list.path[i]);
}

/* With `skip` all images are decoded here once, so that the number of samples is known; else only the first.
 */
static tq_status check_images(tq_dataset *dataset, tq_image_set *set, bool skip)
{
    for (size_t i = 0; i < (skip ? set->list.count : 1);) {
        const tq_status status = check_image(set, i);
        const bool broken = status == TQ_E_FORMAT || status == TQ_E_UNSUPPORTED || status == TQ_E_FILE;
        if (status == TQ_OK) {
            ++i;
            continue;
        }
        if (!skip || !broken)
            return status;
        tq_text__print(&dataset->warnings, "%s%s", dataset->warnings.length > 0 ? "\n" : "", tq_error());
        tq_image_list__drop(&set->list, i);
    }
    if (set->list.count == 0)
        return tq_status__prefix(TQ_E_FORMAT, "all images are broken; the last");
    return tq_text__status(&dataset->warnings);
}

static tq_status open_set(tq_dataset *dataset, const char *folder, const char *labels, bool skip)
{
    tq_image_set *const set = dataset->images;
    TQ_TRY(tq_image_list__read(&set->list, folder, labels));
    TQ_TRY(check_images(dataset, set, skip));
    dataset->count = (int64_t)set->list.count;
    dataset->sample = tq_shape_of(3, (const int64_t[]){set->form.channels, set->rows, set->columns});
    if (set->list.labelled) {
        dataset->labels = set->list.label;
        set->list.label = NULL;
    }
    return tq_read_ahead__create(&set->ahead, read_sample, set, dataset->count,
                                 tq_shape_count(&dataset->sample));
}

/* Length of the name at the start, which ends before a comma. */
static tq_status name_at(const char *arguments, const char *at, char **name)
{
    const size_t length = strcspn(at, ",");
    if (length == 0)
        return tq_status__fail(TQ_E_SYNTAX, "data set 'images:%.200s': a name is missing at position %d",
                               arguments, (int)(at - arguments) + 1);
    *name = strndup(at, length);
    return *name != NULL ? TQ_OK : tq_status__fail(TQ_E_MEMORY, "no memory for a name of %zu bytes", length);
}

/* DIR[,LABELS][,OPTION=VALUE...]: a second piece without = is the labels file. */
static tq_status open_with_names(tq_dataset *dataset, const char *arguments, char **folder, char **labels)
{
    bool skip;
    TQ_TRY(name_at(arguments, arguments, folder));
    const char *rest = arguments + strlen(*folder);
    const size_t second = *rest == ',' ? strcspn(rest + 1, ",") : 0;
    if (*rest == ',' && memchr(rest + 1, '=', second) == NULL) {
        TQ_TRY(name_at(arguments, rest + 1, labels));
        rest += 1 + second;
    }
    if (rest[0] == ',' && rest[1] == '\0')
        return tq_status__fail(TQ_E_SYNTAX, "data set 'images:%.200s': nothing follows the last comma",
                               arguments);
    TQ_TRY(read_options(&dataset->images->form, arguments, rest + (*rest == ','), &skip));
    return open_set(dataset, *folder, *labels, skip);
}

tq_status tq_dataset__open_images(tq_dataset *dataset, const char *arguments)
{
    char *folder = NULL, *labels = NULL;
    dataset->images = calloc(1, sizeof *dataset->images);
    if (dataset->images == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a data set");
    const tq_status status = open_with_names(dataset, arguments, &folder, &labels);
    free(folder);
    free(labels);
    return status;
}

tq_status tq_image_set__read(const tq_image_set *set, int64_t first, int64_t count, float *samples)
{
    return tq_read_ahead__get(set->ahead, first, count, samples);
}

double tq_image_set__largest(const tq_image_set *set)
{
    return tq_image_form__largest(&set->form);
}

void tq_image_set__free(tq_image_set *set)
{
    if (set == NULL)
        return;
    tq_read_ahead__destroy(set->ahead);
    tq_image_list__free(&set->list);
    free(set);
}

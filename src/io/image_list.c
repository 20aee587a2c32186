#include "io/image_list.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "util/fail.h"
#include "util/file.h"

#define MOST_BYTES ((size_t)1 << 30) /* of a labels file */

static char *join(const char *folder, const char *name, size_t length)
{
    const size_t start = strlen(folder);
    char *const path = malloc(start + length + 2);
    if (path == NULL)
        return NULL;
    memcpy(path, folder, start);
    path[start] = '/';
    memcpy(path + start + 1, name, length);
    path[start + 1 + length] = '\0';
    return path;
}

/* Takes `path`, which is NULL when there was no memory for it. */
static tq_status add(tq_image_list *list, char *path, int32_t label)
{
    if (path != NULL && list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 64 : 2 * list->capacity;
        char **const paths = realloc(list->path, capacity * sizeof *paths);
        list->path = paths != NULL ? paths : list->path;
        int32_t *const labels = realloc(list->label, capacity * sizeof *labels);
        list->label = labels != NULL ? labels : list->label;
        list->capacity = paths != NULL && labels != NULL ? capacity : list->capacity;
    }
    if (path == NULL || list->count == list->capacity) {
        free(path);
        return tq_status__fail(TQ_E_MEMORY, "no memory for the names of more than %zu images", list->count);
    }
    list->path[list->count] = path;
    list->label[list->count++] = label;
    return TQ_OK;
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All entries of a folder as paths, sorted. */
static tq_status read_folder(tq_image_list *entries, const char *folder)
{
    DIR *const open = opendir(folder);
    if (open == NULL)
        return tq_status__fail(TQ_E_FILE, "cannot open folder '%s': %s", folder, strerror(errno));
    tq_status status = TQ_OK;
    for (struct dirent *entry; status == TQ_OK && (entry = readdir(open)) != NULL;)
        if (entry->d_name[0] != '.')
            status = add(entries, join(folder, entry->d_name, strlen(entry->d_name)), 0);
    closedir(open);
    if (status == TQ_OK && entries->count > 0)
        qsort(entries->path, entries->count, sizeof *entries->path, by_bytes);
    return status;
}

static bool is_image(const char *path)
{
    static const char *const endings[] = {".png", ".jpg", ".jpeg"};
    for (size_t i = 0; i < TQ_COUNT(endings); ++i) {
        const size_t length = strlen(path), size = strlen(endings[i]);
        if (length >= size && strcasecmp(path + length - size, endings[i]) == 0)
            return true;
    }
    return false;
}

static bool is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* Moves the images among `entries` to the list. */
static tq_status take_images(tq_image_list *list, tq_image_list *entries, int32_t label)
{
    tq_status status = TQ_OK;
    for (size_t i = 0; status == TQ_OK && i < entries->count; ++i) {
        if (!is_image(entries->path[i]) || is_folder(entries->path[i]))
            continue;
        status = add(list, entries->path[i], label);
        entries->path[i] = NULL;
    }
    return status;
}

static tq_status read_class(tq_image_list *list, const char *folder, int32_t label)
{
    tq_image_list entries = {0};
    tq_status status = read_folder(&entries, folder);
    if (status == TQ_OK)
        status = take_images(list, &entries, label);
    tq_image_list__free(&entries);
    return status;
}

static tq_status read_classes(tq_image_list *list, tq_image_list *entries, const char *folder)
{
    int32_t classes = 0;
    for (size_t i = 0; i < entries->count; ++i)
        if (is_folder(entries->path[i]))
            TQ_TRY(read_class(list, entries->path[i], classes++));
    list->labelled = classes > 0;
    const size_t in_classes = list->count;
    TQ_TRY(take_images(list, entries, 0));
    if (classes > 0 && list->count > in_classes)
        return tq_status__fail(
            TQ_E_FORMAT, "'%s' has images ('%s') beside folders of classes: name a labels file, or move them",
            folder, list->path[in_classes]);
    return TQ_OK;
}

/* "name label", of which the label is the last word. */
static tq_status read_line(tq_image_list *list, const char *folder, const char *line, size_t length)
{
    size_t end = length, digits = 0;
    int64_t label = 0, unit = 1;
    for (; end > 0 && line[end - 1] >= '0' && line[end - 1] <= '9' && digits < 10;
         --end, ++digits, unit *= 10)
        label += unit * (line[end - 1] - '0');
    const size_t word = end;
    while (end > 0 && (line[end - 1] == ' ' || line[end - 1] == '\t'))
        --end;
    if (digits == 0 || end == 0 || end == word || label > INT32_MAX || memchr(line, '\0', length) != NULL)
        return tq_status__fail(TQ_E_FORMAT, "'%.*s': needs a name and a label from 0 to %d",
                               (int)(length < 80 ? length : 80), line, INT32_MAX);
    return add(list, join(folder, line, end), (int32_t)label);
}

static tq_status read_lines(tq_image_list *list, const char *folder, const char *text, size_t size)
{
    const char *const end = text + size;
    for (size_t number = 1; text < end; ++number) {
        const char *const newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline != NULL ? newline : end) - text);
        while (length > 0 && strchr(" \t\r", text[length - 1]) != NULL)
            --length;
        const tq_status status = length > 0 ? read_line(list, folder, text, length) : TQ_OK;
        if (status != TQ_OK)
            return tq_status__prefix(status, "line %zu", number);
        text = newline != NULL ? newline + 1 : end;
    }
    list->labelled = true;
    return TQ_OK;
}

static tq_status read_labels(tq_image_list *list, const char *folder, const char *labels)
{
    unsigned char *text;
    size_t size;
    TQ_TRY(tq_file__read(labels, MOST_BYTES, &text, &size));
    const tq_status status = read_lines(list, folder, (const char *)text, size);
    free(text);
    return status == TQ_OK ? status : tq_status__prefix(status, "'%s'", labels);
}

tq_status tq_image_list__read(tq_image_list *list, const char *folder, const char *labels)
{
    tq_image_list entries = {0};
    tq_status status = labels != NULL ? read_labels(list, folder, labels) : read_folder(&entries, folder);
    if (status == TQ_OK && labels == NULL)
        status = read_classes(list, &entries, folder);
    tq_image_list__free(&entries);
    if (status == TQ_OK && list->count == 0)
        return tq_status__fail(TQ_E_FILE, "'%s' has no image: no file that ends in .png, .jpg or .jpeg",
                               labels != NULL ? labels : folder);
    return status;
}

void tq_image_list__free(tq_image_list *list)
{
    for (size_t i = 0; i < list->count; ++i)
        free(list->path[i]);
    free(list->path);
    free(list->label);
    *list = (tq_image_list){0};
}

void tq_image_list__drop(tq_image_list *list, size_t i)
{
    free(list->path[i]);
    --list->count;
    memmove(list->path + i, list->path + i + 1, (list->count - i) * sizeof *list->path);
    memmove(list->label + i, list->label + i + 1, (list->count - i) * sizeof *list->label);
}

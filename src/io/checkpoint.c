#include "tensorquant/checkpoint.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "util/fail.h"
#include "util/file.h"
#include "util/text.h"

static const char magic[8] = {'T', 'Q', 'C', 'K', 'P', 'T', '0', '1'};
enum { HEAD = sizeof magic + sizeof(uint64_t), HASH = sizeof(uint64_t) };
#define MOST_BYTES ((size_t)1 << 40)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they are");

/* The file in memory, by its parts. */
typedef struct parts {
    unsigned char *file; /* to be freed */
    size_t size;
    json_t *text;
    const unsigned char *numbers;
    size_t number_bytes;
} parts;

static size_t numbers_of(const tq_trainer *trainer)
{
    size_t count = 0;
    for (size_t i = 0; i < tq_trainer_tensor_count(trainer); ++i)
        count += (size_t)tq_shape_count(tq_trainer_tensor_shape(trainer, i));
    return count;
}

static json_t *describe_tensor(const tq_trainer *trainer, size_t i)
{
    const tq_shape *const shape = tq_trainer_tensor_shape(trainer, i);
    json_t *const to = json_array();
    json_array_append_new(to, json_string(tq_trainer_tensor_name(trainer, i)));
    for (int d = 0; d < shape->rank; ++d)
        json_array_append_new(to, json_integer(shape->dim[d]));
    return to;
}

static json_t *describe_tensors(const tq_trainer *trainer)
{
    json_t *const to = json_array();
    for (size_t i = 0; i < tq_trainer_tensor_count(trainer); ++i)
        json_array_append_new(to, describe_tensor(trainer, i));
    return to;
}

static char *describe(const tq_trainer *trainer, const char *note)
{
    json_t *const all =
        json_pack("{s:s, s:I, s:o}", "note", note, "steps", (json_int_t)tq_trainer_steps(trainer), "tensors",
                  describe_tensors(trainer));
    char *const text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    return text;
}

/* Reads the tensors behind the text, and adds the hash. */
static tq_status fill(tq_trainer *trainer, const char *text, unsigned char *file, size_t size)
{
    const uint64_t length = strlen(text);
    memcpy(file, magic, sizeof magic);
    memcpy(file + sizeof magic, &length, sizeof length);
    memcpy(file + HEAD, text, length);
    float *buffer = malloc(numbers_of(trainer) * sizeof *buffer + 1);
    if (buffer == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for a checkpoint of %zu bytes", size);
    tq_status status = TQ_OK;
    for (size_t i = 0, at = 0; status == TQ_OK && i < tq_trainer_tensor_count(trainer); ++i) {
        const int64_t count = tq_shape_count(tq_trainer_tensor_shape(trainer, i));
        status = tq_trainer_read(trainer, i, buffer + at, count);
        at += (size_t)count;
    }
    if (status == TQ_OK) {
        memcpy(file + HEAD + length, buffer, size - HEAD - length - HASH);
        const uint64_t hash = XXH3_64bits(file, size - HASH);
        memcpy(file + size - HASH, &hash, sizeof hash);
    }
    free(buffer);
    return status;
}

tq_status tq_checkpoint_write(tq_trainer *trainer, const char *path, const char *note)
{
    if (trainer == NULL || path == NULL || note == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_checkpoint_write: NULL argument");
    char *const text = describe(trainer, note);
    const size_t size = HEAD + (text == NULL ? 0 : strlen(text)) + numbers_of(trainer) * sizeof(float) + HASH;
    unsigned char *const file = malloc(size);
    tq_status status = text == NULL || file == NULL
                           ? tq_status__fail(TQ_E_MEMORY, "no memory for a checkpoint of %zu bytes", size)
                           : fill(trainer, text, file, size);
    if (status == TQ_OK)
        status = tq_file__write(path, "", 0, file, size);
    free(file);
    free(text);
    return status;
}

static tq_status check_hash(const parts *p)
{
    uint64_t written;
    if (p->size < HEAD + HASH || memcmp(p->file, magic, sizeof magic) != 0)
        return tq_status__fail(TQ_E_FORMAT, "not a checkpoint (%zu bytes)", p->size);
    memcpy(&written, p->file + p->size - HASH, sizeof written);
    if (XXH3_64bits(p->file, p->size - HASH) != written)
        return tq_status__fail(TQ_E_FORMAT, "truncated or damaged: %zu bytes, whose checksum is another one",
                               p->size);
    return TQ_OK;
}

static tq_status open_parts(parts *p)
{
    uint64_t length;
    TQ_TRY(check_hash(p));
    memcpy(&length, p->file + sizeof magic, sizeof length);
    if (length > p->size - HEAD - HASH)
        return tq_status__fail(TQ_E_FORMAT, "not a checkpoint: a text of %llu bytes in %zu",
                               (unsigned long long)length, p->size);
    p->text = json_loadb((const char *)p->file + HEAD, length, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_string(json_object_get(p->text, "note")) ||
        !json_is_integer(json_object_get(p->text, "steps")) ||
        !json_is_array(json_object_get(p->text, "tensors")))
        return tq_status__fail(TQ_E_FORMAT, "not a checkpoint: its text is not as it should be");
    p->numbers = p->file + HEAD + length;
    p->number_bytes = p->size - HEAD - HASH - length;
    return TQ_OK;
}

/* The first line in which the notes differ. */
static tq_status check_note(const char *there, const char *here)
{
    while (*there != '\0' || *here != '\0') {
        const size_t old = strcspn(there, "\n"), new = strcspn(here, "\n");
        if (old != new || memcmp(there, here, old) != 0)
            return tq_status__fail(TQ_E_STATE, "a checkpoint of another training: of '%.*s', not of '%.*s'",
                                   (int)old, there, (int)new, here);
        there += old + (there[old] == '\n');
        here += new + (here[new] == '\n');
    }
    return TQ_OK;
}

static void print_tensor(tq_text *to, const json_t *tensor)
{
    const char *const name = json_string_value(json_array_get(tensor, 0));
    tq_text__print(to, "%s", tensor == NULL ? "nothing" : name == NULL ? "without a name" : name);
    for (size_t i = 1; i < json_array_size(tensor); ++i)
        tq_text__print(to, "%s%lld", i == 1 ? " " : "x",
                       (long long)json_integer_value(json_array_get(tensor, i)));
}

static tq_status other_network(size_t i, const json_t *there, const json_t *here)
{
    tq_text old = {0}, new = {0};
    print_tensor(&old, there);
    print_tensor(&new, here);
    const tq_status status =
        tq_status__fail(TQ_E_STATE, "a checkpoint of another network: tensor %zu is %s, not %s", i,
                        tq_text__get(&old), tq_text__get(&new));
    tq_text__free(&old);
    tq_text__free(&new);
    return status;
}

static tq_status check_tensors(const tq_trainer *trainer, const json_t *there)
{
    json_t *const here = describe_tensors(trainer);
    const size_t count = json_array_size(here), given = json_array_size(there);
    tq_status status = TQ_OK;
    for (size_t i = 0; status == TQ_OK && i < (count > given ? count : given); ++i) {
        const json_t *const old = json_array_get(there, i), *const new = json_array_get(here, i);
        if (!json_equal(old, new))
            status = other_network(i, old, new);
    }
    json_decref(here);
    return status;
}

static tq_status restore(tq_trainer *trainer, const parts *p)
{
    const json_int_t steps = json_integer_value(json_object_get(p->text, "steps"));
    const size_t wanted = numbers_of(trainer) * sizeof(float);
    if (wanted != p->number_bytes || steps < 0 || steps > TQ_OPTIMIZER_STEPS)
        return tq_status__fail(TQ_E_FORMAT, "not a checkpoint: %zu bytes of numbers, needed %zu; %lld steps",
                               p->number_bytes, wanted, (long long)steps);
    float *const buffer = malloc(wanted + 1);
    if (buffer == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %zu bytes of numbers", wanted);
    memcpy(buffer, p->numbers, wanted);
    tq_status status = tq_trainer_set_steps(trainer, (uint32_t)steps);
    for (size_t i = 0, at = 0; status == TQ_OK && i < tq_trainer_tensor_count(trainer); ++i) {
        const int64_t count = tq_shape_count(tq_trainer_tensor_shape(trainer, i));
        status = tq_trainer_write(trainer, i, buffer + at, count);
        at += (size_t)count;
    }
    free(buffer);
    return status;
}

static tq_status read_parts(tq_trainer *trainer, parts *p, const char *note)
{
    TQ_TRY(open_parts(p));
    TQ_TRY(check_note(json_string_value(json_object_get(p->text, "note")), note));
    TQ_TRY(check_tensors(trainer, json_object_get(p->text, "tensors")));
    return restore(trainer, p);
}

tq_status tq_checkpoint_read(tq_trainer *trainer, const char *path, const char *note)
{
    parts p = {0};
    if (trainer == NULL || path == NULL || note == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_checkpoint_read: NULL argument");
    TQ_TRY(tq_file__read(path, MOST_BYTES, &p.file, &p.size));
    const tq_status status = read_parts(trainer, &p, note);
    json_decref(p.text);
    free(p.file);
    return status == TQ_OK ? TQ_OK : tq_status__prefix(status, "'%s'", path);
}

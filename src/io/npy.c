#include "io/npy.h"

#include <stdlib.h>
#include <string.h>

#include "io/npy_header.h"
#include "util/fail.h"
#include "util/file.h"

#define MOST_BYTES ((size_t)1 << 36)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "float32 files are copied as they are");

typedef struct array {
    unsigned char *file; /* to be freed */
    const unsigned char *data;
    tq_npy_header header;
} array;

/* Element size of a type such as "<f4"; 0 when it cannot be told. */
static size_t element_size(const char *type)
{
    const char digit = type[0] != '\0' && type[1] != '\0' ? type[2] : '\0';
    return digit >= '1' && digit <= '8' && type[3] == '\0' ? (size_t)(digit - '0') : 0;
}

static tq_status check_data(const array *a, size_t size)
{
    char text[160];
    const tq_npy_header *h = &a->header;
    const size_t width = element_size(h->type), given = size - h->size;
    const uint64_t count = (uint64_t)tq_shape_count(&h->shape);
    tq_shape_print(text, sizeof text, &h->shape);
    if (width == 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "data type '%s' is not supported", h->type);
    if (count != given / width || given % width != 0)
        return tq_status__fail(TQ_E_FORMAT,
                               "shape %s of type '%s' needs %llu x %zu bytes of data, the file has %zu", text,
                               h->type, (unsigned long long)count, width, given);
    return TQ_OK;
}

/* Checks of the type come before those of the size, which depends on it. */
typedef tq_status check_header(const tq_npy_header *header);

static tq_status open_array(const char *path, check_header *check, array *a)
{
    size_t size;
    TQ_TRY(tq_file__read(path, MOST_BYTES, &a->file, &size));
    tq_status status = tq_npy__read_header(a->file, size, &a->header);
    if (status == TQ_OK)
        status = check(&a->header);
    if (status == TQ_OK)
        status = check_data(a, size);
    if (status == TQ_OK) {
        a->data = a->file + a->header.size;
        return TQ_OK;
    }
    free(a->file);
    return tq_status__prefix(status, "'%s'", path);
}

static tq_status check_floats(const tq_npy_header *h)
{
    if (strcmp(h->type, "<f8") == 0)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "data type '<f8' (float64) is not supported, only '<f4' (float32): save "
                               "a.astype(numpy.float32)");
    if (strcmp(h->type, "<f4") != 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "data type '%s' is not supported, only '<f4' (float32)",
                               h->type);
    if (h->fortran_order && h->shape.rank > 1)
        return tq_status__fail(TQ_E_UNSUPPORTED,
                               "Fortran order is not supported: save numpy.ascontiguousarray(a)");
    return TQ_OK;
}

tq_status tq_npy_read(const char *path, tq_shape *shape, float **values)
{
    array a;
    if (path == NULL || shape == NULL || values == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_npy_read: NULL argument");
    *values = NULL;
    TQ_TRY(open_array(path, check_floats, &a));
    const size_t bytes = (size_t)tq_shape_count(&a.header.shape) * sizeof(float);
    memmove(a.file, a.data, bytes); /* to the block's start, which malloc has aligned */
    *shape = a.header.shape;
    *values = (float *)(void *)a.file;
    return TQ_OK;
}

void tq_npy_free(float *values)
{
    free(values);
}

tq_status tq_npy_write(const char *path, const tq_shape *shape, const float *values)
{
    char header[256];
    if (path == NULL || shape == NULL || values == NULL)
        return tq_status__fail(TQ_E_ARGUMENT, "tq_npy_write: NULL argument");
    const int64_t count = tq_shape_count(shape);
    if (count == 0)
        return tq_status__fail(TQ_E_SHAPE, "tq_npy_write: invalid shape of rank %d", shape->rank);
    const size_t size = tq_npy__write_header(header, shape);
    return tq_file__write(path, header, size, values, (size_t)count * sizeof *values);
}

/* Element `i` of an integer type of `width` bytes; false when it does not fit int32. */
static bool integer_at(const array *a, size_t width, int64_t i, int32_t *value)
{
    const unsigned char *p = a->data + (size_t)i * width;
    const bool big = a->header.type[0] == '>', is_signed = a->header.type[1] == 'i';
    uint64_t bits = 0;
    for (size_t byte = 0; byte < width; ++byte)
        bits |= (uint64_t)p[big ? width - 1 - byte : byte] << 8 * byte;
    const uint64_t sign = (uint64_t)1 << (8 * width - 1);
    const bool negative = is_signed && (bits & sign) != 0;
    const uint64_t size = negative ? (sign - (bits & (sign - 1))) : bits; /* its absolute value */
    if (size > (uint64_t)INT32_MAX)
        return false;
    *value = negative ? -(int32_t)size : (int32_t)size;
    return true;
}

static tq_status check_labels(const tq_npy_header *h)
{
    char text[160];
    const size_t width = element_size(h->type);
    tq_shape_print(text, sizeof text, &h->shape);
    const bool known = strchr("<>|", h->type[0]) != NULL && strchr("iu", h->type[1]) != NULL;
    if (!known || (width & (width - 1)) != 0)
        return tq_status__fail(TQ_E_UNSUPPORTED, "labels of data type '%s' are not supported, only integers",
                               h->type);
    if (h->shape.rank != 1 && !(h->shape.rank == 2 && h->shape.dim[1] == 1))
        return tq_status__fail(TQ_E_FORMAT, "labels of shape %s: needs one number for each sample", text);
    return TQ_OK;
}

static tq_status convert_labels(const array *a, int32_t *to)
{
    const size_t width = element_size(a->header.type);
    for (int64_t i = 0; i < a->header.shape.dim[0]; ++i)
        if (!integer_at(a, width, i, &to[i]))
            return tq_status__fail(TQ_E_FORMAT, "label %lld is outside -2147483647 .. 2147483647",
                                   (long long)i);
    return TQ_OK;
}

tq_status tq_npy__read_labels(const char *path, int64_t *count, int32_t **labels)
{
    array a;
    TQ_TRY(open_array(path, check_labels, &a));
    int32_t *made = malloc((size_t)a.header.shape.dim[0] * sizeof *made);
    const tq_status status =
        made != NULL ? convert_labels(&a, made) : tq_status__fail(TQ_E_MEMORY, "no memory for labels");
    free(a.file);
    if (status != TQ_OK) {
        free(made);
        return tq_status__prefix(status, "'%s'", path);
    }
    *count = a.header.shape.dim[0];
    *labels = made;
    return TQ_OK;
}

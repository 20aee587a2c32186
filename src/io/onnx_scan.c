#include "io/onnx.h"
#include "util/fail.h"

#define MOST_DEPTH    64
#define MOST_MESSAGES 4000000

typedef struct scan {
    const uint8_t *start;
    size_t messages;
} scan;

/* A field's content within the message that ends at `end`. */
typedef struct field {
    uint32_t number;
    unsigned wire_type;
    const uint8_t *at, *end;
} field;

static tq_status damaged(const scan *s, const uint8_t *at)
{
    return tq_status__fail(TQ_E_FORMAT, "not an ONNX model, or truncated: damaged at byte %zu",
                           (size_t)(at - s->start));
}

/* Reads a variable-length number; false at the end of the data or after 10 bytes. */
static bool read_varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (unsigned shift = 0; *at < end && shift < 70; shift += 7) {
        const uint8_t byte = *(*at)++;
        *value |= shift < 64 ? (uint64_t)(byte & 127) << shift : 0;
        if (byte < 128)
            return true;
    }
    return false;
}

/* Reads the field at `*at` and steps behind it. */
static bool read_field(const uint8_t **at, const uint8_t *end, field *f)
{
    static const uint64_t fixed[] = {[1] = 8, [5] = 4};
    uint64_t tag, size = 0;
    if (!read_varint(at, end, &tag) || tag >> 3 == 0 || tag >> 3 > 0x1FFFFFFF)
        return false;
    f->number = (uint32_t)(tag >> 3);
    f->wire_type = tag & 7;
    if (f->wire_type == 0)
        return read_varint(at, end, &size);
    if (f->wire_type == 2 && !read_varint(at, end, &size))
        return false;
    if (f->wire_type == 1 || f->wire_type == 5)
        size = fixed[f->wire_type];
    else if (f->wire_type != 2)
        return false;
    if (size > (uint64_t)(end - *at))
        return false;
    f->at = *at;
    f->end = *at += size;
    return true;
}

static tq_status scan_message(scan *s, const ProtobufCMessageDescriptor *type, const uint8_t *at,
                              const uint8_t *end, int depth)
{
    if (depth > MOST_DEPTH || ++s->messages > MOST_MESSAGES)
        return tq_status__fail(TQ_E_FORMAT, "messages nested more than %d deep, or more than %d messages",
                               MOST_DEPTH, MOST_MESSAGES);
    while (at < end) {
        const uint8_t *start = at;
        field f = {0};
        if (!read_field(&at, end, &f))
            return damaged(s, start);
        const ProtobufCFieldDescriptor *known = protobuf_c_message_descriptor_get_field(type, f.number);
        if (known != NULL && known->type == PROTOBUF_C_TYPE_MESSAGE && f.wire_type == 2)
            TQ_TRY(scan_message(s, known->descriptor, f.at, f.end, depth + 1));
    }
    return TQ_OK;
}

tq_status tq_onnx__scan(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t size)
{
    scan s = {data, 0};
    return scan_message(&s, type, data, data + size, 0);
}

#include "support/image_writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <zlib.h>

static void put(image_bytes *to, const void *data, size_t size)
{
    assert_true(to->size + size <= sizeof to->data);
    memcpy(to->data + to->size, data, size);
    to->size += size;
}

static void put_big(image_bytes *to, uint32_t value, int bytes)
{
    for (int i = bytes - 1; i >= 0; --i)
        put(to, &(unsigned char){(unsigned char)(value >> 8 * i)}, 1);
}

static void put_chunk(image_bytes *to, const char *type, const unsigned char *data, size_t size)
{
    put_big(to, (uint32_t)size, 4);
    const size_t start = to->size;
    put(to, type, 4);
    put(to, data, size);
    put_big(to, (uint32_t)crc32(0, to->data + start, (uInt)(size + 4)), 4);
}

void image_write_png(image_bytes *to, uint32_t columns, uint32_t rows, int depth, int type,
                     const unsigned char *pixels, size_t row_bytes, const unsigned char *palette)
{
    static unsigned char raw[32768], packed[40000];
    image_bytes head = {.size = 0};
    uLongf size = sizeof packed;
    size_t length = 0;
    to->size = 0;
    put_big(&head, columns, 4);
    put_big(&head, rows, 4);
    put(&head, &(unsigned char[5]){(unsigned char)depth, (unsigned char)type, 0, 0, 0}, 5);
    for (size_t i = 0; pixels != NULL && i < rows; ++i, length += 1 + row_bytes) {
        raw[length] = 0; /* no filter */
        memcpy(raw + length + 1, pixels + i * row_bytes, row_bytes);
    }
    assert_int_equal(compress(packed, &size, raw, length), Z_OK);
    put(to, "\x89PNG\r\n\x1a\n", 8);
    put_chunk(to, "IHDR", head.data, head.size);
    if (palette != NULL)
        put_chunk(to, "PLTE", palette, 12);
    put_chunk(to, "IDAT", packed, size);
    put_chunk(to, "IEND", packed, 0);
}

/* Bits, high ones first; a byte of 255 is followed by 0. */
typedef struct bits {
    image_bytes *to;
    unsigned value, count;
} bits;

static void put_bits(bits *b, unsigned value, unsigned count)
{
    for (unsigned i = count; i-- > 0;) {
        b->value = b->value << 1 | (value >> i & 1);
        if (++b->count < 8)
            continue;
        put(b->to, &(unsigned char){(unsigned char)b->value}, 1);
        if (b->value == 255)
            put(b->to, "", 1);
        b->value = b->count = 0;
    }
}

/* A difference of DC: its number of bits as a code of 4 bits, then the bits; no AC: the code 0. */
static void put_block(bits *b, int difference)
{
    unsigned size = 0;
    while (abs(difference) >> size != 0)
        ++size;
    put_bits(b, size, 4);
    put_bits(b, (unsigned)(difference < 0 ? difference - 1 : difference) & ((1u << size) - 1), size);
    put_bits(b, 0, 1);
}

static void put_tables(image_bytes *to, int components)
{
    put(to, "\xff\xdb\x00\x43\x00", 5);
    for (int i = 0; i < 64; ++i)
        put(to, "\x01", 1);
    put(to, "\xff\xc4\x00\x1f\x00\x00\x00\x00\x0c\0\0\0\0\0\0\0\0\0\0\0\0", 21); /* DC: 12 codes of 4 bits */
    put(to, "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b", 12);
    put(to, "\xff\xc4\x00\x14\x10\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00", 22); /* AC: one code of 1 bit */
    put(to, "\xff\xda", 2);
    put_big(to, (uint32_t)(6 + 2 * components), 2);
    put_big(to, (uint32_t)components, 1);
    for (int c = 0; c < components; ++c)
        put(to, (unsigned char[2]){(unsigned char)(c + 1), 0}, 2);
    put(to, "\x00\x3f\x00", 3);
}

void image_write_jpeg(image_bytes *to, int block_columns, int block_rows, int components,
                      const unsigned char *values)
{
    int last[4] = {0};
    to->size = 0;
    put(to, "\xff\xd8\xff\xc0", 4);
    put_big(to, (uint32_t)(8 + 3 * components), 2);
    put_big(to, 8, 1);
    put_big(to, (uint32_t)block_rows * 8, 2);
    put_big(to, (uint32_t)block_columns * 8, 2);
    put_big(to, (uint32_t)components, 1);
    for (int c = 0; c < components; ++c)
        put(to, (unsigned char[3]){(unsigned char)(c + 1), 0x11, 0}, 3);
    put_tables(to, components);
    bits b = {.to = to};
    for (int i = 0; i < block_columns * block_rows; ++i)
        for (int c = 0; c < components; ++c) {
            const int dc = 8 * (values[i * components + c] - 128);
            put_block(&b, dc - last[c]);
            last[c] = dc;
        }
    put_bits(&b, 127, 7);
    put(to, "\xff\xd9", 2);
}

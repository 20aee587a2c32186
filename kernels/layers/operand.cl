/*
 * The input of a contraction, copied into the form that its loop reads: 0 binary32, 1 integers of 16 bits on
 * the input's grid, 2 the same in the low halves of ints, 3 binary32 that moves away from zero by one unit in the last place
 * where it is a multiple of 1/scale, but for zero. Lines of an image get their padding, so that the loop needs not
 * look where an image ends.
 *
 * With a finite bound, a number whose magnitude is above it, or a NaN, sets verdict[0] to `run`: the loop that counts on the bound then does
 * nothing, and the one that does not runs (contraction.h). Other numbers are integers in units of 1/scale, as the
 * host has proven, or are copied.
 *
 * One work-item makes one line: columns * channels numbers between zeros.
 */
typedef TQ_CAT(float, TQ_LANES) tq_numbers;
typedef TQ_CAT(int, TQ_LANES) tq_number_ints;

#define TQ_OPERAND_CARRIER 0
#define TQ_OPERAND_INT16   1
#define TQ_OPERAND_MOVED   3

/* Multiples of 1/scale other than 0 one unit in the last place further from zero; from 2^23 on all are multiples. */
TQ_INLINE uint tq_moved_bits(const float v, const float scale)
{
    const float t = v * scale, part = fabs(t) < 0x1p23f ? t : 0.0f;
    return as_uint(v) + (uint)((float)(int)part == part && v != 0.0f);
}

TQ_INLINE TQ_CAT(uint, TQ_LANES) tq_moved_numbers(const tq_numbers v, const float scale)
{
    const tq_numbers t = v * scale, part = fabs(t) < (tq_numbers)0x1p23f ? t : (tq_numbers)0.0f;
    const tq_numbers whole = TQ_CAT(convert_float, TQ_LANES)(TQ_CAT(convert_int, TQ_LANES)(part));
    return TQ_CAT(as_uint, TQ_LANES)(TQ_CAT(as_int, TQ_LANES)(v) - ((whole == part) & (v != (tq_numbers)0.0f)));
}

/* To place `at`: carriers as they are (a NaN's bits and subnormal numbers stay), or integers in units of 1/scale. */
TQ_INLINE void tq_put_number(__global uint *to, const ulong at, const float v, const float scale, const int form)
{
    if (form == TQ_OPERAND_CARRIER)
        to[at] = as_uint(v);
    else if (form == TQ_OPERAND_MOVED)
        to[at] = tq_moved_bits(v, scale);
    else if (form == TQ_OPERAND_INT16)
        ((__global short *)to)[at] = (short)(int)(v * scale);
    else
        to[at] = (uint)(int)(v * scale) & 0xFFFFu;
}

TQ_INLINE void tq_put_numbers(__global uint *to, const ulong at, const tq_numbers v, const float scale, const int form)
{
    const int carriers = form == TQ_OPERAND_CARRIER || form == TQ_OPERAND_MOVED;
    const tq_number_ints integers = TQ_CAT(convert_int, TQ_LANES)(carriers ? (tq_numbers)0.0f : v * scale);
    if (form == TQ_OPERAND_CARRIER)
        TQ_CAT(vstore, TQ_LANES)(TQ_CAT(as_uint, TQ_LANES)(v), 0, to + at);
    else if (form == TQ_OPERAND_MOVED)
        TQ_CAT(vstore, TQ_LANES)(tq_moved_numbers(v, scale), 0, to + at);
    else if (form == TQ_OPERAND_INT16)
        TQ_CAT(vstore, TQ_LANES)(TQ_CAT(convert_short, TQ_LANES)(integers), 0, (__global short *)to + at);
    else
        TQ_CAT(vstore, TQ_LANES)(TQ_CAT(as_uint, TQ_LANES)(integers & 0xFFFF), 0, to + at);
}

TQ_INLINE void tq_put_zeros(__global uint *to, const ulong at, const int count, const int form)
{
    for (int i = 0; i < count; ++i)
        tq_put_number(to, at + (ulong)i, 0.0f, 1.0f, form);
}

/* `count` numbers of a line; whether one is beyond the bound. */
TQ_INLINE int tq_copy_line(__global uint *to, const ulong at, __global const float *from, const int count,
                           const float scale, const float bound, const int form)
{
    const int checked = bound < INFINITY ? -1 : 0;
    int i = 0, found = 0;
    tq_number_ints find = (tq_number_ints)(0);
    for (; i + TQ_LANES <= count; i += TQ_LANES) {
        const tq_numbers v = TQ_CAT(vload, TQ_LANES)(0, from + i);
        const tq_number_ints beyond = ~(fabs(v) <= (tq_numbers)bound) & checked;
        find |= beyond;
        tq_put_numbers(to, at + (ulong)i, beyond ? (tq_numbers)0.0f : v, scale, form);
    }
    for (; i < count; ++i) {
        const int beyond = fabs(from[i]) <= bound ? 0 : checked;
        found |= beyond;
        tq_put_number(to, at + (ulong)i, beyond ? 0.0f : from[i], scale, form);
    }
    return found | any(find);
}

/* rows, columns, channels of the image; rows and columns of the copy; the first image row and column in it */
typedef struct tq_operand_shape {
    int rows, columns, channels, copy_rows, copy_columns, top, left, lines;
} tq_operand_shape;

/* `when`: 0 always, 1 only if the verdict is that the bound was exceeded (before, by another operand). */
__kernel void operand(__global const float *restrict x, const ulong x_offset, __global uint *restrict to, const int8 shape,
                      const float scale, const float bound, const int form, __global uint *restrict verdict, const uint run,
                      const uint when)
{
    const tq_operand_shape s = {shape.s0, shape.s1, shape.s2, shape.s3, shape.s4, shape.s5, shape.s6, shape.s7};
    const int line = (int)tq_item(0);
    if (line < s.lines && (when == 0 || verdict[0] == run)) {
        const int row = line % s.copy_rows - s.top, width = s.copy_columns * s.channels;
        const int inside = row >= 0 && row < s.rows, left = min(s.left, s.copy_columns) * s.channels;
        const int used = min(s.columns * s.channels, width - left);
        const ulong start = (ulong)line * (ulong)width;
        __global const float *from = x + x_offset + ((long)(line / s.copy_rows) * s.rows + row) * s.columns * s.channels;
        tq_put_zeros(to, start, inside ? left : width, form);
        if (inside) {
            if (tq_copy_line(to, start + (ulong)left, from, used, scale, bound, form))
                verdict[0] = run;
            tq_put_zeros(to, start + (ulong)(left + used), width - left - used, form);
        }
    }
}

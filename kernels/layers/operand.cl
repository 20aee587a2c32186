/*
 * The input of a contraction, copied into the form that its loop reads: TQ_OPERAND_FORM 0 binary32, 1 integers of 16 bits on
 * the input's grid, 2 the same in the low halves of ints. Lines of an image get their padding, so that the loop needs not
 * look where an image ends.
 *
 * With a finite bound, a number whose magnitude is above it, or a NaN, sets verdict[0] to `run`: the loop that counts on the bound then does
 * nothing, and the one that does not runs (contraction.h). Other numbers are integers in units of 1/scale, as the
 * host has proven, or are copied.
 *
 * One work-item makes one line: columns * channels numbers between zeros.
 */
typedef TQ_CAT(float, TQ_LANES) tq_numbers;

#if TQ_OPERAND_FORM == 0
typedef float tq_copied;
#define tq_copies(v)   (v)
#define tq_copy_of(v)  (v)
#define TQ_SCALED(v)   (v) /* a NaN's bits and subnormal numbers stay */
#elif TQ_OPERAND_FORM == 1
#define TQ_SCALED(v)   ((v) * scale)
typedef short tq_copied;
#define tq_copies(v)   TQ_CAT(convert_short, TQ_LANES)(TQ_CAT(convert_int, TQ_LANES)(v))
#define tq_copy_of(v)  ((short)(int)(v))
#else
#define TQ_SCALED(v)   ((v) * scale)
typedef int tq_copied;
#define tq_copies(v)   (TQ_CAT(convert_int, TQ_LANES)(v) & 0xFFFF)
#define tq_copy_of(v)  ((int)(v) & 0xFFFF)
#endif

TQ_INLINE void tq_zeros(__global tq_copied *to, const int count)
{
    for (int i = 0; i < count; ++i)
        to[i] = 0;
}

/* `count` numbers of a line; whether one is beyond the bound. */
TQ_INLINE int tq_copy_line(__global tq_copied *to, __global const float *from, const int count, const float scale,
                           const float bound)
{
    const int checked = bound < INFINITY ? -1 : 0;
    int i = 0, found = 0;
    TQ_CAT(int, TQ_LANES) find = (TQ_CAT(int, TQ_LANES))(0);
    for (; i + TQ_LANES <= count; i += TQ_LANES) {
        const tq_numbers v = TQ_CAT(vload, TQ_LANES)(0, from + i);
        const TQ_CAT(int, TQ_LANES) beyond = ~(fabs(v) <= (tq_numbers)bound) & checked;
        find |= beyond;
        TQ_CAT(vstore, TQ_LANES)(tq_copies(TQ_SCALED(beyond ? (tq_numbers)0.0f : v)), 0, to + i);
    }
    for (; i < count; ++i) {
        const int beyond = fabs(from[i]) <= bound ? 0 : checked;
        found |= beyond;
        to[i] = tq_copy_of(TQ_SCALED(beyond ? 0.0f : from[i]));
    }
    return found | any(find);
}

/* rows, columns, channels of the image; rows and columns of the copy; the first image row and column in it */
typedef struct tq_operand_shape {
    int rows, columns, channels, copy_rows, copy_columns, top, left, lines;
} tq_operand_shape;

__kernel void operand(__global const float *restrict x, const ulong x_offset, __global tq_copied *restrict to,
                      const int8 shape, const float scale, const float bound, __global uint *verdict, const uint run)
{
    const tq_operand_shape s = {shape.s0, shape.s1, shape.s2, shape.s3, shape.s4, shape.s5, shape.s6, shape.s7};
    const int line = (int)get_global_id(0);
    if (line < s.lines) {
        const int row = line % s.copy_rows - s.top, width = s.copy_columns * s.channels;
        const int inside = row >= 0 && row < s.rows, left = min(s.left, s.copy_columns) * s.channels;
        const int used = min(s.columns * s.channels, width - left);
        __global tq_copied *start = to + (long)line * width;
        __global const float *from =
            x + x_offset + ((long)(line / s.copy_rows) * s.rows + row) * s.columns * s.channels;
        tq_zeros(start, inside ? left : width);
        if (inside) {
            if (tq_copy_line(start + left, from, used, scale, bound))
                verdict[0] = run;
            tq_zeros(start + left + used, width - left - used);
        }
    }
}

/*
 * Operands of the gradients of a contraction. `geometry` is that of contraction.cl: rows, in_rows, in_columns, in_channels,
 * kernel rows and columns, strides, dilations, pads, out_rows, out_columns, out_channels, inputs of a group. `count`: items.
 */

/* The output's gradient so that the input's is a convolution of stride 1 without pads; size: rows and columns of an image. A
 * work-item writes one pixel. */
__kernel void spread(__global const uint *restrict y, const ulong y_offset, __global uint *restrict to, const ulong to_offset,
                     const int16 geometry, const int2 size, const ulong count)
{
    const int pixel = (int)tq_item(0), line = pixel / size.s1, channels = geometry.se;
    if ((ulong)tq_item(0) < count) {
        const int row = line % size.s0 - (geometry.s4 - 1) * geometry.s8 + geometry.sa, from_row = row / geometry.s6;
        const int column = pixel % size.s1 - (geometry.s5 - 1) * geometry.s9 + geometry.sb, from_column = column / geometry.s7;
        const int inside = row >= 0 && column >= 0 && row % geometry.s6 == 0 && column % geometry.s7 == 0 &&
                           from_row < geometry.sc && from_column < geometry.sd;
        const long from = inside ? ((long)(line / size.s0) * geometry.sc + from_row) * geometry.sd + from_column : 0;
        __global const uint *const y_pixel = y + y_offset + from * channels;
        __global uint *const to_pixel = to + to_offset + (ulong)pixel * (ulong)channels;
        for (int o = 0; o < channels; ++o)
            to_pixel[o] = inside ? y_pixel[o] : 0u;
    }
}

/* One output line of one input: columns from, to below end have their tap in the image. */
TQ_INLINE void tq_unfold_line(__global uint *to, __global const uint *from, const int columns, const int begin, const int end,
                              const int step)
{
    for (int i = 0; i < begin; ++i)
        to[i] = 0u;
    if (step == 1) {
        for (int i = begin; i < end; ++i)
            to[i] = from[i];
    } else {
        for (int i = begin; i < end; ++i)
            to[i] = from[(long)i * step];
    }
    for (int i = end; i < columns; ++i)
        to[i] = 0u;
}

/* The same for four inputs, whose lines are `pixels` apart. */
TQ_INLINE void tq_unfold_four(__global uint *to, __global const uint *from, const int pixels, const int columns, const int begin,
                              const int end, const int step)
{
    __global uint *const b = to + pixels, *const c = b + pixels, *const d = c + pixels;
    int i = begin;
    for (; i + 4 <= end; i += 4) {
        __global const uint *const at = from + (long)i * step;
        const uint4 p = vload4(0, at), q = vload4(0, at + step), r = vload4(0, at + 2 * step), s = vload4(0, at + 3 * step);
        vstore4((uint4)(p.s0, q.s0, r.s0, s.s0), 0, to + i);
        vstore4((uint4)(p.s1, q.s1, r.s1, s.s1), 0, b + i);
        vstore4((uint4)(p.s2, q.s2, r.s2, s.s2), 0, c + i);
        vstore4((uint4)(p.s3, q.s3, r.s3, s.s3), 0, d + i);
    }
    for (int k = 0; k < 4; ++k) {
        __global uint *const line = to + (long)k * pixels;
        for (int j = 0; j < begin; ++j)
            line[j] = 0u;
        for (int j = i; j < end; ++j)
            line[j] = from[(long)j * step + k];
        for (int j = end; j < columns; ++j)
            line[j] = 0u;
    }
}

/* Inputs of all terms, [group][term][output pixel of all samples]; taps outside the image are zeros. A work-item writes size.s1
 * lines of an image's output pixels for size.s0 inputs of one tap of one group. */
__kernel void unfold_terms(__global const uint *restrict x, const ulong x_offset, __global uint *restrict to,
                           const ulong to_offset, const int16 geometry, const int2 size, const ulong count)
{
    const ulong item = tq_item(0);
    const int pixels = geometry.s0, inputs = geometry.sf, columns = geometry.sd, blocks_of_lines = pixels / columns / size.s1;
    if (item < count) {
        const int block = (int)(item / (ulong)blocks_of_lines), line = (int)(item % (ulong)blocks_of_lines) * size.s1;
        const int blocks = (inputs + size.s0 - 1) / size.s0, tap_of_all = block / blocks, first = block % blocks * size.s0;
        const int taps = geometry.s4 * geometry.s5, tap = tap_of_all % taps, group = tap_of_all / taps;
        const int top = line % geometry.sc * geometry.s6 - geometry.sa + tap / geometry.s5 * geometry.s8;
        const int left = tap % geometry.s5 * geometry.s9 - geometry.sb, step = geometry.s7 * geometry.s3;
        const int begin = min(left < 0 ? (-left + geometry.s7 - 1) / geometry.s7 : 0, columns);
        const int end = max(begin, min((geometry.s2 - left + geometry.s7 - 1) / geometry.s7, columns));
        const long image = (long)(line / geometry.sc) * geometry.s1;
        __global uint *const out = to + to_offset + (ulong)tap_of_all * (ulong)inputs * (ulong)pixels + (ulong)line * (ulong)columns;
        const int last = min(first + size.s0, inputs);
        for (int k = first; k < last; k += k + 4 <= last ? 4 : 1)
            for (int i = 0; i < size.s1; ++i) {
                const int row = top + i * geometry.s6, inside = row >= 0 && row < geometry.s1;
                const long from = x_offset + ((image + (inside ? row : 0)) * geometry.s2 + left) * geometry.s3 + group * inputs + k;
                __global uint *const line_k = out + (ulong)k * (ulong)pixels + (ulong)(i * columns);
                if (k + 4 <= last)
                    tq_unfold_four(line_k, x + from, pixels, columns, inside ? begin : columns, inside ? end : columns, step);
                else
                    tq_unfold_line(line_k, x + from, columns, inside ? begin : columns, inside ? end : columns, step);
            }
    }
}

/* Products [group][term][output of the group] as weights [term][output]. A work-item moves one number. */
__kernel void join_groups(__global const uint *restrict p, const ulong p_offset, __global uint *restrict to,
                          const ulong to_offset, const int16 geometry, const int2 size, const ulong count)
{
    const ulong i = tq_item(0);
    const uint outputs = (uint)geometry.se, group_outputs = outputs / (uint)(geometry.s3 / geometry.sf),
               terms = (uint)(geometry.s4 * geometry.s5 * geometry.sf);
    if (i < count) {
        const uint output = (uint)i % outputs, term = (uint)i / outputs, group = output / group_outputs;
        to[to_offset + i] = p[p_offset + ((ulong)group * terms + term) * group_outputs + output % group_outputs];
    }
}

/* `count` numbers from number size.s0 on. */
__kernel void copy_row(__global const uint *restrict p, const ulong p_offset, __global uint *restrict to, const ulong to_offset,
                       const int16 geometry, const int2 size, const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count)
        to[to_offset + i] = p[p_offset + (ulong)size.s0 + i];
}

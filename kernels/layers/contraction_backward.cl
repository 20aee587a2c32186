/*
 * Operands of the gradients of a contraction. `geometry` is that of contraction.cl: rows, in_rows, in_columns, in_channels,
 * kernel rows and columns, strides, dilations, pads, out_rows, out_columns, out_channels, inputs of a group. `count`: items.
 */

/* The output's gradient so that the input's is a convolution of stride 1 without pads; size: rows and columns of an image. A
 * work-item writes one pixel. */
__kernel void spread(__global const uint *restrict y, const ulong y_offset, __global uint *restrict to, const ulong to_offset,
                     const int16 geometry, const int2 size, const ulong count)
{
    const int pixel = (int)get_global_id(0), line = pixel / size.s1, channels = geometry.se;
    if ((ulong)get_global_id(0) < count) {
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
    for (int i = begin; i < end; ++i)
        to[i] = from[(long)i * step];
    for (int i = end; i < columns; ++i)
        to[i] = 0u;
}

/* Inputs of all terms, [group][term][output pixel of all samples]; taps outside the image are zeros. A work-item writes size.s1
 * lines of an image's output pixels for size.s0 inputs of one tap of one group. */
__kernel void unfold_terms(__global const uint *restrict x, const ulong x_offset, __global uint *restrict to,
                           const ulong to_offset, const int16 geometry, const int2 size, const ulong count)
{
    const ulong item = get_global_id(0);
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
        for (int k = first; k < min(first + size.s0, inputs); ++k)
            for (int i = 0; i < size.s1; ++i) {
                const int row = top + i * geometry.s6, inside = row >= 0 && row < geometry.s1;
                const long from = x_offset + ((image + (inside ? row : 0)) * geometry.s2 + left) * geometry.s3 + group * inputs + k;
                tq_unfold_line(out + (ulong)k * (ulong)pixels + (ulong)(i * columns), x + from, columns, inside ? begin : columns,
                               inside ? end : columns, step);
            }
    }
}

/* Products [group][term][output of the group] as weights [term][output]. A work-item moves one number. */
__kernel void join_groups(__global const uint *restrict p, const ulong p_offset, __global uint *restrict to,
                          const ulong to_offset, const int16 geometry, const int2 size, const ulong count)
{
    const ulong i = get_global_id(0);
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
    const ulong i = get_global_id(0);
    if (i < count)
        to[to_offset + i] = p[p_offset + (ulong)size.s0 + i];
}

/*
 * Operands of the gradients of a contraction. `geometry` is that of contraction.cl: rows, in_rows, in_columns, in_channels,
 * kernel rows and columns, strides, dilations, pads, out_rows, out_columns, out_channels, inputs of a group. One work-item
 * moves one number.
 */

/* Weights [row][column][input][output] with the last tap first, as [row][column][output of a group][input over all groups]. */
__kernel void flip(__global const uint *restrict w, const ulong w_offset, __global uint *restrict to, const ulong to_offset,
                   const int16 geometry, const ulong count)
{
    const ulong i = tq_item(0);
    const uint inputs = (uint)geometry.s3, outputs = (uint)geometry.se, group_inputs = (uint)geometry.sf,
               group_outputs = outputs / (inputs / group_inputs), taps = (uint)(geometry.s4 * geometry.s5);
    if (i < count) {
        const uint input = (uint)(i % inputs), output = (uint)(i / inputs % group_outputs),
                   tap = taps - 1 - (uint)(i / inputs / group_outputs), group = input / group_inputs;
        to[to_offset + i] = w[w_offset + ((ulong)tap * group_inputs + input % group_inputs) * outputs +
                              group * group_outputs + output];
    }
}

/* The output's gradient so that the input's is a convolution of stride 1 without pads; size: rows and columns of an image. */
__kernel void spread(__global const uint *restrict y, const ulong y_offset, __global uint *restrict to, const ulong to_offset,
                     const int16 geometry, const int2 size, const ulong count)
{
    const ulong i = tq_item(0);
    const ulong channels = (ulong)geometry.se;
    if (i < count) {
        const ulong pixel = i / channels, line = pixel / (ulong)size.s1;
        const int row = (int)(line % (ulong)size.s0) - (geometry.s4 - 1) * geometry.s8 + geometry.sa;
        const int column = (int)(pixel % (ulong)size.s1) - (geometry.s5 - 1) * geometry.s9 + geometry.sb;
        const int from_row = row / geometry.s6, from_column = column / geometry.s7;
        const bool inside = row >= 0 && column >= 0 && row % geometry.s6 == 0 && column % geometry.s7 == 0 &&
                            from_row < geometry.sc && from_column < geometry.sd;
        const ulong from = (line / (ulong)size.s0 * (ulong)geometry.sc + (ulong)from_row) * (ulong)geometry.sd +
                           (ulong)from_column;
        to[to_offset + i] = inside ? y[y_offset + from * channels + i % channels] : 0;
    }
}

/* Inputs of all terms, [group][term][output pixel of all samples]; taps outside the image are zeros. */
__kernel void unfold_terms(__global const uint *restrict x, const ulong x_offset, __global uint *restrict to,
                           const ulong to_offset, const int16 geometry, const ulong count)
{
    const ulong i = tq_item(0);
    const int pixels = geometry.s0, inputs = geometry.sf, terms = geometry.s4 * geometry.s5 * inputs;
    if (i < count) {
        const int pixel = (int)(i % (ulong)pixels), k = (int)(i / (ulong)pixels % (ulong)terms),
                  group = (int)(i / (ulong)pixels / (ulong)terms);
        const int line = pixel / geometry.sd, tap = k / inputs;
        const int row = line % geometry.sc * geometry.s6 - geometry.sa + tap / geometry.s5 * geometry.s8;
        const int column = pixel % geometry.sd * geometry.s7 - geometry.sb + tap % geometry.s5 * geometry.s9;
        const bool inside = row >= 0 && row < geometry.s1 && column >= 0 && column < geometry.s2;
        const ulong from = ((ulong)(line / geometry.sc) * (ulong)geometry.s1 + (ulong)row) * (ulong)geometry.s2 + (ulong)column;
        to[to_offset + i] = inside ? x[x_offset + from * (ulong)geometry.s3 + (ulong)(group * inputs + k % inputs)] : 0;
    }
}

/* Products [group][term][output of the group] as weights [term][output]. */
__kernel void join_groups(__global const uint *restrict p, const ulong p_offset, __global uint *restrict to,
                          const ulong to_offset, const int16 geometry, const ulong count)
{
    const ulong i = tq_item(0);
    const uint outputs = (uint)geometry.se, group_outputs = outputs / (uint)(geometry.s3 / geometry.sf),
               terms = (uint)(geometry.s4 * geometry.s5 * geometry.sf);
    if (i < count) {
        const uint output = (uint)(i % outputs), term = (uint)(i / outputs), group = output / group_outputs;
        to[to_offset + i] = p[p_offset + ((ulong)group * terms + term) * group_outputs + output % group_outputs];
    }
}

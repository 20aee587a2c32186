/*
 * Unfolds an image for a matrix product (im2col): to[row][k], row = 0 .. from output pixel row_begin on, k over kernel
 * rows, kernel columns, input channels; taps outside the image are zeros. `geometry` is that of contraction.cl.
 */
__kernel void unfold(__global const uint *restrict x, const ulong x_offset, __global uint *restrict to,
                     const int16 geometry, const int row_begin, const ulong count)
{
    const ulong i = tq_item(0);
    const int in_rows = geometry.s1, in_columns = geometry.s2, channels = geometry.s3;
    const int terms = geometry.s4 * geometry.s5 * channels;
    if (i < count) {
        const int row = row_begin + (int)(i / (ulong)terms), k = (int)(i % (ulong)terms);
        const int tap = k / channels, line = row / geometry.sd;
        const int image_row = line % geometry.sc * geometry.s6 - geometry.sa + tap / geometry.s5 * geometry.s8;
        const int image_column = row % geometry.sd * geometry.s7 - geometry.sb + tap % geometry.s5 * geometry.s9;
        const ulong pixel = ((ulong)(line / geometry.sc) * (ulong)in_rows + (ulong)image_row) * (ulong)in_columns +
                            (ulong)image_column;
        const bool inside = image_row >= 0 && image_row < in_rows && image_column >= 0 && image_column < in_columns;
        to[i] = inside ? x[x_offset + pixel * (ulong)channels + (ulong)(k % channels)] : 0;
    }
}

/*
 * Copies a tensor whose elements are counted in the sequence (sample, channel, pixel) though stored as (sample, pixel,
 * channel), on either side; channels of 1 mean that the two are the same.
 */
__kernel void reorder(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                      const ulong y_offset, const ulong x_pixels, const ulong x_channels, const ulong y_pixels,
                      const ulong y_channels, const ulong count)
{
    const ulong i = get_global_id(0); /* stored in y */
    if (i < count) {
        const ulong y_image = y_pixels * y_channels, y_rest = i % y_image;
        const ulong sequence = i - y_rest + y_rest % y_channels * y_pixels + y_rest / y_channels;
        const ulong x_image = x_pixels * x_channels, x_rest = sequence % x_image;
        y[y_offset + i] = x[x_offset + sequence - x_rest + x_rest % x_pixels * x_channels + x_rest / x_pixels];
    }
}

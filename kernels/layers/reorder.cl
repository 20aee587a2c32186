/*
 * Copies a tensor whose elements are counted in the sequence (sample, channel, pixel) though stored as (sample, pixel,
 * channel), on either side; channels of 1 mean that the two are the same. `image`: elements of a sample where an order
 * differs; the counts fit 32 bits, in which division is quicker. One work-item makes one channel of y, or one pixel.
 */
__kernel void reorder(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                      const ulong y_offset, const uint image, const uint x_pixels, const uint x_channels,
                      const uint y_pixels, const uint y_channels, const uint run, const ulong items)
{
    const ulong item = get_global_id(0);
    if (item < items) {
        const ulong first = item * run, sample = first / image * image;
        const uint begin = (uint)(first - sample);
        __global const uint *from = x + x_offset + sample;
        __global uint *to = y + y_offset + first;
        for (uint i = 0; i < run; ++i) {
            const uint at = begin + i, sequence = at % y_channels * y_pixels + at / y_channels;
            to[i] = from[sequence % x_pixels * x_channels + sequence / x_pixels];
        }
    }
}

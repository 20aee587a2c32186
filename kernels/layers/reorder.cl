/*
 * Copies a tensor whose elements are counted in the sequence (sample, feature, pixel) though stored as (sample, pixel,
 * feature), on either side; channels of 1 mean that the two are the same. `block`: elements after which both sides begin a
 * sample; what is in it fits 32 bits, in which division is quicker. One work-item makes `run` elements of y.
 */
__kernel void reorder(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                      const ulong y_offset, const uint block, const uint x_pixels, const uint x_channels,
                      const uint y_pixels, const uint y_channels, const uint run, const ulong items)
{
    const ulong item = tq_item(0);
    if (item < items) {
        const ulong first = item * run, base = first / block * block;
        const uint begin = (uint)(first - base), x_image = x_pixels * x_channels, y_image = y_pixels * y_channels;
        __global const uint *from = x + x_offset + base;
        __global uint *to = y + y_offset + first;
        const int x_plain = x_pixels == 1u || x_channels == 1u, y_plain = y_pixels == 1u || y_channels == 1u;
        const int same = x_plain && y_plain;
        if (same) {
            for (uint i = 0; i < run; ++i)
                to[i] = from[begin + i];
        } else if (y_plain) { /* the next in the sequence is the same feature's next pixel */
            uint x_rest = begin % x_image, x_pixel = x_rest % x_pixels;
            __global const uint *next = from + (begin - x_rest + x_pixel * x_channels + x_rest / x_pixels);
            for (uint i = 0; i < run; ++i) {
                to[i] = *next;
                next += x_channels;
                if (++x_pixel == x_pixels) {
                    x_pixel = 0;
                    x_rest = begin + i + 1u;
                    next = from + (x_rest / x_image * x_image + x_rest % x_image / x_pixels);
                }
            }
        }
        const uint rest = begin % y_image;
        uint image = begin - rest, feature = rest % y_channels, pixel = rest / y_channels;
        for (uint i = 0; !y_plain && i < run; ++i) {
            const uint sequence = image + feature * y_pixels + pixel;
            if (x_plain) {
                to[i] = from[sequence];
            } else {
                const uint x_rest = sequence % x_image;
                to[i] = from[sequence - x_rest + x_rest % x_pixels * x_channels + x_rest / x_pixels];
            }
            if (++feature == y_channels) {
                feature = 0;
                if (++pixel == y_pixels) {
                    pixel = 0;
                    image += y_image;
                }
            }
        }
    }
}

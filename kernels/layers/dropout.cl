/*
 * Dropout in training, forward and backward: an element is +0 where its draw is below `limit`, else its product with `scale`,
 * rounded to nearest. The draw is one of 32 bits, of the stream of inner steps, of the element in the data set. C and OpenCL C.
 */
TQ_INLINE tq_u32 tq_dropped(tq_u32 x, tq_u32 scale, tq_u32 limit, tq_u32 key0, tq_u32 key1, tq_u64 element)
{
    if (tq_element_draw(key0, key1, element, TQ_STREAM_INNER, 32) < limit)
        return 0;
    return tq_carrier_product(x, scale);
}

#ifdef __OPENCL_VERSION__
__kernel void dropout(__global const uint *restrict x, const ulong x_offset, __global uint *restrict y,
                      const ulong y_offset, const uint scale, const uint limit, const uint2 key, const ulong first,
                      const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count)
        y[y_offset + i] = tq_dropped(x[x_offset + i], scale, limit, key.s0, key.s1, first + i);
}
#endif

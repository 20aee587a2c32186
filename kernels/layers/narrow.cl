/* Integers on a grid for paths with 16-bit operands: to[i] = x[i] * 2^shift, which the host has proven to fit. */
__kernel void narrow(__global const float *restrict x, const ulong x_offset, __global short *restrict to,
                     const uint count, const float scale)
{
    const uint i = (uint)get_global_id(0);
    if (i < count)
        to[i] = convert_short_sat_rte(x[x_offset + i] * scale);
}

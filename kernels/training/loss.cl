/*
 * Gradients of losses by the network's output, times `factor`; every step rounded to binary32 once. C and OpenCL C but for
 * the kernels.
 */
/* exp(x - m); m is the row's largest. Their sum is made ascending. */
TQ_INLINE tq_u32 tq_loss_power(tq_u32 x, tq_u32 largest)
{
    return tq_exp(tq_carrier_difference(x, largest));
}

/* (power / sum - target) * factor; target is 1 for the label. */
TQ_INLINE tq_u32 tq_loss_share(tq_u32 power, tq_u32 sum, tq_u32 target, tq_u32 factor)
{
    return tq_carrier_product(tq_carrier_difference(tq_carrier_quotient(power, sum), target), factor);
}

/* (y - target) * factor */
TQ_INLINE tq_u32 tq_loss_square(tq_u32 y, tq_u32 target, tq_u32 factor)
{
    return tq_carrier_product(tq_carrier_difference(y, target), factor);
}

#ifdef __OPENCL_VERSION__
__kernel void cross_entropy(__global const uint *restrict x, const ulong x_offset, __global const int *restrict label,
                            __global uint *restrict to, const ulong to_offset, const uint factor, const uint classes)
{
    const ulong row = tq_item(0);
    __global const uint *const from = x + x_offset + row * classes;
    __global uint *const gradient = to + to_offset + row * classes;
    uint order = 0, sum = 0;
    for (uint i = 0; i < classes; ++i)
        order = max(order, tq_order_of(from[i]));
    const uint largest = tq_bits_of_order(order);
    for (uint i = 0; i < classes; ++i) {
        const uint power = tq_loss_power(from[i], largest);
        gradient[i] = power;
        sum = tq_carrier_sum(sum, power);
    }
    for (uint i = 0; i < classes; ++i)
        gradient[i] = tq_loss_share(gradient[i], sum, (int)i == label[row] ? TQ_ONE_BITS : 0u, factor);
}

__kernel void squares(__global const uint *restrict y, const ulong y_offset, __global const uint *restrict target,
                      __global uint *restrict to, const ulong to_offset, const uint factor, const ulong count)
{
    const ulong i = tq_item(0);
    if (i < count)
        to[to_offset + i] = tq_loss_square(y[y_offset + i], target[i], factor);
}
#endif

/*
 * Gradients of losses by the network's output, times `factor`, and sums of gradients; every step rounded to binary32 once.
 * C and OpenCL C but for the kernels.
 */
TQ_INLINE tq_u32 tq_loss_difference(tq_u32 a, tq_u32 b)
{
    return tq_exact_to_carrier(tq_exact_add(tq_exact_of(a), tq_exact_of(b ^ TQ_SIGN_BIT)));
}

TQ_INLINE tq_u32 tq_loss_times(tq_u32 a, tq_u32 b)
{
    return tq_exact_to_carrier(tq_exact_multiply(tq_exact_of(a), tq_exact_of(b)));
}

/* exp(x - m) and the sum of these, ascending; m is the row's largest. */
TQ_INLINE tq_u32 tq_loss_power(tq_u32 x, tq_u32 largest)
{
    return tq_exp(tq_loss_difference(x, largest));
}

TQ_INLINE tq_u32 tq_loss_sum(tq_u32 a, tq_u32 b)
{
    return tq_exact_to_carrier(tq_exact_add(tq_exact_of(a), tq_exact_of(b)));
}

/* (power / sum - target) * factor; target is 1 for the label. */
TQ_INLINE tq_u32 tq_loss_share(tq_u32 power, tq_u32 sum, tq_u32 target, tq_u32 factor)
{
    const tq_u32 share = tq_exact_to_carrier(tq_exact_divide(tq_exact_of(power), tq_exact_of(sum)));
    return tq_loss_times(tq_loss_difference(share, target), factor);
}

#ifdef __OPENCL_VERSION__
__kernel void cross_entropy(__global const uint *restrict x, const ulong x_offset, __global const int *restrict label,
                            __global uint *restrict to, const ulong to_offset, const uint factor, const uint classes)
{
    const ulong row = get_global_id(0);
    __global const uint *const from = x + x_offset + row * classes;
    __global uint *const gradient = to + to_offset + row * classes;
    uint order = 0, sum = 0;
    for (uint i = 0; i < classes; ++i)
        order = max(order, tq_order_of(from[i]));
    const uint largest = tq_bits_of_order(order);
    for (uint i = 0; i < classes; ++i) {
        const uint power = tq_loss_power(from[i], largest);
        gradient[i] = power;
        sum = tq_loss_sum(sum, power);
    }
    for (uint i = 0; i < classes; ++i)
        gradient[i] = tq_loss_share(gradient[i], sum, (int)i == label[row] ? 0x3F800000u : 0u, factor);
}

__kernel void squares(__global const uint *restrict y, const ulong y_offset, __global const uint *restrict target,
                      __global uint *restrict to, const ulong to_offset, const uint factor, const ulong count)
{
    const ulong i = get_global_id(0);
    if (i < count)
        to[to_offset + i] = tq_loss_times(tq_loss_difference(y[y_offset + i], target[i]), factor);
}
#endif

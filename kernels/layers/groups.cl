/*
 * Groups of a tensor's elements, as struct tq_groups of src/layers/groups.h lies in memory: where a group starts, and how far
 * an element is from there.
 */
#define TQ_GROUP_RANK 6 /* TQ_MAX_RANK */

TQ_INLINE ulong tq_group_place(__global const ulong *dim, __global const ulong *stride, const uint rank, ulong i)
{
    ulong at = 0;
    if (rank == 1)
        return i * stride[0];
    for (uint d = rank; d > 0; --d) {
        at += i % dim[d - 1] * stride[d - 1];
        i /= dim[d - 1];
    }
    return at;
}

TQ_INLINE ulong tq_group_start(__global const ulong *groups, const ulong group)
{
    return tq_group_place(groups + 2, groups + 2 + TQ_GROUP_RANK, (uint)groups[0], group);
}

TQ_INLINE ulong tq_group_step(__global const ulong *groups, const ulong i)
{
    return tq_group_place(groups + 2 + 2 * TQ_GROUP_RANK, groups + 2 + 3 * TQ_GROUP_RANK, (uint)groups[1], i);
}

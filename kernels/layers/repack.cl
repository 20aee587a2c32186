/*
 * Packs matrices b[entry][k][n] of a tensor as the contraction reads weights (src/accumulate/pack.c): [entry][panel][step]
 * [place][term of the step], padded with zeros; an entry is a matrix or a group of outputs. TQ_FORM: 0 binary32, 1 integers of 16 bits, 2 the same in the low halves of
 * ints, both in units of 1/scale; with TQ_AWAY numbers that are not zero move away from it by one unit, floats by one in the
 * last place. The host has proven that they are integers of 16 bits.
 *
 * shape: terms of a run, columns, width of a panel, panels, terms of a step, lanes of a vector, whether its lanes are in the
 * order of tq_pack, steps of a run. stride: from one term and from one column to the next. One work-item packs one step of
 * one panel.
 */
#if TQ_FORM == 0
typedef uint tq_packed;

TQ_INLINE tq_packed tq_packed_of(const uint bits, const float scale)
{
#if TQ_AWAY
    return bits + (uint)((bits & 0x7FFFFFFFu) != 0u);
#else
    return bits;
#endif
}
#else
#if TQ_FORM == 1
typedef short tq_packed;
#else
typedef int tq_packed;
#endif

TQ_INLINE tq_packed tq_packed_of(const uint bits, const float scale)
{
    int v = (int)(as_float(bits) * scale);
#if TQ_AWAY
    v += (v > 0) - (v < 0);
#endif
#if TQ_FORM == 1
    return (short)v;
#else
    return v & 0xFFFF;
#endif
}
#endif

/* The output whose number stands in a lane of 32. */
TQ_INLINE int tq_lane_output(const int lane)
{
    const int i = lane % 16;
    return i / 4 * 8 + lane / 16 * 4 + i % 4;
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
repack(__global const uint *restrict b, const ulong b_offset, __global const ulong *restrict begin,
       __global tq_packed *restrict to, const int8 shape, const ulong2 stride, const float scale, const int steps)
{
    const int step = (int)tq_item(0), panel = (int)tq_item(1), entry = (int)tq_item(2);
    const int run = shape.s0, columns = shape.s1, width = shape.s2, step_terms = shape.s4, lanes = shape.s5;
    const ulong number = ((ulong)entry * (ulong)shape.s3 + (ulong)panel) * (ulong)steps + (ulong)step;
    __global const uint *const from = b + b_offset + begin[entry];
    __global tq_packed *const row = to + number * (ulong)(width * step_terms);
    for (int place = 0; place < width; ++place) {
        const int lane = place % lanes, vector = panel * width + place - lane;
        const int n = vector + (shape.s6 ? tq_lane_output(lane) : lane);
        for (int i = 0; i < step_terms; ++i) {
            const int in_run = step % shape.s7 * step_terms + i, k = step / shape.s7 * run + in_run;
            row[place * step_terms + i] =
                n < columns && in_run < run ? tq_packed_of(from[(ulong)k * stride.s0 + (ulong)n * stride.s1], scale) : 0;
        }
    }
}

/* Biases of all groups, each padded to whole panels. */
__kernel void rebias(__global const uint *restrict b, const ulong b_offset, __global uint *restrict to, const uint outputs,
                     const uint padded)
{
    const uint i = (uint)tq_item(0), group = i / padded, output = i % padded;
    to[i] = output < outputs ? b[b_offset + group * outputs + output] : 0;
}

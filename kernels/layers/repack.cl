/*
 * Packs matrices b[entry][k][n] of a tensor as the contraction reads weights (src/accumulate/pack.c): [entry][panel][step]
 * [place][term of the step], padded with zeros; an entry is a matrix or a group of outputs. TQ_FORM: 0 binary32, 1 integers of
 * 16 bits, 2 the same in the low halves of ints, both in units of 1/scale; with TQ_AWAY numbers that are not zero move away
 * from it by one unit, floats by one in the last place. The host has proven that numbers of at most the bound are integers of
 * 16 bits.
 *
 * As in operand.cl, with a finite bound a number beyond it, or a NaN, sets verdict[0] to `run_number`; `when`: 0 always, 1 only
 * if the verdict is that a bound was exceeded.
 *
 * shape: terms of a run, columns, width of a panel, panels, terms of a step, lanes of a vector, whether its lanes are in the
 * order of tq_pack, steps of a run. steps: of a panel. stride: from one term, from one column and from one tap to the next
 * (which may go backwards), and terms of a tap, 0 for one tap; lanes are a power of two. One work-item packs steps_each steps of one panel.
 */
#if TQ_FORM == 0
typedef uint tq_packed;
typedef uint4 tq_packed4;

TQ_INLINE tq_packed4 tq_packed4_of(const uint4 bits, const float scale)
{
#if TQ_AWAY
    return bits - as_uint4((bits & 0x7FFFFFFFu) != (uint4)0u);
#else
    return bits;
#endif
}
#else
#if TQ_FORM == 1
typedef short tq_packed;
typedef short4 tq_packed4;
#else
typedef int tq_packed;
typedef int4 tq_packed4;
#endif

TQ_INLINE tq_packed4 tq_packed4_of(const uint4 bits, const float scale)
{
    int4 v = convert_int4(as_float4(bits) * scale);
#if TQ_AWAY
    v = v - (v > (int4)0) + (v < (int4)0);
#endif
#if TQ_FORM == 1
    return convert_short4(v);
#else
    return v & 0xFFFF;
#endif
}
#endif

TQ_INLINE tq_packed tq_packed_of(const uint bits, const float scale)
{
    return tq_packed4_of((uint4)bits, scale).s0;
}

/* The output whose number stands in a lane, in the order of tq_pack_halves (vectors16.cl). */
TQ_INLINE int tq_lane_output(const int lane, const int lanes)
{
    const int part = lanes / 2, i = lane % part;
    return i / 4 * 8 + lane / part * 4 + i % 4;
}

typedef struct tq_repacking {
    int8 shape;
    ulong4 stride;
    float scale;
    uint bound; /* bits of the largest magnitude that is allowed */
} tq_repacking;

/* Number n of term k's line; 0, and *beyond not 0, where it is beyond the bound. */
TQ_INLINE uint tq_number_bits(const tq_repacking r, __global const uint *line, const int n, int *beyond)
{
    const uint bits = line[(ulong)n * r.stride.s1];
    const int large = (bits & 0x7FFFFFFFu) > r.bound;
    *beyond |= large;
    return large ? 0u : bits;
}

/* Four columns of one term from n on. */
TQ_INLINE void tq_repack_four(const tq_repacking r, __global const uint *line, __global tq_packed *to, const int n, int *beyond)
{
    const int step_terms = r.shape.s4;
    if (r.stride.s1 == 1 && step_terms == 1 && n + 4 <= r.shape.s1) {
        const uint4 bits = vload4(0, line + n);
        const int4 large = (bits & 0x7FFFFFFFu) > (uint4)r.bound;
        const uint4 kept = large ? (uint4)0u : bits;
        *beyond |= large.s0 | large.s1 | large.s2 | large.s3;
        vstore4(tq_packed4_of(kept, r.scale), 0, to);
        return;
    }
    if (n >= r.shape.s1 && step_terms == 1) {
        vstore4((tq_packed4)0, 0, to);
        return;
    }
    for (int i = 0; i < 4; ++i)
        to[i * step_terms] = tq_packed_of(n + i < r.shape.s1 ? tq_number_bits(r, line, n + i, beyond) : 0u, r.scale);
}

/* Term i of a step; `line` is not read where there is none. Lanes of a vector are multiples of 4, or fewer. */
TQ_INLINE void tq_repack_term(const tq_repacking r, __global const uint *line, __global tq_packed *row, const int panel,
                              const int exists, int *beyond)
{
    const int width = r.shape.s2, lanes = r.shape.s5, step_terms = r.shape.s4;
    int begin = 0;
#if TQ_FORM == 0 && !TQ_AWAY
    /* The bits as they are, where they lie one behind the other and are not checked. */
    if (exists && r.bound == 0xFFFFFFFFu && r.stride.s1 == 1 && step_terms == 1 && !r.shape.s6)
        for (; begin + 8 <= width && panel * width + begin + 8 <= r.shape.s1; begin += 8)
            vstore8(vload8(0, line + panel * width + begin), 0, row + begin);
#endif
    for (int place = begin; place < width; place += 4) {
        const int lane = place & (lanes - 1), n = panel * width + place - lane + (r.shape.s6 ? tq_lane_output(lane, lanes) : lane);
        __global tq_packed *const to = row + place * step_terms;
        if (exists && lanes >= 4) {
            tq_repack_four(r, line, to, n, beyond);
            continue;
        }
        for (int i = 0; i < 4 && place + i < width; ++i)
            to[i * step_terms] =
                tq_packed_of(exists && n + i < r.shape.s1 ? tq_number_bits(r, line, n + i, beyond) : 0u, r.scale);
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
repack(__global const uint *restrict b, const ulong b_offset, __global const ulong *restrict begin,
       __global tq_packed *restrict to, const int8 shape, const int steps, const int steps_each,
       const ulong4 stride, const float scale,
       const float bound, __global uint *restrict verdict, const uint run_number,
       const uint when)
{
    const int first = (int)tq_item(1) * steps_each, panel = (int)tq_item(0), entry = (int)tq_item(2);
    const ulong number = ((ulong)entry * (ulong)shape.s3 + (ulong)panel) * (ulong)steps;
    const int run = shape.s0, step_terms = shape.s4, line_size = shape.s2 * step_terms;
    __global const uint *const from = b + b_offset + begin[entry];
    tq_repacking r;
    const uint tap_terms = (uint)stride.s3;
    int beyond = 0;
    r.shape = shape;
    r.stride = stride;
    r.scale = scale;
    r.bound = bound < INFINITY ? as_uint(bound) : 0xFFFFFFFFu;
    if (when == 0 || verdict[0] == run_number) {
        int run_step = first % shape.s7, run_begin = first / shape.s7 * run;
        for (int step = first; step < min(first + steps_each, steps); ++step) {
            __global tq_packed *const row = to + (number + (ulong)step) * (ulong)line_size;
            for (int i = 0; i < step_terms; ++i) {
                const int in_run = run_step * step_terms + i;
                const uint k = (uint)(run_begin + in_run), tap = tap_terms > 0 ? k / tap_terms : 0u;
                __global const uint *const line = from + tap * stride.s2 + (k - tap * tap_terms) * stride.s0;
                tq_repack_term(r, line, row + i, panel, in_run < run, &beyond);
            }
            if (++run_step == shape.s7) {
                run_step = 0;
                run_begin += run;
            }
        }
        if (beyond)
            verdict[0] = run_number;
    }
}

/* Biases of all groups, each padded to whole panels. */
__kernel void rebias(__global const uint *restrict b, const ulong b_offset, __global uint *restrict to, const uint outputs,
                     const uint padded)
{
    const uint i = (uint)tq_item(0), group = i / padded, output = i % padded;
    to[i] = output < outputs ? b[b_offset + group * outputs + output] : 0;
}

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
 * (which may go backwards), and terms of a tap, 0 for one tap; lanes are a power of two. One work-item packs each.s0 steps of
 * each.s1 panels: neighbouring panels read neighbouring columns.
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

/* `places` columns of one term from n on; zeros for those that do not exist. */
TQ_INLINE void tq_repack_few(const tq_repacking r, __global const uint *line, __global tq_packed *to, const int n,
                             const int places, int *beyond)
{
    for (int i = 0; i < places; ++i)
        to[i * r.shape.s4] = tq_packed_of(n + i < r.shape.s1 ? tq_number_bits(r, line, n + i, beyond) : 0u, r.scale);
}

/* First column of the four lanes from `place` on. */
TQ_INLINE int tq_first_column(const tq_repacking r, const int panel, const int place)
{
    const int lanes = r.shape.s5, lane = place & (lanes - 1);
    return panel * r.shape.s2 + place - lane + (r.shape.s6 ? tq_lane_output(lane, lanes) : lane);
}

/* Term i of a step; `line` is not read where there is none. Lanes of a vector are multiples of 4, or fewer. */
TQ_INLINE void tq_repack_term(const tq_repacking r, __global const uint *line, __global tq_packed *row, const int panel,
                              const int exists, int *beyond)
{
    const int width = r.shape.s2, step_terms = r.shape.s4;
    for (int place = 0; place < width; place += 4)
        tq_repack_few(r, line, row + place * step_terms, exists ? tq_first_column(r, panel, place) : r.shape.s1,
                      min(4, width - place), beyond);
}

#define TQ_TURN(row, i) (uint4)(row[0].s##i, row[1].s##i, row[2].s##i, row[3].s##i)

TQ_INLINE uint4 tq_within(const tq_repacking r, const uint4 bits, int4 *found)
{
    const int4 large = (bits & 0x7FFFFFFFu) > (uint4)r.bound;
    *found |= large;
    return large ? (uint4)0u : bits;
}

/* Four columns of four terms that are neighbours in memory, turned. */
TQ_INLINE void tq_repack_turned(const tq_repacking r, __global const uint *line, __global tq_packed *to, const int n,
                                int4 *found)
{
    const int width = r.shape.s2;
    uint4 column[4];
    for (int i = 0; i < 4; ++i)
        column[i] = tq_within(r, vload4(0, line + (ulong)(n + i) * r.stride.s1), found);
    vstore4(tq_packed4_of(TQ_TURN(column, 0), r.scale), 0, to);
    vstore4(tq_packed4_of(TQ_TURN(column, 1), r.scale), 0, to + width);
    vstore4(tq_packed4_of(TQ_TURN(column, 2), r.scale), 0, to + 2 * width);
    vstore4(tq_packed4_of(TQ_TURN(column, 3), r.scale), 0, to + 3 * width);
}

/* Four columns from n on of `count` terms, equally far apart, of a step each. */
TQ_INLINE void tq_repack_columns(const tq_repacking r, __global const uint *line, __global tq_packed *to, const int n,
                                 const int count, int *beyond)
{
    const int width = r.shape.s2;
    const ulong term = r.stride.s0;
    int4 found = (int4)0;
    int i = 0;
    if (n + 4 <= r.shape.s1 && r.stride.s1 == 1) {
        for (; i < count; ++i)
            vstore4(tq_packed4_of(tq_within(r, vload4(0, line + (ulong)i * term + n), &found), r.scale), 0, to + i * width);
    } else if (n + 4 <= r.shape.s1 && term == 1) {
        for (; i + 4 <= count; i += 4)
            tq_repack_turned(r, line + i, to + i * width, n, &found);
    } else if (n >= r.shape.s1) {
        for (; i < count; ++i)
            vstore4((tq_packed4)0, 0, to + i * width);
    }
    for (; i < count; ++i)
        tq_repack_few(r, line + (ulong)i * term, to + i * width, n, 4, beyond);
    *beyond |= found.s0 | found.s1 | found.s2 | found.s3;
}

/* All columns of a panel of such terms. */
TQ_INLINE void tq_repack_terms(const tq_repacking r, __global const uint *line, __global tq_packed *to, const int panel,
                               const int count, int *beyond)
{
    const int width = r.shape.s2;
    int place = 0;
#if TQ_FORM == 0 && !TQ_AWAY
    /* The bits as they are, where they lie one behind the other and are not checked. */
    if (r.bound == 0xFFFFFFFFu && r.stride.s1 == 1 && !r.shape.s6)
        for (; place + 8 <= width && panel * width + place + 8 <= r.shape.s1; place += 8)
            for (int i = 0; i < count; ++i)
                vstore8(vload8(0, line + (ulong)i * r.stride.s0 + panel * width + place), 0, to + i * width + place);
#endif
    for (; place < width; place += 4)
        tq_repack_columns(r, line, to + place, tq_first_column(r, panel, place), count, beyond);
}

#define TQ_MOST_TERMS 64 /* at a time: their numbers stay in the cache while all columns are packed */

__kernel __attribute__((reqd_work_group_size(1, 1, 1))) void
repack(__global const uint *restrict b, const ulong b_offset, __global const ulong *restrict begin,
       __global tq_packed *restrict to, const int8 shape, const int steps, const int2 each,
       const ulong4 stride, const float scale,
       const float bound, __global uint *restrict verdict, const uint run_number,
       const uint when)
{
    const int first = (int)tq_item(1) * each.s0, panel = (int)tq_item(0) * each.s1, entry = (int)tq_item(2);
    const int step_end = min(first + each.s0, steps), panel_end = min(panel + each.s1, shape.s3);
    const int run = shape.s0, step_terms = shape.s4, line_size = shape.s2 * step_terms;
    const ulong panel_size = (ulong)steps * (ulong)line_size;
    __global const uint *const from = b + b_offset + begin[entry];
    __global tq_packed *const panels = to + (ulong)entry * (ulong)shape.s3 * panel_size;
    tq_repacking r;
    const uint tap_terms = (uint)stride.s3;
    int beyond = 0;
    r.shape = shape;
    r.stride = stride;
    r.scale = scale;
    r.bound = bound < INFINITY ? as_uint(bound) : 0xFFFFFFFFu;
    if (when == 0 || verdict[0] == run_number) {
        int run_step = first % shape.s7, run_begin = first / shape.s7 * run, taken = 1;
        for (int step = first; step < step_end; step += taken) {
            for (int i = 0; i < step_terms; ++i) {
                const int in_run = run_step * step_terms + i;
                const uint k = (uint)(run_begin + in_run), tap = tap_terms > 0 ? k / tap_terms : 0u, in_tap = k - tap * tap_terms;
                __global const uint *const line = from + tap * stride.s2 + in_tap * stride.s0;
                const int together = step_terms == 1 && shape.s5 >= 4;
                if (together)
                    taken = min(min(step_end - step, TQ_MOST_TERMS),
                                min(run - in_run, tap_terms > 0 ? (int)(tap_terms - in_tap) : TQ_MOST_TERMS));
                for (int p = panel; p < panel_end; ++p) {
                    __global tq_packed *const row = panels + (ulong)p * panel_size + (ulong)step * (ulong)line_size;
                    if (together)
                        tq_repack_terms(r, line, row, p, taken, &beyond);
                    else
                        tq_repack_term(r, line, row + i, p, in_run < run, &beyond);
                }
            }
            run_step += taken;
            if (run_step == shape.s7) {
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

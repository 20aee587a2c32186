/*
 * One step for the elements of a parameter: value and states in place. A work-item takes a run of `vectors` * TQ_WIDTH
 * elements; a vector that is whole and tame by lane_steps.cl, the others one by one in exact numbers. TQ_STATES has a bit for
 * each state that there is; pointers of the others are not used.
 */
__kernel void update(__global uint *value, const ulong value_offset, __global const uint *gradient,
                     const ulong gradient_offset, __global uint *state0, const ulong state0_offset,
                     __global uint *state1, const ulong state1_offset, __global uint *state2, const ulong state2_offset,
                     const tq_words common, const tq_words rule, const tq_words gradient_words,
                     const tq_words state_words, const tq_words product_words, const tq_words value_words,
                     const uint key0, const uint key1, const uint stream, const uint before, const uint vectors,
                     const ulong count)
{
    const ulong begin = tq_item(0) * vectors * TQ_WIDTH, end = min(begin + vectors * TQ_WIDTH, count);
    tq_update_at at;
    at.gradient = gradient_words;
    at.state = state_words;
    at.product = product_words;
    at.value = value_words;
    at.key0 = key0;
    at.key1 = key1;
    at.stream = stream;
    at.before = before;
    value += value_offset;
    gradient += gradient_offset;
    state0 += state0_offset;
    state1 += state1_offset;
    state2 += state2_offset;
    for (ulong block = begin; block < end; block += TQ_WIDTH) {
        const ulong last = min(block + TQ_WIDTH, end);
#if TQ_FAST
        if (block + TQ_WIDTH <= end) {
            tq_lanes_at lanes;
            tq_uints states[3], w = tq_load_uints(value + block);
            lanes.exact = at;
            lanes.exact.element = block;
            lanes.wild = (tq_ints)0;
            states[0] = TQ_STATES & 1 ? tq_load_uints(state0 + block) : (tq_uints)0;
            states[1] = TQ_STATES & 2 ? tq_load_uints(state1 + block) : (tq_uints)0;
            states[2] = TQ_STATES & 4 ? tq_load_uints(state2 + block) : (tq_uints)0;
            const tq_uints g = tq_lanes_prepared(&lanes, w, tq_load_uints(gradient + block), common, TQ_FLAGS);
            w = tq_lanes_rule(&lanes, w, g, states, rule, TQ_FLAGS);
            if (!tq_lanes_any(lanes.wild)) {
                tq_store_uints(w, value + block);
                if (TQ_STATES & 1)
                    tq_store_uints(states[0], state0 + block);
                if (TQ_STATES & 2)
                    tq_store_uints(states[1], state1 + block);
                if (TQ_STATES & 4)
                    tq_store_uints(states[2], state2 + block);
                continue;
            }
        }
#endif
        for (ulong i = block; i < last; ++i) {
            uint states[3], w = value[i];
            at.element = i;
            states[0] = TQ_STATES & 1 ? state0[i] : 0;
            states[1] = TQ_STATES & 2 ? state1[i] : 0;
            states[2] = TQ_STATES & 4 ? state2[i] : 0;
            const uint g = tq_exact_prepared(&at, w, gradient[i], common, TQ_FLAGS);
            value[i] = tq_exact_rule(&at, w, g, states, rule, TQ_FLAGS);
            if (TQ_STATES & 1)
                state0[i] = states[0];
            if (TQ_STATES & 2)
                state1[i] = states[1];
            if (TQ_STATES & 4)
                state2[i] = states[2];
        }
    }
}

/*
 * Several quantizers in one kernel, for the self-test of a device (src/quantizers/check_kinds.c): compiling one costs less
 * than compiling each. TQ_CASES is a list of `TQ_CASE(number, slot)`.
 */
#define TQ_CASE(number, slot)                                                                                                \
    case number:                                                                                                             \
        tq_store_uints(slot##_VECTOR(bits, words, draw), y + at);                                                            \
        break;

/* y = the quantizer number `which` of x; a vector for each work-item. */
__kernel void quantize_case(__global const uint *x, __global const uint *draws, __global uint *y, const tq_words words,
                            const int which)
{
    const ulong at = tq_item(0) * TQ_LANES;
    const tq_uints bits = tq_load_uints(x + at), draw = tq_load_uints(draws + at);
    switch (which) {
        TQ_CASES
    default:
        break;
    }
}

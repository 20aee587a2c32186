/*
 * Maximum of binary32 numbers by their bits, so that no device's flushing or comparison rule matters: -0 is below +0, a
 * NaN wins and becomes the canonical one. C and OpenCL C.
 */

/* An unsigned integer that orders like the number; NaN is the largest. */
TQ_INLINE tq_u32 tq_order_of(tq_u32 bits)
{
    if ((bits & 0x7FFFFFFFu) > TQ_INFINITY_BITS)
        return 0xFFFFFFFFu;
    return bits & TQ_SIGN_BIT ? ~bits : bits | TQ_SIGN_BIT;
}

TQ_INLINE tq_u32 tq_bits_of_order(tq_u32 order)
{
    if (order == 0xFFFFFFFFu)
        return TQ_NAN_BITS;
    return order & TQ_SIGN_BIT ? order ^ TQ_SIGN_BIT : ~order;
}

#define TQ_ORDER_OF_MINUS_INFINITY 0x007FFFFFu

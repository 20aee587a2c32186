/*
 * Gradients by the input of functions of one number: from the gradient by the output, the input, and the function's a and b
 * (the kind's first two options), all bits of binary32. Each product is rounded to nearest. C and OpenCL C.
 */
#ifndef TENSORQUANT_DERIVATIVES_CL
#define TENSORQUANT_DERIVATIVES_CL

/* x above 0, infinity too; not a number is not. */
TQ_INLINE tq_u32 tq_is_above_zero(tq_u32 x)
{
    return x - 1u < TQ_INFINITY_BITS;
}

TQ_INLINE tq_u32 tq_relu_gradient(tq_u32 g, tq_u32 x, tq_u32 a, tq_u32 b)
{
    (void)a;
    (void)b;
    return tq_is_above_zero(x) ? g : 0;
}

#endif

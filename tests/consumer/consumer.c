/* Uses the installed library: both header sets, a symbol, and a quantizer on the host. */
#include <stdio.h>

#include <tensorquant/extend.h>
#include <tensorquant/tensorquant.h>

int main(void)
{
    tq_quantizer q;
    if (tq_quantizer_parse(&q, "nearest,16,8")) {
        fprintf(stderr, "%s\n", tq_error());
        return 1;
    }
    printf("TensorQuant CL %s: %g\n", tq_version(), (double)tq_quantizer_apply(&q, 0.3f, 0));
    return tq_exact_to_carrier(tq_exact_of(0x3F800000u)) != 0x3F800000u;
}

#include "oracle/oracle_functions.h"

#include <string.h>

static void sigmoid(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_neg(y, x, MPFR_RNDN);
    mpfr_exp(y, y, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    mpfr_ui_div(y, 1, y, MPFR_RNDN);
}

static void hyperbolic(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_tanh(y, x, MPFR_RNDN);
}

static void error_function(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_erf(y, x, MPFR_RNDN);
}

static void softplus(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_exp(y, x, MPFR_RNDN);
    if (mpfr_inf_p(y) || mpfr_cmp_ui(x, 1000) > 0)
        mpfr_set(y, x, MPFR_RNDN);
    else
        mpfr_log1p(y, y, MPFR_RNDN);
}

static void softsign(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_abs(y, x, MPFR_RNDN);
    mpfr_add_ui(y, y, 1, MPFR_RNDN);
    mpfr_inf_p(x) ? mpfr_set_si(y, mpfr_sgn(x), MPFR_RNDN) : mpfr_div(y, x, y, MPFR_RNDN);
}

/* x * erfc(-x / root of 2) / 2; the limit 0 at -infinity. */
static void gelu(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    mpfr_t root;
    (void)a;
    (void)b;
    mpfr_init2(root, mpfr_get_prec(y));
    mpfr_sqrt_ui(root, 2, MPFR_RNDN);
    mpfr_div(root, x, root, MPFR_RNDN);
    mpfr_neg(root, root, MPFR_RNDN);
    mpfr_erfc(root, root, MPFR_RNDN);
    mpfr_div_ui(root, root, 2, MPFR_RNDN);
    mpfr_mul(y, x, root, MPFR_RNDN);
    if (mpfr_inf_p(x) && mpfr_sgn(x) < 0)
        mpfr_set_zero(y, -1);
    mpfr_clear(root);
}

/* x * sigmoid(2 * root of 2/pi * (x + 0.044715 * x^3)). */
static void gelu_tanh(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    mpfr_t v, factor;
    mpfr_inits2(mpfr_get_prec(y), v, factor, (mpfr_ptr)0);
    mpfr_pow_ui(v, x, 3, MPFR_RNDN);
    mpfr_set_str(factor, "0.044715", 10, MPFR_RNDN);
    mpfr_mul(v, v, factor, MPFR_RNDN);
    mpfr_add(v, v, x, MPFR_RNDN);
    mpfr_const_pi(factor, MPFR_RNDN);
    mpfr_ui_div(factor, 8, factor, MPFR_RNDN);
    mpfr_sqrt(factor, factor, MPFR_RNDN);
    mpfr_mul(v, v, factor, MPFR_RNDN);
    sigmoid(factor, v, a, b);
    mpfr_mul(y, x, factor, MPFR_RNDN);
    if (mpfr_inf_p(x) && mpfr_sgn(x) < 0)
        mpfr_set_zero(y, -1);
    mpfr_clears(v, factor, (mpfr_ptr)0);
}

static void elu(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)b;
    mpfr_expm1(y, x, MPFR_RNDN);
    mpfr_signbit(x) ? mpfr_mul_d(y, y, (double)a, MPFR_RNDN) : mpfr_set(y, x, MPFR_RNDN);
}

static void celu(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)b;
    mpfr_div_d(y, x, (double)a, MPFR_RNDN);
    mpfr_expm1(y, y, MPFR_RNDN);
    mpfr_signbit(x) ? mpfr_mul_d(y, y, (double)a, MPFR_RNDN) : mpfr_set(y, x, MPFR_RNDN);
}

static void selu(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    elu(y, x, a, b);
    mpfr_mul_d(y, y, (double)b, MPFR_RNDN);
}

static void exponential(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_exp(y, x, MPFR_RNDN);
}

static void logarithm(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_log(y, x, MPFR_RNDN);
}

static void square_root(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_sqrt(y, x, MPFR_RNDN);
}

static void reciprocal(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_ui_div(y, 1, x, MPFR_RNDN);
}

static void absolute(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_abs(y, x, MPFR_RNDN);
}

static void negative(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_neg(y, x, MPFR_RNDN);
}

static void lower(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_rint_floor(y, x, MPFR_RNDN);
}

static void upper(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_rint_ceil(y, x, MPFR_RNDN);
}

static void whole(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    mpfr_rint_roundeven(y, x, MPFR_RNDN);
}

static void sign(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)a;
    (void)b;
    if (mpfr_nan_p(x))
        mpfr_set_nan(y);
    else
        mpfr_set_si(y, mpfr_sgn(x), MPFR_RNDN);
}

static void above(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    (void)b;
    if (mpfr_nan_p(x) || (mpfr_cmp_d(x, (double)a) > 0 && !mpfr_zero_p(x)))
        mpfr_set(y, x, MPFR_RNDN);
    else
        mpfr_set_zero(y, 1);
}

static void clip(mpfr_ptr y, mpfr_srcptr x, float a, float b)
{
    mpfr_set(y, x, MPFR_RNDN);
    if (mpfr_cmp_d(y, (double)a) < 0 || (mpfr_zero_p(y) && a == 0 && mpfr_signbit(y)))
        mpfr_set_d(y, (double)a, MPFR_RNDN);
    if (!mpfr_nan_p(y) && mpfr_cmp_d(y, (double)b) > 0)
        mpfr_set_d(y, (double)b, MPFR_RNDN);
}

oracle_function *oracle_function_of(const char *kind)
{
    static const struct {
        const char *kind;
        oracle_function *function;
    } rows[] = {
        {"abs", absolute},
        {"ceil", upper},
        {"celu", celu},
        {"clip", clip},
        {"elu", elu},
        {"erf", error_function},
        {"exp", exponential},
        {"floor", lower},
        {"gelu", gelu},
        {"gelu_tanh", gelu_tanh},
        {"logarithm", logarithm},
        {"neg", negative},
        {"reciprocal", reciprocal},
        {"round", whole},
        {"selu", selu},
        {"sigmoid", sigmoid},
        {"sign", sign},
        {"softplus", softplus},
        {"softsign", softsign},
        {"sqrt", square_root},
        {"tanh", hyperbolic},
        {"thresholdedrelu", above},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; ++i)
        if (strcmp(rows[i].kind, kind) == 0)
            return rows[i].function;
    return NULL;
}

double oracle_distance(uint32_t bits, mpfr_srcptr y)
{
    const double wrong = 1e30;
    const bool same_sign = (mpfr_signbit(y) != 0) == (bits >> 31 != 0);
    mpfr_t is;
    mpfr_init2(is, 200);
    oracle_set(is, bits);
    double distance = 0;
    if (mpfr_nan_p(y) || mpfr_nan_p(is)) {
        distance = mpfr_nan_p(y) && bits == 0x7FC00000u ? 0 : wrong;
    } else if (mpfr_inf_p(is) && !mpfr_inf_p(y)) {
        mpfr_set_ui_2exp(is, (1ul << 25) - 1, 103, MPFR_RNDN);
        distance = mpfr_cmpabs(y, is) >= 0 && same_sign ? 0 : wrong;
    } else if (mpfr_inf_p(y) || mpfr_zero_p(y)) {
        distance = mpfr_equal_p(is, y) && same_sign ? 0 : wrong;
    } else {
        const long exponent = mpfr_get_exp(y) - 24 < -149 ? -149 : mpfr_get_exp(y) - 24;
        mpfr_sub(is, is, y, MPFR_RNDN);
        mpfr_div_2si(is, is, exponent, MPFR_RNDN);
        mpfr_abs(is, is, MPFR_RNDN);
        distance = same_sign ? mpfr_get_d(is, MPFR_RNDN) : wrong;
    }
    mpfr_clear(is);
    return distance;
}

/* Functions of one number, and powers, by MPFR. */
#ifndef TQ_TESTS_ORACLE_FUNCTIONS_H
#define TQ_TESTS_ORACLE_FUNCTIONS_H

#include "oracle/oracle.h"

/* y = f(x), rounded to y's precision or a few units of it; `a`, `b`: the layer's options. */
typedef void oracle_function(mpfr_ptr y, mpfr_srcptr x, float a, float b);

/* By the name of the layer kind; gelu's other form is "gelu_tanh". NULL: there is none. */
oracle_function *oracle_function_of(const char *kind);

/* Distance of the binary32 with these bits from y in units of its last place, of a subnormal's at least; 1e30
 * where one is infinite or not a number and the other is not, or the signs of zeros differ. Infinity is right
 * from halfway above the largest number on. */
double oracle_distance(uint32_t bits, mpfr_srcptr y);

#endif

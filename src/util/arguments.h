/*
 * Reading and printing `value,value,...,key=value...` by a table of parameters (tensorquant/extend.h), for
 * quantizer strings and layer options alike. Values of parameter i start at values[offset of i]: the sum of
 * the counts before it.
 */
#ifndef TQ_UTIL_ARGUMENTS_H
#define TQ_UTIL_ARGUMENTS_H

#include "tensorquant/extend.h"

/*
 * Reads `text` into `values` (initial values where nothing is given). `whole` is the complete string that the
 * user gave and `text` a part of it: positions in errors count from `whole`'s start, from 1. `subject` names
 * what is read, for example "quantizer 'fixed'". A parameter with count n takes up to n numbers joined by
 * 'x'; fewer repeat the last.
 */
tq_status tq_arguments__parse(double *values, const tq_parameter *parameters, size_t count,
                              const char *subject, const char *whole, const char *text, bool positional);

/* Prints ",value,...,key=value": positional values up to the last that is required or not initial, then keys.
 */
size_t tq_arguments__print(char *to, size_t size, const double *values, const tq_parameter *parameters,
                           size_t count);

#endif

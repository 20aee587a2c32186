/* Numbers as text with a decimal point, whatever locale the calling program has set. */
#ifndef TQ_UTIL_NUMBER_H
#define TQ_UTIL_NUMBER_H

#include <stddef.h>

/* strtod of the "C" locale. */
double tq_number__read(const char *text, char **end);

/* snprintf of "%.*g" in the "C" locale. */
size_t tq_number__print(char *to, size_t size, int digits, double value);

#endif

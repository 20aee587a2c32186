#ifndef TQ_UTIL_CLOCK_H
#define TQ_UTIL_CLOCK_H

/* Seconds of a clock that only goes forward. */
double tq_clock__now(void);

#endif

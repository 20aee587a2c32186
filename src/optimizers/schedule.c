#include "optimizers/schedule.h"

#include "optimizers/optimizer_kind.h"

#define COSINE_TERMS 12

double tq_schedule__power(double x, uint32_t n)
{
    double power = 1.0;
    for (; n > 0; n >>= 1) {
        if (n & 1)
            power *= x;
        x *= x;
    }
    return power;
}

/* cos(pi * x) for 0 <= x <= 1/2, by Taylor's series from its last term on. */
static double cosine(double x)
{
    const double angle = 3.14159265358979311600 * x, square = angle * angle;
    double sum = 1.0;
    for (int k = COSINE_TERMS; k > 0; --k)
        sum = 1.0 - square / ((double)(2 * k - 1) * (double)(2 * k)) * sum;
    return sum;
}

static double cosine_rate(const double *value, uint32_t steps)
{
    const double period = value[TQ_RULE_PERIOD], lowest = value[TQ_RULE_LOWEST],
                 at = (double)steps < period ? (double)steps : period;
    const double wave = at + at <= period ? cosine(at / period) : -cosine((period - at) / period);
    return lowest + (value[TQ_RULE_RATE] - lowest) * 0.5 * (1.0 + wave);
}

float tq_schedule__rate(const double *value, uint32_t steps)
{
    const int schedule = (int)value[TQ_RULE_SCHEDULE];
    if (schedule == TQ_SCHEDULE_STEP)
        return (float)(value[TQ_RULE_RATE] *
                       tq_schedule__power(value[TQ_RULE_FACTOR], steps / (uint32_t)value[TQ_RULE_EVERY]));
    return (float)(schedule == TQ_SCHEDULE_COSINE ? cosine_rate(value, steps) : value[TQ_RULE_RATE]);
}

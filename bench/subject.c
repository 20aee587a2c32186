#include "subject.h"

#include <stdlib.h>

#include "util/fail.h"

void tq_numbers__fill(float *to, int64_t count, double size)
{
    uint64_t state = 88172645463325252u;
    for (int64_t i = 0; i < count; ++i) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        to[i] = (float)(((double)(state >> 11) * 0x1p-52 - 1.0) * size);
    }
}

tq_status tq_numbers__create(float **numbers, int64_t count, double size)
{
    *numbers = malloc((size_t)count * sizeof **numbers);
    if (*numbers == NULL)
        return tq_status__fail(TQ_E_MEMORY, "no memory for %lld numbers", (long long)count);
    tq_numbers__fill(*numbers, count, size);
    return TQ_OK;
}

void tq_subject__destroy(tq_subject *subject)
{
    if (subject->destroy != NULL && subject->state != NULL)
        subject->destroy(subject->state);
    *subject = (tq_subject){0};
}

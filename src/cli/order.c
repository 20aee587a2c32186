#include "cli/order.h"

#include "tensorquant/extend.h"

#define STREAM 0x53485546u /* far from those of quantizers */

/* Fisher and Yates. Place i takes one of i + 1; products of 32-bit draws favour none by more than 2^-32. */
void tq_order__shuffle(int64_t *order, int64_t count, uint64_t seed, uint32_t epoch)
{
    for (int64_t i = 0; i < count; ++i)
        order[i] = i;
    for (int64_t i = count - 1; i > 0; --i) {
        const uint64_t draw = tq_draw((uint32_t)seed, (uint32_t)(seed >> 32), (uint64_t)i, epoch, STREAM, 32);
        const int64_t other = (int64_t)(draw * ((uint64_t)i + 1) >> 32);
        const int64_t value = order[i];
        order[i] = order[other];
        order[other] = value;
    }
}

#include <Random123/philox.h>

#include "oracle/oracle.h"

void oracle_philox(uint32_t block[4], const uint32_t counter[4], const uint32_t key[2])
{
    philox4x32_ctr_t c;
    philox4x32_key_t k;
    for (int i = 0; i < 4; ++i)
        c.v[i] = counter[i];
    k.v[0] = key[0];
    k.v[1] = key[1];
    c = philox4x32_R(10, c, k);
    for (int i = 0; i < 4; ++i)
        block[i] = c.v[i];
}

uint32_t oracle_draw(uint64_t seed, uint32_t id, uint32_t stream, uint64_t index, uint32_t number, int n)
{
    const uint64_t bit = (uint64_t)number * (unsigned)n;
    const uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)(bit / 128), stream};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32) ^ id};
    uint32_t block[4], draw = 0;
    oracle_philox(block, counter, key);
    for (int i = 0; i < n; ++i) {
        const unsigned at = (unsigned)(bit % 128) + (unsigned)i;
        draw |= (block[at / 32] >> at % 32 & 1u) << (32 - n + i);
    }
    return draw;
}

/* Blocks with one index after the other, 128/n elements in each. */
uint32_t oracle_element_draw(uint64_t seed, uint32_t id, uint32_t stream, uint64_t element, int n)
{
    const unsigned each = 128 / (unsigned)n;
    return oracle_draw(seed, id, stream, element / each, (uint32_t)(element % each), n);
}

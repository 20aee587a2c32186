/*
 * Probes of a device: the operations that kernels rely on (kernels/probes.cl), each with operands and what it
 * must give, which is computed on the host from integers.
 */
#ifndef TQ_RUNTIME_PROBE_H
#define TQ_RUNTIME_PROBE_H

#include "tensorquant/context.h"
#include "tensorquant/kernels/prelude.cl"

#define TQ_PROBE_OPERANDS 3

/* Numbers are words of 32 bits, or of 64 bits where the probe is wide. */
typedef struct tq_probe_numbers {
    tq_u64 number[TQ_PROBE_OPERANDS];
} tq_probe_numbers;

typedef struct tq_probe_family tq_probe_family;
typedef struct tq_probe {
    const char *name;
    tq_u32 operation; /* of probe_operations.cl */
    const tq_probe_family *family;
    /* a, b, c: operands; what `operation` of them is. */
    tq_u64 (*expected)(tq_u64 a, tq_u64 b, tq_u64 c);
} tq_probe;

/* The probes in sequence; NULL behind the last. */
const tq_probe *tq_probe__at(size_t i);
/* Why a device is not asked; NULL when it is. */
const char *tq_probe__skipped(const tq_probe *probe, const tq_device_info *device);
bool tq_probe__wide(const tq_probe *probe);
/* How many operands there are, and number `i` of them. */
size_t tq_probe__count(const tq_probe *probe);
tq_probe_numbers tq_probe__numbers(const tq_probe *probe, size_t i);
/* Whether a device may give `is`: any NaN is one, and arithmetic on subnormal numbers is for devices that
 * keep them. */
bool tq_probe__holds(const tq_probe *probe, const tq_device_info *device, const tq_probe_numbers *operands,
                     tq_u64 is);

#endif

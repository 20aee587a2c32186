/*
 * Kernels for offline compilers: devices without a compiler of their own, FPGAs above all, run programs that
 * were built before. docs/fpga.md is the contract.
 *
 * tq_network_emit writes a folder with
 *
 *     kernels.cl      one self-contained OpenCL C text with all kernels of a planned network, each a single
 *                     work-item; structure as defines, parameters as arguments
 *     manifest.json   programs, kernels and their arguments, which layer launches which, the text's hash, and
 *                     the command that builds the binary
 *
 * and, for the targets `device` and `pocl`, the binary. The context option `binaries` (tensorquant/context.h)
 * runs from such a folder.
 */
#ifndef TENSORQUANT_EMIT_H
#define TENSORQUANT_EMIT_H

#include "tensorquant/network.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct tq_emission {
    /*
     * Who compiles: "generic", whatever makes `kernels.bin` of the text; "intel", Intel's FPGA SDK for
     * OpenCL, `kernels.aocx`; "device", the network's own device, which has a compiler and makes
     * `kernels.bin` at once; "pocl", the same, and it must be one of PoCL's. NULL: generic. The text is the
     * same for all.
     */
    const char *target;
    /* What errors that ask for another emission name as the way to make it, for example a command line. NULL:
     * tq_network_emit. */
    const char *command;
} tq_emission;

/*
 * Writes the folder `directory`, which must not exist: a binary in it may have taken hours. It is written
 * under a temporary name beside and renamed; after a failure nothing is left.
 *
 * The network is planned as `plan` says, twice: with its input_largest and, because an input may exceed it,
 * without; the kernels are those of both. It is not planned afterwards. `how`: NULL for the target generic.
 *
 * TQ_E_FILE: the folder exists, or cannot be written. TQ_E_NAME: unknown target. TQ_E_DEVICE: target pocl on
 * another device, or one of the two on a device without a compiler. TQ_E_STATE: the context runs from
 * binaries, or its option `float` is not `exact`. TQ_E_BUILD: the device does not compile the text. Others as
 * tq_network_plan.
 */
TQ_API TQ_MUST_CHECK tq_status tq_network_emit(tq_network *network, const tq_plan *plan,
                                               const tq_emission *how, const char *directory);

#ifdef __cplusplus
}
#endif
#endif

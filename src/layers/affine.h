/* Layers of ONNX's integers and small floats: what quantizelinear, dequantizelinear and cast share. */
#ifndef TQ_LAYERS_AFFINE_H
#define TQ_LAYERS_AFFINE_H

#include "layers/elementwise.h"

/* Choices of the option `to`. */
extern const char *const tq_affine_types[];
typedef enum tq_affine_to {
    TQ_AFFINE_INT, /* of `bits` bits */
    TQ_AFFINE_FLOAT32,
    TQ_AFFINE_NAMED /* and what follows: quantizers by name */
} tq_affine_to;
#define TQ_AFFINE_TO_HIGHEST 8

#define TQ_AFFINE_TO                                                                                         \
    {                                                                                                        \
        .name = "to", .highest = TQ_AFFINE_TO_HIGHEST, .choices = tq_affine_types, .help = "type of codes"   \
    }
#define TQ_AFFINE_SIGNED                                                                                     \
    {                                                                                                        \
        .name = "signed", .initial = 1, .highest = 1, .integer = true, .help = "0: integers from 0"          \
    }
#define TQ_AFFINE_SATURATE                                                                                   \
    {                                                                                                        \
        .name = "saturate", .initial = 1, .highest = 1, .integer = true,                                     \
        .help = "0: floats beyond the largest become infinity or NaN"                                        \
    }
#define TQ_AFFINE_INNER                                                                                      \
    {                                                                                                        \
        .name = "inner", .initial = 1, .lowest = 1, .highest = 9007199254740992.0, .integer = true,          \
        .help = "elements in a row that share a scale"                                                       \
    }

typedef enum tq_affine_scaling { TQ_AFFINE_PLAIN, TQ_AFFINE_DIVIDE, TQ_AFFINE_MULTIPLY } tq_affine_scaling;

/* The kind's state; what is above `baked` is set before tq_affine__plan. */
typedef struct tq_affine {
    bool centers, codes;
    bool adds; /* a zero point of +0, to -0 */
    tq_affine_scaling scaling;
    tq_quantizer format; /* `none`: no step */
    int lowest, highest; /* codes */
    tq_u32 nan;          /* bits that stand for a NaN */
    tq_baked baked;
    int64_t period, inner;
    tq_u32 *scales; /* pairs: scale and what it is multiplied by */
    tq_i32 *zeros;
    bool quick;
    tq_kernel *kernel;
    tq_memory *scale_memory, *zero_memory;
} tq_affine;

/* Format, codes and NaN by the options to, bits, signed, saturate. `cast`: integers are cut and wrap, as in a
 * conversion. */
tq_status tq_affine__target(const tq_layer *layer, tq_affine *state, bool cast);
/* Weights 0 "scale" and 1 "zero", both optional, as many as each other. */
tq_status tq_affine__shape(const tq_layer *layer, tq_shape *output);
tq_status tq_affine__plan(tq_layer *layer);
tq_status tq_affine__forward(tq_layer *layer, const tq_tensor *const *inputs, tq_tensor *output);
tq_status tq_affine__reference(const tq_layer *layer, const float *const *inputs, float *output);
void tq_affine__release(tq_layer *layer);

#endif

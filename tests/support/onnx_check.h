/* What the tests of ONNX import share. */
#ifndef TQ_TESTS_ONNX_CHECK_H
#define TQ_TESTS_ONNX_CHECK_H

#include "support/onnx_maker.h"
#include "tensorquant/network.h"

/* The two arguments `rank, dims` of onnx_maker's functions. */
#define DIMS(...)                                                                                            \
    sizeof((const int64_t[]){__VA_ARGS__}) / sizeof(int64_t), (const int64_t[])                              \
    {                                                                                                        \
        __VA_ARGS__                                                                                          \
    }

/* Packs the model and imports the bytes. */
tq_status onnx_check_load(tq_network **network, tq_context *context, onnx_maker *maker);

/* The import must fail with this status and a text that holds `part`. Frees the maker. */
void onnx_check_failure(tq_context *context, onnx_maker *maker, tq_status status, const char *part);

/* Imports, plans, runs the samples: the output must be `wanted`, bit for bit. Frees the maker. */
void onnx_check_output(tq_context *context, onnx_maker *maker, int64_t samples, const float *input,
                       const tq_shape *shape, const float *wanted);

/* Imports: the network's fixed batch must be this, 0 for none. Frees the maker. */
void onnx_check_fixed_batch(tq_context *context, onnx_maker *maker, int64_t batch);

/* Small whole numbers: all arithmetic on them is exact. */
void onnx_check_fill(float *values, size_t count, int seed);

/* x (2 numbers) -> Gemm "fc" (weights "w", bias "b") -> h -> Relu "act" -> y (3 numbers). */
onnx_maker *onnx_check_model(int64_t opset);
/* Its input for two samples, and what must come out. */
extern const float onnx_check_model_input[4], onnx_check_model_output[6];
extern const tq_shape onnx_check_model_shape;

#endif

/* TensorQuant CL: all public headers but extend.h. */
#ifndef TENSORQUANT_TENSORQUANT_H
#define TENSORQUANT_TENSORQUANT_H

#include "tensorquant/accumulation.h"
#include "tensorquant/builtin.h"
#include "tensorquant/checkpoint.h"
#include "tensorquant/context.h"
#include "tensorquant/dataset.h"
#include "tensorquant/emit.h"
#include "tensorquant/layer.h"
#include "tensorquant/map.h"
#include "tensorquant/network.h"
#include "tensorquant/optimizer.h"
#include "tensorquant/profile.h"
#include "tensorquant/quantizer.h"
#include "tensorquant/selftest.h"
#include "tensorquant/status.h"
#include "tensorquant/tensor.h"
#include "tensorquant/trainer.h"
#include "tensorquant/tuning.h"

#endif

#ifndef VECTOR_KERNELS_H
#define VECTOR_KERNELS_H

// Kernels of the text encoder, kernels of the scan, and kernels over codes and bits. Each header says what its
// functions promise.
#include "bit_kernels.h"
#include "code_kernels.h"
#include "encoder_integer_kernels.h"
#include "encoder_kernels.h"
#include "heap.h"
#include "scan_kernels.h"
#include "selection_kernels.h"

#endif

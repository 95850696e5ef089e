#ifndef VECTOR_KERNELS_H
#define VECTOR_KERNELS_H

// Kernels of the text encoder, and kernels of the scan. Each header says what its functions promise.
#include "encoder_kernels.h"
#include "scan_kernels.h"

#endif

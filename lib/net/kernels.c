/* The sets of kernels of the network that this program holds. */
#include "net/kernels.h"
#include "net/reference.h"

#include "base/cpu.h"

CPU_SETS(kernels, kernels, &kernels_reference)

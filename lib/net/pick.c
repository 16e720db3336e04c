/* The sets of kernels of the network that this program holds. */
#include "base/cpu.h"
#include "base/variants.h"
#include "net/kernels.h"

#define DECLARE(set) extern const struct kernels kernels_##set;
#define ENTRY(set) {#set, &kernels_##set},

EACH_VARIANT(DECLARE)

static const struct variant table[] = {EACH_VARIANT(ENTRY){"reference", &kernels_reference},
                                       {NULL, NULL}};

const struct kernels *kernels_list(int i)
{
    return cpu_list(table, i);
}

const struct kernels *kernels_pick(const char *name)
{
    return cpu_pick(table, name);
}

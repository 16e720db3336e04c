/* Big-endian elements of each IDX type to numbers. */
#include "import/element.h"

#include <string.h>

enum { ELEMENT_TYPES = 0x0f };

static const struct {
    const char *name;
    unsigned size;
} types[ELEMENT_TYPES] = {
    [ELEMENT_UNSIGNED_BYTE] = {"unsigned byte", 1},
    [ELEMENT_SIGNED_BYTE] = {"signed byte", 1},
    [ELEMENT_SHORT] = {"short", 2},
    [ELEMENT_INT] = {"int", 4},
    [ELEMENT_FLOAT] = {"float", 4},
    [ELEMENT_DOUBLE] = {"double", 8},
};

const char *element_name(unsigned type)
{
    return type < ELEMENT_TYPES ? types[type].name : NULL;
}

unsigned element_size(unsigned type)
{
    return type < ELEMENT_TYPES ? types[type].size : 0;
}

/* The bits of an element, the highest byte first. */
static uint64_t bits(const unsigned char *at, unsigned size)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < size; i++)
        v = v << 8 | at[i];
    return v;
}

int32_t element_integer(unsigned type, const unsigned char *at)
{
    uint32_t v = (uint32_t)bits(at, element_size(type));

    switch (type) {
    case ELEMENT_SIGNED_BYTE:
        return (int8_t)v;
    case ELEMENT_SHORT:
        return (int16_t)v;
    default:
        return (int32_t)v;
    }
}

double element_number(unsigned type, const unsigned char *at)
{
    uint64_t wide = bits(at, element_size(type));
    uint32_t narrow = (uint32_t)wide;
    float single;
    double number;

    if (type == ELEMENT_FLOAT) {
        memcpy(&single, &narrow, sizeof single);
        return single;
    }
    if (type == ELEMENT_DOUBLE) {
        memcpy(&number, &wide, sizeof number);
        return number;
    }
    return element_integer(type, at);
}

/*
 * The elements of IDX files: their types, and their values as numbers. All are big-endian.
 */
#ifndef ROTPIPE_IMPORT_ELEMENT_H
#define ROTPIPE_IMPORT_ELEMENT_H

#include <stdint.h>

/* The third byte of an IDX file. */
enum element {
    ELEMENT_UNSIGNED_BYTE = 0x08,
    ELEMENT_SIGNED_BYTE = 0x09,
    ELEMENT_SHORT = 0x0b, /* 16 bits, two's complement, as are those of 32 */
    ELEMENT_INT = 0x0c,
    ELEMENT_FLOAT = 0x0d, /* IEEE 754, as is double */
    ELEMENT_DOUBLE = 0x0e
};

/* The name of a type; NULL if no type has this number. */
const char *element_name(unsigned type);

/* Bytes of one element; 0 if no type has this number. */
unsigned element_size(unsigned type);

/* The element at `at`, which may lie anywhere, of one of the first four types, or of any type. */
int32_t element_integer(unsigned type, const unsigned char *at);
double element_number(unsigned type, const unsigned char *at);

#endif

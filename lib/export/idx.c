/* Header and elements of IDX files, highest byte first. */
#include "export/idx.h"

#include <string.h>

enum { PIECE = 1024 };

static void put_32(unsigned char *to, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        to[i] = (unsigned char)(v >> (24 - 8 * i));
}

int idx_put_header(struct output *out, enum element type, uint32_t ndim, const uint64_t *dims,
                   struct error *e)
{
    unsigned char head[4 + 4 * IDX_DIMS_MAX] = {0, 0, (unsigned char)type, (unsigned char)ndim};

    for (uint32_t i = 0; i < ndim; i++) {
        if (dims[i] > UINT32_MAX)
            return error_set(e, "IDX: a dimension of %llu, but at most %lu is possible",
                             (unsigned long long)dims[i], (unsigned long)UINT32_MAX);
        put_32(head + 4 + 4 * i, (uint32_t)dims[i]);
    }
    return output_write(out, head, 4 + 4 * (size_t)ndim, e);
}

int idx_put_floats(struct output *out, const float *x, uint64_t n, struct error *e)
{
    unsigned char piece[4 * PIECE];

    for (uint64_t done = 0, take; done < n; done += take) {
        take = n - done < PIECE ? n - done : PIECE;
        for (uint64_t i = 0; i < take; i++) {
            uint32_t bits;
            memcpy(&bits, &x[done + i], sizeof bits);
            put_32(piece + 4 * i, bits);
        }
        if (output_write(out, piece, 4 * take, e) < 0)
            return -1;
    }
    return 0;
}

unsigned idx_label_type(uint32_t largest)
{
    return largest <= UINT8_MAX ? ELEMENT_UNSIGNED_BYTE : largest <= INT32_MAX ? ELEMENT_INT : 0;
}

int idx_put_labels(struct output *out, unsigned type, const uint32_t *label, uint64_t n,
                   struct error *e)
{
    unsigned char piece[4 * PIECE];
    unsigned size = element_size(type);

    for (uint64_t done = 0, take; done < n; done += take) {
        take = n - done < PIECE ? n - done : PIECE;
        for (uint64_t i = 0; i < take; i++)
            if (size == 1)
                piece[i] = (unsigned char)label[done + i];
            else
                put_32(piece + 4 * i, label[done + i]);
        if (output_write(out, piece, size * take, e) < 0)
            return -1;
    }
    return 0;
}

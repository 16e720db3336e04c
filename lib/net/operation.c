/* What operations of several kinds have in common. */
#include "net/operation.h"

#include <string.h>

size_t operation_none(const struct operation *o)
{
    (void)o;
    return 0;
}

int operation_reads_nothing(const struct operation *o)
{
    (void)o;
    return 0;
}

int operation_reads_x(const struct operation *o)
{
    (void)o;
    return READS_X;
}

int operation_reads_x_relu(const struct operation *o)
{
    return READS_X | (o->relu ? READS_Y : 0);
}

void operation_pack_nothing(const struct operation *o, const float *parameters, float *packed,
                            int backward, int task, int tasks)
{
    (void)o, (void)parameters, (void)packed, (void)backward, (void)task, (void)tasks;
}

int operation_rows(const struct operation *o)
{
    return o->x.lanes == o->y.lanes ? o->x.h : o->x.h * o->x.w;
}

struct row operation_row(const struct operation *o, int k)
{
    size_t i = (size_t)k, w = (size_t)o->x.w, lanes = (size_t)o->x.lanes;

    if (o->x.lanes == o->y.lanes)
        return (struct row){o->x.first + i * o->x.row, o->y.first + i * o->y.row, w * lanes};
    return (struct row){o->x.first + i / w * o->x.row + i % w * lanes,
                        o->y.first + i / w * o->y.row + i % w * (size_t)o->y.lanes, lanes};
}

void operation_clear_odd(const struct operation *o, float *dx)
{
    size_t lanes = (size_t)o->x.lanes;

    for (int i = 0; i < o->x.h; i++) {
        int j = i < 2 * o->y.h ? 2 * o->y.w : 0;
        memset(dx + o->x.first + (size_t)i * o->x.row + (size_t)j * lanes, 0,
               (size_t)(o->x.w - j) * lanes * sizeof *dx);
    }
}

/*
 * Dropout (Srivastava et al., JMLR 2014), as torch.nn.Dropout has it: in training an element is
 * zero with probability X, and 1 / (1 - X) times as large otherwise; in evaluation nothing is done
 * to it. Nor is in training if a frozen layer is behind it: up to there the net is a constant
 * function.
 *
 * Whether an element is dropped follows from the sample's key, the layer and the place of the
 * element: a hash of integers, the same for every set of kernels.
 */
#include "net/layer.h"
#include "net/net.h"
#include "net/plan.h"

#include <string.h>

#ifndef KERNEL_VARIANT

static const char dropout_token[] = "drop", dropout_form[] = "dropX";
static const char dropout_about[] = "dropout: zero with probability X, in training";
static const char dropout_torch[] = "nn.Dropout(rate)";
static const char dropout_examples[] = "drop0.5\n"
                                       "c5 drop0.25 r p d20 r drop.3\n"
                                       "p c3 r drop0.125";
enum { dropout_traits = LAYER_RANDOM };
#define dropout_shape layer_shape_same
#define dropout_slots layer_slots_none
#define dropout_place layer_place_vector
#define dropout_multiply_adds layer_multiply_adds_none

/* Digits, of which there are few, so that every machine reads the same number. */
static layer_reason dropout_parse(const char *rest, int length, struct layer *l)
{
    static const char why[] = "needs a number between 0 and 1, of at most 3 decimals";
    int whole = length > 0 && rest[0] == '0', decimals = length - whole - 1, value = 0;

    if (decimals < 1 || decimals > 3 || rest[whole] != '.')
        return why;
    for (int i = whole + 1; i < length; i++) {
        if (rest[i] < '0' || rest[i] > '9')
            return why;
        value = 10 * value + (rest[i] - '0');
    }
    l->rate = value / (decimals == 1 ? 10.0 : decimals == 2 ? 100.0 : 1000.0);
    return value > 0 ? NULL : why;
}

/* In evaluation it is not there, unless the pixels of the image become whole vectors here. */
static int dropout_lower(struct plan *p, const struct net *n, int at)
{
    if (p->training || n->layer[at].in_lanes != n->layer[at].out_lanes)
        return layer_lower_alone(p, n, at);
    plan_pass(p, at);
    return at;
}

#else

#include "base/simd.h"

#endif

/* What the elements of one sample and layer have in common. */
struct draw {
    uint32_t first, second;
    uint32_t limit; /* of 2^24: what is below is dropped */
    float scale;
};

/* Chris Wellons' "lowbias32" (2018): every bit of x changes half of the others. */
#define MIX(X)                                                                                     \
    do {                                                                                           \
        (X) ^= (X) >> 16;                                                                          \
        (X) *= 0x7feb352du;                                                                        \
        (X) ^= (X) >> 15;                                                                          \
        (X) *= 0x846ca68bu;                                                                        \
        (X) ^= (X) >> 16;                                                                          \
    } while (0)

static struct draw draw_for(const struct operation *o, uint64_t key)
{
    uint32_t a = (uint32_t)key ^ (uint32_t)o->at * 0x9e3779b9u, b = (uint32_t)(key >> 32);

    MIX(a);
    b += a;
    MIX(b);
    return (struct draw){a, b, (uint32_t)(o->layer->rate * (1 << 24)),
                         (float)(1 / (1 - o->layer->rate))};
}

/* Sets n floats from elements `at` on; x and y may be the same, and are the gradients backward. */
static inline void drop_some(const struct draw *d, uint32_t at, const float *x, float *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t h = at + (uint32_t)i + d->first;
        MIX(h);
        h ^= d->second;
        MIX(h);
        y[i] = h >> 8 < d->limit ? 0 : x[i] * d->scale;
    }
}

#ifndef KERNEL_VARIANT

#define drop_row drop_some

#else

typedef uint32_t vu __attribute__((vector_size(4 * VL)));

static void drop_row(const struct draw *d, uint32_t at, const float *x, float *y, size_t n)
{
    size_t i = 0;
    vu place;

    for (size_t l = 0; l < VL; l++)
        place[l] = at + (uint32_t)l + d->first;
    for (; i + VL <= n; i += VL, place += VL) {
        vu h = place;
        MIX(h);
        h ^= d->second;
        MIX(h);
        vi keep = (vi)(h >> 8 >= d->limit);
        store(y + i, (vf)(keep & (vi)(load(x + i) * splat(d->scale))));
    }
    drop_some(d, at + (uint32_t)i, x + i, y + i, n - i);
}

#endif

/* ---- the operation ---- */

#define dropout_way_back operation_reads_nothing
#define dropout_kept operation_none
#define dropout_scratch operation_none
#define dropout_packed operation_none
#define dropout_pack operation_pack_nothing

/* From rows of x to those of y, or of dy to those of dx; elements are counted as y has them. */
static void drop_sample(const struct operation *o, uint64_t key, const float *x, float *y, int back)
{
    struct draw d = draw_for(o, key);

    for (int k = 0; k < operation_rows(o); k++) {
        struct row r = operation_row(o, k);
        uint32_t at = (uint32_t)(r.y - o->y.first);
        if (back)
            drop_row(&d, at, y + r.y, (float *)x + r.x, r.n);
        else
            drop_row(&d, at, x + r.x, y + r.y, r.n);
    }
}

/* The same, where nothing is drawn. */
static void copy_sample(const struct operation *o, const float *x, float *y, int back)
{
    for (int k = 0; k < operation_rows(o); k++) {
        struct row r = operation_row(o, k);
        if (back)
            memcpy((float *)x + r.x, y + r.y, r.n * sizeof *y);
        else
            memcpy(y + r.y, x + r.x, r.n * sizeof *y);
    }
}

static void dropout_forward(const struct operation *o, const struct pass *p)
{
    for (size_t s = 0; s < (size_t)p->s.n; s++) {
        const float *x = p->s.x + s * p->s.x_stride;
        float *y = p->s.y + s * p->s.y_stride;
        if (p->key)
            drop_sample(o, p->key[s], x, y, 0);
        else
            copy_sample(o, x, y, 0);
    }
}

static void dropout_backward(const struct operation *o, const struct pass *p)
{
    for (size_t s = 0; s < (size_t)p->s.n && p->s.dx; s++) {
        float *dx = p->s.dx + s * p->s.x_stride, *dy = p->s.dy + s * p->s.y_stride;
        if (p->key)
            drop_sample(o, p->key[s], dx, dy, 1);
        else
            copy_sample(o, dx, dy, 1);
    }
}

DEFINE_LAYER(dropout);

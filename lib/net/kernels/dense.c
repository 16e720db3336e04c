/*
 * Dense layers, weight [out][in]: several samples share each weight that is loaded.
 */
#include "net/kernels/variant.h"

#include "net/net.h"

#if REGISTERS == 32
enum { SAMPLES = 4, OUTPUTS = 4, TOGETHER = 8 };
#else
enum { SAMPLES = 2, OUTPUTS = 4, TOGETHER = 4 };
#endif

/* Inputs of a chunk: the samples' chunks stay in the first cache while the outputs take turns. */
enum { CHUNK = 448, OUTPUTS_HELD = 16, SAMPLES_HELD = 8 };

/* The sums of up to 8 samples for up to 16 outputs, still spread over the lanes. */
struct partial {
    vf sum[SAMPLES_HELD][OUTPUTS_HELD];
};

/* sum[s][o] += x[s] . w[o] over n inputs, for constant numbers of samples and outputs. */
INLINE void products(const int samples, const int outputs, const float *x, size_t x_stride,
                     const float *w, size_t in, int n, struct partial *p, int s0, int o0)
{
    vf sum[4][4];

    for (int s = 0; s < samples; s++)
        for (int o = 0; o < outputs; o++)
            sum[s][o] = p->sum[s0 + s][o0 + o];
    for (int i = 0; i < n; i += VL) {
        vf held[4];
        for (int o = 0; o < outputs; o++)
            held[o] = load(w + (size_t)o * in + (size_t)i);
        for (int s = 0; s < samples; s++) {
            vf one = load(x + (size_t)s * x_stride + (size_t)i);
            for (int o = 0; o < outputs; o++)
                sum[s][o] = multiply_add(one, held[o], sum[s][o]);
        }
    }
    for (int s = 0; s < samples; s++)
        for (int o = 0; o < outputs; o++)
            p->sum[s0 + s][o0 + o] = sum[s][o];
}

/* The same for any number of samples up to 8 and a constant number of outputs. */
INLINE void products_all(const int outputs, int samples, const float *x, size_t x_stride,
                         const float *w, size_t in, int n, struct partial *p, int o0)
{
    int s = 0;

    for (; s + SAMPLES <= samples; s += SAMPLES)
        products(SAMPLES, outputs, x + (size_t)s * x_stride, x_stride, w, in, n, p, s, o0);
    for (; s < samples; s++)
        products(1, outputs, x + (size_t)s * x_stride, x_stride, w, in, n, p, s, o0);
}

/* y[s][o0 .. o0+outputs) for at most 8 samples and 16 outputs. */
static void forward_block(const struct dense *d, const float *weight, const float *bias,
                          const struct samples *s, int s0, int samples, int o0, int outputs)
{
    const float *x = s->x + (size_t)s0 * s->x_stride;
    size_t in = (size_t)d->in;
    struct partial p;

    for (int i = 0; i < samples; i++)
        for (int o = 0; o < outputs; o++)
            p.sum[i][o] = (vf){0};
    for (int i = 0; i < d->in; i += CHUNK) {
        int n = d->in - i < CHUNK ? d->in - i : CHUNK, o = 0;
        const float *w = weight + (size_t)o0 * in + (size_t)i;
        for (; o + OUTPUTS <= outputs; o += OUTPUTS)
            products_all(OUTPUTS, samples, x + i, s->x_stride, w + (size_t)o * in, in, n, &p, o);
        for (; o < outputs; o++)
            products_all(1, samples, x + i, s->x_stride, w + (size_t)o * in, in, n, &p, o);
    }
    for (int i = 0; i < samples; i++) {
        float *y = s->y + (size_t)(s0 + i) * s->y_stride + o0;
        for (int o = 0; o < outputs; o++) {
            float v = sum_lanes(p.sum[i][o]) + bias[o0 + o];
            y[o] = d->relu && v <= 0 ? 0 : v;
        }
    }
}

void VARIANT(dense_forward)(const struct dense *d, const float *weight, const float *bias,
                            const struct samples *s)
{
    for (int s0 = 0; s0 < s->n; s0 += SAMPLES_HELD) {
        int samples = s->n - s0 < SAMPLES_HELD ? s->n - s0 : SAMPLES_HELD;
        for (int o = 0; o < d->out; o += OUTPUTS_HELD)
            forward_block(d, weight, bias, s, s0, samples, o,
                          d->out - o < OUTPUTS_HELD ? d->out - o : OUTPUTS_HELD);
    }
}

/*
 * For VL inputs and a constant number of samples: dw[o] += sum of dy[s][o] x[s], and
 * dx[s] = sum of dy[s][o] w[o]. dw or dx may be NULL.
 */
INLINE void backward_column(const int samples, const struct dense *d, const float *weight,
                            const float *x, size_t x_stride, const float *dy, size_t y_stride,
                            float *dw, float *dx)
{
    size_t in = (size_t)d->in;
    vf held[8], sum[8];

    for (int s = 0; s < samples; s++) {
        held[s] = load(x + (size_t)s * x_stride);
        sum[s] = (vf){0};
    }
    for (int o = 0; o < d->out; o++) {
        const float *g = dy + o;
        if (dw) {
            vf to = load(dw + (size_t)o * in);
            for (int s = 0; s < samples; s++)
                to = multiply_add(splat(g[(size_t)s * y_stride]), held[s], to);
            store(dw + (size_t)o * in, to);
        }
        if (dx) {
            vf w = load(weight + (size_t)o * in);
            for (int s = 0; s < samples; s++)
                sum[s] = multiply_add(splat(g[(size_t)s * y_stride]), w, sum[s]);
        }
    }
    for (int s = 0; s < samples && dx; s++)
        store(dx + (size_t)s * x_stride, sum[s]);
}

INLINE void backward_samples(const int samples, const struct dense *d, const float *weight,
                             const struct samples *s, int s0, float *dw)
{
    const float *x = s->x + (size_t)s0 * s->x_stride, *dy = s->dy + (size_t)s0 * s->y_stride;
    float *dx = s->dx ? s->dx + (size_t)s0 * s->x_stride : NULL;

    for (int i = 0; i < d->in; i += VL)
        backward_column(samples, d, weight + i, x + i, s->x_stride, dy, s->y_stride,
                        dw ? dw + i : NULL, dx ? dx + i : NULL);
}

void VARIANT(dense_backward)(const struct dense *d, const float *weight, const struct samples *s,
                             float *dw, float *db)
{
    int i = 0;

    for (int k = 0; k < s->n; k++) {
        float *dy = s->dy + (size_t)k * s->y_stride, *y = s->y + (size_t)k * s->y_stride;
        for (int o = 0; o < d->out; o++) {
            if (d->relu && !(y[o] > 0))
                dy[o] = 0;
            if (db)
                db[o] += dy[o];
        }
    }
    for (; i + TOGETHER <= s->n; i += TOGETHER)
        backward_samples(TOGETHER, d, weight, s, i, dw);
    for (; i + 4 <= s->n; i += 4)
        backward_samples(4, d, weight, s, i, dw);
    for (; i < s->n; i++)
        backward_samples(1, d, weight, s, i, dw);
}

/* Reference layers, forward and backward. */
#include "net/layers.h"

#include <math.h>
#include <string.h>

static float *pixel(const struct tensor *t, int i, int j)
{
    return t->at + (size_t)i * t->row + (size_t)j * t->pixel;
}

void conv_forward(const struct tensor *x, const float *w, struct taps t, const float *b,
                  struct tensor *y)
{
    for (int i = 0; i < y->h; i++)
        for (int j = 0; j < y->w; j++)
            for (int o = 0; o < y->c; o++) {
                float sum = b[o];
                for (int tap = 0; tap < 9; tap++) {
                    int xi = i + tap / 3 - 1, xj = j + tap % 3 - 1;
                    if (xi < 0 || xi >= x->h || xj < 0 || xj >= x->w)
                        continue;
                    const float *in = pixel(x, xi, xj);
                    const float *row = w + (size_t)o * t.out + (size_t)tap * t.tap;
                    for (int k = 0; k < x->c; k++)
                        sum += row[(size_t)k * t.in] * in[k];
                }
                pixel(y, i, j)[o] = sum;
            }
}

static void zero(struct tensor *t)
{
    for (int i = 0; i < t->h; i++)
        for (int j = 0; j < t->w; j++)
            memset(pixel(t, i, j), 0, (size_t)t->c * sizeof(float));
}

void conv_backward(const struct tensor *x, const float *w, struct taps t, const struct tensor *dy,
                   float *dw, float *db, struct tensor *dx)
{
    if (dx)
        zero(dx);
    for (int i = 0; i < dy->h; i++)
        for (int j = 0; j < dy->w; j++)
            for (int o = 0; o < dy->c; o++) {
                float g = pixel(dy, i, j)[o];
                if (g == 0)
                    continue; /* most are, behind a pool */
                if (db)
                    db[o] += g;
                for (int tap = 0; tap < 9; tap++) {
                    int xi = i + tap / 3 - 1, xj = j + tap % 3 - 1;
                    size_t at = (size_t)o * t.out + (size_t)tap * t.tap;
                    if (xi < 0 || xi >= x->h || xj < 0 || xj >= x->w)
                        continue;
                    for (int k = 0; k < x->c && dw; k++)
                        dw[at + (size_t)k * t.in] += g * pixel(x, xi, xj)[k];
                    for (int k = 0; k < x->c && dx; k++)
                        pixel(dx, xi, xj)[k] += g * w[at + (size_t)k * t.in];
                }
            }
}

void relu_forward(struct tensor *x)
{
    for (int i = 0; i < x->h; i++)
        for (int j = 0; j < x->w; j++)
            for (int k = 0; k < x->c; k++)
                if (pixel(x, i, j)[k] <= 0) /* so that a NaN stays one */
                    pixel(x, i, j)[k] = 0;
}

void relu_backward(const struct tensor *y, struct tensor *dy)
{
    for (int i = 0; i < y->h; i++)
        for (int j = 0; j < y->w; j++)
            for (int k = 0; k < y->c; k++)
                if (!(pixel(y, i, j)[k] > 0))
                    pixel(dy, i, j)[k] = 0;
}

void pool_forward(const struct tensor *x, struct tensor *y, uint8_t *winner, size_t stride)
{
    for (int i = 0; i < y->h; i++)
        for (int j = 0; j < y->w; j++)
            for (int k = 0; k < y->c; k++) {
                float best = pixel(x, 2 * i, 2 * j)[k];
                int which = 0;
                for (int q = 1; q < 4; q++) {
                    float v = pixel(x, 2 * i + q / 2, 2 * j + q % 2)[k];
                    if (v > best || v != v) {
                        best = v;
                        which = q;
                    }
                }
                pixel(y, i, j)[k] = best;
                winner[((size_t)i * (size_t)y->w + (size_t)j) * stride + (size_t)k] =
                    (uint8_t)which;
            }
}

void pool_backward(const struct tensor *dy, const uint8_t *winner, size_t stride, struct tensor *dx)
{
    zero(dx);
    for (int i = 0; i < dy->h; i++)
        for (int j = 0; j < dy->w; j++)
            for (int k = 0; k < dy->c; k++) {
                int q = winner[((size_t)i * (size_t)dy->w + (size_t)j) * stride + (size_t)k];
                pixel(dx, 2 * i + q / 2, 2 * j + q % 2)[k] = pixel(dy, i, j)[k];
            }
}

void dense_forward(const float *x, const float *w, const float *b, int in, int out, float *y)
{
    for (int o = 0; o < out; o++) {
        float sum = b[o];
        for (int i = 0; i < in; i++)
            sum += w[(size_t)o * (size_t)in + (size_t)i] * x[i];
        y[o] = sum;
    }
}

void dense_backward(const float *x, const float *w, const float *dy, int in, int out, float *dw,
                    float *db, float *dx)
{
    if (dx)
        memset(dx, 0, (size_t)in * sizeof *dx);
    for (int o = 0; o < out; o++) {
        size_t at = (size_t)o * (size_t)in;
        if (db)
            db[o] += dy[o];
        for (int i = 0; i < in && dw; i++)
            dw[at + (size_t)i] += dy[o] * x[i];
        for (int i = 0; i < in && dx; i++)
            dx[i] += dy[o] * w[at + (size_t)i];
    }
}

double softmax_cross_entropy(const float *logits, int classes, int label, float scale, float *grad)
{
    float largest = logits[0];
    double sum = 0;

    for (int k = 1; k < classes; k++)
        if (logits[k] > largest)
            largest = logits[k];
    /* Shifted by the largest, so that no exp overflows. */
    for (int k = 0; k < classes; k++)
        sum += exp((double)logits[k] - largest);
    for (int k = 0; k < classes && grad; k++)
        grad[k] = (float)(scale * (exp((double)logits[k] - largest) / sum - (k == label)));
    return log(sum) - ((double)logits[label] - largest);
}

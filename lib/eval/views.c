/* Images mirrored and shifted. */
#include "eval/views.h"

/* Where the pixels of a view come from. */
struct offset {
    int down, right; /* shift */
    int mirrored;
};

int views_count(const struct views *v)
{
    return (v->shift ? 5 : 1) * (v->flip ? 2 : 1);
}

static struct offset view_of(const struct views *v, int k)
{
    static const int direction[5][2] = {{0, 0}, {-1, 0}, {1, 0}, {0, -1}, {0, 1}};
    const int *d = direction[v->flip ? k / 2 : k];

    return (struct offset){d[0] * v->shift, d[1] * v->shift, v->flip && k % 2};
}

/* x within 0 to n - 1. */
static int clamped(int x, int n)
{
    return x < 0 ? 0 : x >= n ? n - 1 : x;
}

static void make_row(const struct offset *view, struct extent image, const uint8_t *from,
                     uint8_t *to)
{
    for (int x = 0; x < image.w; x++) {
        int shifted = view->mirrored ? image.w - 1 - x : x;
        const uint8_t *p = from + (size_t)clamped(shifted - view->right, image.w) * (size_t)image.c;
        for (int i = 0; i < image.c; i++)
            *to++ = p[i];
    }
}

void views_make(const struct views *v, int k, struct extent image, const uint8_t *from, uint64_t n,
                uint8_t *to)
{
    struct offset view = view_of(v, k);
    size_t row = (size_t)image.w * (size_t)image.c, stride = row * (size_t)image.h;

    for (uint64_t i = 0; i < n; i++, from += stride)
        for (int y = 0; y < image.h; y++, to += row)
            make_row(&view, image, from + (size_t)clamped(y - view.down, image.h) * row, to);
}

/* Affine maps, and images resampled by them against plain interpolation in double precision. */
#include "augmented.h"

#include "img/rotate.h"

static double clamp(double x, double most)
{
    return x < 0 ? 0 : x > most ? most : x;
}

/* The value at a place, exact but for rounding of doubles. */
static double value_at(struct pixels p, double x, double y, int k)
{
    double u = clamp(x, p.width - 1), v = clamp(y, p.height - 1);
    int left = (int)floor(u), top = (int)floor(v);
    int right = left + 1 < p.width ? left + 1 : left, low = top + 1 < p.height ? top + 1 : top;
    double across = u - left, down = v - top;

    return (1 - down) * ((1 - across) * pixel(p, top, left)[k] + across * pixel(p, top, right)[k]) +
           down * ((1 - across) * pixel(p, low, left)[k] + across * pixel(p, low, right)[k]);
}

/* How far the resampled image is from it at most. */
static double farthest(const struct affine *m, struct pixels from)
{
    struct picture to;
    struct pixels got = from;
    double most = 0;

    got.at = to.at;
    affine_resample(m, from, to.at);
    for (int i = 0; i < from.height; i++)
        for (int j = 0; j < from.width; j++)
            for (int k = 0; k < from.channels; k++) {
                double want =
                    value_at(from, m->xx * j + m->xy * i + m->x0, m->yx * j + m->yy * i + m->y0, k);
                most = fmax(most, fabs(pixel(got, i, j)[k] - want));
            }
    return most;
}

/* Noise is the worst that an interpolation can meet. */
static void test_interpolation(void)
{
    static const int shapes[][3] = {{28, 28, 1}, {9, 32, 3}, {13, 7, 4}, {5, 6, 2},
                                    {1, 17, 1},  {17, 1, 3}, {1, 1, 3},  {2, 2, 1}};
    struct picture p;
    struct rng r;

    rng_seed(&r, 4, 1);
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++)
        for (int k = 0; k < 100; k++) {
            struct pixels from = noise(&p, shapes[s][0], shapes[s][1], shapes[s][2], (uint64_t)k);
            double scale = augment_draw(&r, 0.3, 3);
            struct affine m = affine_about_centre(
                from, scale * augment_draw(&r, -1, 1), scale * augment_draw(&r, -1, 1),
                scale * augment_draw(&r, -1, 1), scale * augment_draw(&r, -1, 1));
            m.x0 += augment_draw(&r, -4, 4);
            m.y0 += augment_draw(&r, -4, 4);
            CHECK(farthest(&m, from) < 0.8);
        }
}

/* Whole pixels are copied: quarter turns are those of rotate_image, and four of them none. */
static void test_quarter_turns(void)
{
    struct picture p, to, want;
    double sine, cosine;

    for (int channels = 1; channels <= 4; channels++)
        for (int side = 6; side <= 7; side++) {
            struct pixels from = noise(&p, side, side, channels, 1);
            struct affine m, all = affine_identity();
            affine_turn(90, &sine, &cosine);
            m = affine_about_centre(from, cosine, -sine, sine, cosine);
            for (int quarters = 0; quarters <= 4; quarters++) {
                affine_resample(&all, from, to.at);
                rotate_image(p.at, want.at, (uint64_t)side, (uint64_t)side, (uint64_t)channels,
                             quarters);
                CHECK(memcmp(to.at, want.at, augment_bytes(from)) == 0);
                all = affine_compose(all, m);
            }
            CHECK(all.xx == 0 && all.yx == 1);
        }
}

/* A composed map takes a place where both take it, one after the other. */
static void test_composition(void)
{
    struct affine inner = {1.5, -0.25, 3, 0.5, 2, -1}, outer = {0.5, 1, -2, -1.25, 0.75, 4};
    struct affine both = affine_compose(outer, inner);
    double x = 1.5 * 5 - 0.25 * 7 + 3, y = 0.5 * 5 + 2 * 7 - 1;

    CHECK_NEAR(both.xx * 5 + both.xy * 7 + both.x0, 0.5 * x + y - 2, 1e-12);
    CHECK_NEAR(both.yx * 5 + both.yy * 7 + both.y0, -1.25 * x + 0.75 * y + 4, 1e-12);
}

static void test_angles(void)
{
    const double radian = 3.14159265358979323846 / 180;
    double sine, cosine;

    for (double d = -180; d <= 180; d += 0.37) {
        affine_turn(d, &sine, &cosine);
        CHECK_NEAR(sine, sin(d * radian), 4e-16);
        CHECK_NEAR(cosine, cos(d * radian), 4e-16);
    }
    for (int quarters = -2; quarters <= 2; quarters++) {
        affine_turn(90 * quarters, &sine, &cosine);
        CHECK(fabs(sine) == abs(quarters) % 2 && fabs(cosine) == (abs(quarters) + 1) % 2);
    }
}

/* The largest image and the wildest map do not leave the range of integers (which the undefined-
 * behaviour sanitizer sees); what is outside is the edge. */
static void test_extremes(void)
{
    enum { SIDE = AFFINE_SIDE_MAX };
    static uint8_t from[SIDE], to[SIDE];
    const struct affine wild = {0x1p16 + 0.1, 0x1p16, -0x1p36, 0x1p16 + 0.1, 0x1p16, 0x1p36};

    for (int i = 0; i < SIDE; i++)
        from[i] = (uint8_t)(i % 255);
    affine_resample(&wild, (struct pixels){from, SIDE, 1, 1}, to);
    CHECK(to[0] == from[0] && to[SIDE - 1] == from[0]);
    affine_resample(&wild, (struct pixels){from, 1, SIDE, 1}, to);
    CHECK(to[0] == from[SIDE - 1] && to[SIDE - 1] == from[SIDE - 1]);
}

int main(void)
{
    RUN(test_interpolation);
    RUN(test_quarter_turns);
    RUN(test_composition);
    RUN(test_angles);
    RUN(test_extremes);
    return check_status();
}

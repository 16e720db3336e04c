/* Dropout: how much it drops, that what stays is scaled, from what it draws, and where it does
 * nothing. */
#include "check.h"
#include "nets.h"

enum { SIDE = 20, CHANNELS = 3, VALUES = SIDE * SIDE * CHANNELS };

static const struct extent image = {SIDE, SIDE, CHANNELS};

/* The values behind the first layer of a net, whose first layers are frozen, for one image of ones,
 * by this key; as in training. */
static void run(const char *text, int frozen, const struct kernels *k, uint64_t key, float *out)
{
    struct ready r;
    struct error e;
    const struct layout *l;

    ready_net(&r, text, image, 2, k, 1);
    engine_free(r.engine);
    for (int i = 0; i < r.net.layers; i++)
        r.net.layer[i].frozen = i < frozen;
    if (!(r.engine = engine_new(&r.net, r.parameters, k, r.team, 1, &e)))
        abort();
    l = &r.engine->plan.tensor[0].layout;
    for (size_t i = 0; i < l->size; i++)
        engine_input(r.engine, 0, 0, 0)[i] = layout_holds(l, CHANNELS, i);
    engine_set_key(r.engine, 0, 0, key);
    forward_group(r.engine, 1);
    l = &r.engine->plan.tensor[1].layout;
    for (size_t i = 0; i < l->size; i++)
        if (layout_holds(l, CHANNELS, i))
            *out++ = engine_output(r.engine, 0, 0, 0)[i];
    ready_free(&r);
}

static int dropped(const float *values, float kept)
{
    int n = 0;

    for (int i = 0; i < VALUES; i++) {
        CHECK(values[i] == 0 || fabsf(values[i] - kept) < 1e-6f);
        n += values[i] == 0;
    }
    return n;
}

/* Of 1,200 values 0.2 drops 240 with a deviation of 14; the mean over many keys is nearer. */
static void test_share(void)
{
    float values[VALUES];
    int sum = 0;

    for (uint64_t key = 0; key < 100; key++) {
        run("drop0.2", 0, kernels_list(0), key * key << 20 | key, values);
        int n = dropped(values, 1.25f);
        CHECK(n > 240 - 70 && n < 240 + 70);
        sum += n;
    }
    CHECK(sum > 24000 - 700 && sum < 24000 + 700);
}

/* Neighbouring keys, either half of them, and places have nothing to do with each other. */
static void test_keys(void)
{
    static const uint64_t keys[] = {0, 1, 2, (uint64_t)1 << 32, (uint64_t)2 << 32, ~(uint64_t)0};
    float a[VALUES], b[VALUES];

    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < 6; k++) {
            int same = 0, shifted = 0;
            run("drop0.5", 0, kernels_list(0), keys[i], a);
            run("drop0.5", 0, kernels_list(0), keys[k], b);
            for (int v = 0; v < VALUES; v++) {
                same += a[v] == b[v];
                shifted += a[v] == b[(v + 1) % VALUES];
            }
            CHECK(i == k ? same == VALUES : same > 480 && same < 720);
            CHECK(shifted > 480 && shifted < 720);
        }
}

static void test_sets(void)
{
    const struct kernels *k;
    float want[VALUES], got[VALUES];

    run("drop0.3", 0, kernels_pick("reference"), 12345, want);
    for (int i = 0; (k = kernels_list(i)); i++) {
        run("drop0.3", 0, k, 12345, got);
        CHECK(memcmp(want, got, sizeof got) == 0);
    }
}

/* In front of a frozen layer it does nothing, behind one it does. */
static void test_frozen(void)
{
    float values[VALUES];

    run("drop0.5 d4 d3", 2, kernels_list(0), 7, values);
    CHECK(dropped(values, 1) == 0);
    run("drop0.5 d4 d3", 0, kernels_list(0), 7, values);
    CHECK(dropped(values, 2) > 480);
}

int main(void)
{
    RUN(test_share);
    RUN(test_keys);
    RUN(test_sets);
    RUN(test_frozen);
    return check_status();
}

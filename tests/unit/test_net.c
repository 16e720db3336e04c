/* Net strings, the parameter vector, the initial weights, and the numbers they are drawn from. */
#include "check.h"
#include "net/reference.h"
#include "nets.h"

#include "model/filters.h"
#include "model/model.h"

static const struct extent grey28 = {28, 28, 1};

/* ---- strings ---- */

static void test_good_strings(void)
{
    static const char *const good[] = {"c32 r p c64 r p d16 r",
                                       "c1",
                                       "d1",
                                       "r",
                                       "p",
                                       " c4\tr\n p ",
                                       "c4096",
                                       "d4096 d4096",
                                       "c4 p r",
                                       "c04 d0016",
                                       "p p p",
                                       "r r r d5 r r"};
    struct error e;
    struct net n;

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!CHECK(net_check(good[i], &e) == 0))
            printf("# '%s': %s\n", good[i], e.text);
        if (!strstr(good[i], "4096"))
            CHECK(net_build(&n, good[i], grey28, 10, &e) == 0);
    }
}

static void test_bad_strings(void)
{
    static const struct {
        const char *text, *error;
    } bad[] = {
        {"", "net: no layers"},
        {" \t\n", "net: no layers"},
        {"x", "net: 'x' at position 1: unknown layer (use %s)"},
        {"c32 r  q p", "net: 'q' at position 8: unknown layer (use %s)"},
        {"C32", "net: 'C32' at position 1: unknown layer (use %s)"},
        {"c32,r", "net: 'c32,r' at position 1: behind the width there may be k1, k3, k5 or k7, "
                  "then s1 or s2, "
                  "then b0"},
        {"c", "net: 'c' at position 1: needs an integer of at most 4 digits"},
        {"r d", "net: 'd' at position 3: needs an integer of at most 4 digits"},
        {"c-1", "net: 'c-1' at position 1: needs an integer of at most 4 digits"},
        {"c1.5", "net: 'c1.5' at position 1: behind the width there may be k1, k3, k5 or k7, then "
                 "s1 or s2, "
                 "then b0"},
        {"c00001", "net: 'c00001' at position 1: needs an integer of at most 4 digits"},
        {"c0", "net: 'c0' at position 1: width is not between 1 and 4096"},
        {"d5 d4097", "net: 'd4097' at position 4: width is not between 1 and 4096"},
        {"c8 r2", "net: 'r2' at position 4: takes no number"},
        {"c8 p2 d4", "net: 'p2' at position 4: takes no number"},
        {"c8 d4 r c8",
         "net: 'c8' at position 9: cannot follow a dense layer or a global average pool"},
        {"c4k2",
         "net: 'c4k2' at position 1: behind the width there may be k1, k3, k5 or k7, then s1 or "
         "s2, then b0"},
        {"c4s3",
         "net: 'c4s3' at position 1: behind the width there may be k1, k3, k5 or k7, then s1 or "
         "s2, then b0"},
        {"c4b1",
         "net: 'c4b1' at position 1: behind the width there may be k1, k3, k5 or k7, then s1 or "
         "s2, then b0"},
        {"c4s2k3",
         "net: 'c4s2k3' at position 1: behind the width there may be k1, k3, k5 or k7, then s1 "
         "or s2, then b0"},
        {"c4k",
         "net: 'c4k' at position 1: behind the width there may be k1, k3, k5 or k7, then s1 or "
         "s2, then b0"},
        {"c4 ) r", "net: ')' at position 4: ends a block that is not begun"},
        {"c4 ( ( r ) c4", "net: '(' at position 4: begins a block that is not ended"},
        {"c4 ( )", "net: ')' at position 6: ends an empty block"},
        {"( ( r ) ) ( d4 ) p",
         "net: 'p' at position 18: cannot follow a dense layer or a global average pool"},
        {"(c4", "net: '(c4' at position 1: unknown layer (use %s)"},
        {"c4 apple", "net: 'apple' at position 4: unknown layer (use %s)"},
        {"c4 a2", "net: 'a2' at position 4: takes no number"},
        {"c4 drop1",
         "net: 'drop1' at position 4: needs a number between 0 and 1, of at most 3 decimals"},
        {"c4 drop0.0", "net: 'drop0.0' at position 4: needs a number between 0 and 1, of at most 3 "
                       "decimals"},
        {"c4 a p", "net: 'p' at position 6: cannot follow a dense layer or a global average pool"},
        {"d4 p", "net: 'p' at position 4: cannot follow a dense layer or a global average pool"},
        {"c8 averyveryverylongtokenindeed", "net: 'averyveryverylongtokenin' at position 4: "
                                            "unknown layer (use %s)"},
    };

    char forms[256];

    layer_forms(forms, sizeof forms);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct error e = {0};
        struct net n;
        char want[400];
        snprintf(want, sizeof want, bad[i].error, forms);
        CHECK(net_check(bad[i].text, &e) == -1);
        CHECK_TEXT(e.text, want);
        e.text[0] = '\0';
        CHECK(net_build(&n, bad[i].text, grey28, 10, &e) == -1);
        CHECK_TEXT(e.text, want);
    }
}

static void test_long_strings(void)
{
    enum { MANY = 1 << 20 };
    char *text = malloc(MANY + 1);
    struct error e;

    memset(text, ' ', MANY);
    text[MANY] = '\0';
    CHECK(net_check(text, &e) == -1);
    CHECK_TEXT(e.text, "net: longer than 1023 characters");
    memset(text, 'c', MANY);
    CHECK(net_check(text, &e) == -1);
    CHECK_TEXT(e.text, "net: longer than 1023 characters");
    text[NET_TEXT_MAX - 1] = '\0';
    CHECK(net_check(text, &e) == -1);
    CHECK_TEXT(e.text, "net: 'cccccccccccccccccccccccc' at position 1: needs an integer of at "
                       "most 4 digits");
    for (int i = 0; i < 129; i++)
        memcpy(text + 2 * i, "r ", 3);
    CHECK(net_check(text, &e) == -1);
    CHECK_TEXT(e.text, "net: 'r' at position 257: more than 128 layers");
    text[2 * 128] = '\0';
    CHECK(net_check(text, &e) == 0);
    free(text);
}

static void test_impossible_nets(void)
{
    static const struct {
        const char *text;
        struct extent image;
        int classes;
        const char *error;
    } bad[] = {
        {"c4", {28, 28, 1}, 0, "net: 0 classes, but 1 to 1000 are possible"},
        {"c4", {28, 28, 1}, 1001, "net: 1001 classes, but 1 to 1000 are possible"},
        {"c4",
         {0, 28, 1},
         4,
         "net: images of 0 x 28 x 1, but 1 x 1 x 1 to 2048 x 2048 x 4096 are possible"},
        {"c4",
         {28, 2049, 1},
         4,
         "net: images of 28 x 2049 x 1, but 1 x 1 x 1 to 2048 x 2048 x 4096 are possible"},
        {"p p p", {7, 28, 1}, 4, "net: pool3: cannot pool an input of 1 x 7"},
        {"c4 p", {28, 1, 1}, 4, "net: pool1: cannot pool an input of 28 x 1"},
        {"c32", {2048, 2048, 1}, 4, "net: conv1: more than 16777216 activations"},
        {"c9 c9 c9 c9 c9 c9",
         {1000, 1000, 1},
         4,
         "net: conv5: more than 67108864 activations in all layers up to here"},
        {"d4096", {1024, 1024, 1}, 4, "net: dense1: more than 134217728 parameters"},
    };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct error e = {0};
        struct net n;
        CHECK(net_build(&n, bad[i].text, bad[i].image, bad[i].classes, &e) == -1);
        CHECK_TEXT(e.text, bad[i].error);
    }
}

/* ---- layers ---- */

static void test_layers_of_the_default(void)
{
    static const struct {
        const char *name;
        struct extent out;
        uint64_t parameters;
    } want[] = {
        {"conv1", {28, 28, 32}, 320},   {"relu1", {28, 28, 32}, 0}, {"pool1", {14, 14, 32}, 0},
        {"conv2", {14, 14, 64}, 18496}, {"relu2", {14, 14, 64}, 0}, {"pool2", {7, 7, 64}, 0},
        {"dense1", {1, 1, 16}, 50192},  {"relu3", {1, 1, 16}, 0},   {"head", {1, 1, 4}, 68}};
    struct error e;
    struct net n;

    CHECK(net_build(&n, NET_DEFAULT, grey28, 4, &e) == 0);
    CHECK(n.layers == 9);
    for (int i = 0; i < 9; i++) {
        const struct extent *x = &n.layer[i].out, *y = &want[i].out;
        CHECK_TEXT(n.layer[i].name, want[i].name);
        CHECK(x->h == y->h && x->w == y->w && x->c == y->c);
        CHECK(layer_parameters(&n, i) == want[i].parameters);
        CHECK(net_find(&n, want[i].name) == i);
    }
    CHECK(net_find(&n, "conv3") == -1);
    CHECK(net_find(&n, "") == -1);
}

static void test_truncate(void)
{
    struct error e;
    struct net n, cut;

    CHECK(net_build(&n, "c4 r p d5", grey28, 3, &e) == 0);
    cut = n;
    CHECK(net_truncate(&cut, "relu1", &e) == 0);
    CHECK(cut.layers == 2 && cut.slots == 2 && cut.slot[0].at == n.slot[0].at);
    cut = n;
    CHECK(net_truncate(&cut, "head", &e) == 0);
    CHECK(cut.layers == n.layers);
    CHECK(net_truncate(&cut, "conv2", &e) == -1);
    CHECK_TEXT(e.text, "no layer 'conv2': the model has conv1 relu1 pool1 dense1 head");
    CHECK(cut.layers == n.layers);
}

/* Every element of every slot has a place of its own, within its slot. */
static void check_places(const char *text, struct extent image, int classes)
{
    struct error e;
    struct net n;
    uint8_t *taken;

    if (!CHECK(net_build(&n, text, image, classes, &e) == 0))
        return;
    taken = calloc(n.parameters, 1);
    for (int i = 0; i < n.slots; i++) {
        const struct slot *s = &n.slot[i];
        CHECK(s->at % NET_LANES == 0 && s->at + s->floats <= n.parameters);
        for (uint64_t k = 0; k < s->count; k++) {
            size_t at = slot_index(&n, s, k);
            if (!CHECK(at >= s->at && at < s->at + s->floats && !taken[at]))
                break;
            taken[at] = 1;
        }
    }
    free(taken);
}

static void test_places_of_weights(void)
{
    check_places(NET_DEFAULT, grey28, 10);
    check_places("c10 c20 r p c33 d17 d5", (struct extent){5, 7, 3}, 3);
    check_places("d7", (struct extent){5, 7, 3}, 2);
    check_places("p r d7", (struct extent){6, 9, 5}, 1);
    check_places("r c3", (struct extent){6, 9, 20}, 17);
}

/* In PyTorch's order: [out,in,3,3], and [out, channel * row * column]. */
static void test_layout_of_weights(void)
{
    struct error e;
    struct net n;
    const struct slot *s;

    CHECK(net_build(&n, "c20 c10 d7", (struct extent){5, 6, 3}, 2, &e) == 0);
    s = slot_find(&n, 0, "weight"); /* on the image: [9][in][out_pad] */
    CHECK(slot_index(&n, s, ((4 * 3 + 2) * 3 + 1) * 3 + 2) ==
          s->at + (5 * 3 + 2) * 32 + 4); /* out 4, in 2, tap (1,2) */
    s = slot_find(&n, 1, "weight");      /* [out_pad][9][in_pad] */
    CHECK(slot_index(&n, s, ((9 * 20 + 13) * 3 + 2) * 3 + 0) == s->at + (9 * 9 + 6) * 32 + 13);
    s = slot_find(&n, 2, "weight"); /* [out][rows * columns * lanes] */
    CHECK(slot_index(&n, s, 3 * 300 + (8 * 5 + 4) * 6 + 1) ==
          s->at + 3 * (30 * 16) + (4 * 6 + 1) * 16 + 8);
}

/* Pictures of filters have each weight in its place, wherever the layer lies in the vector. */
static void check_filters(const char *text, const char *name, struct extent image)
{
    struct error e;
    struct net n;
    struct filters f = {0};
    float *p;

    if (!CHECK(net_build(&n, text, image, 2, &e) == 0))
        return;
    int layer = net_find(&n, name);
    const struct slot *s = slot_find(&n, layer, "weight");
    uint64_t in = s->shape[1], out = s->shape[0];
    /* Room behind the vector, so that a wrong place is a wrong number. */
    p = floats(2 * n.parameters);
    for (uint64_t k = 0; k < out * in * 9; k++)
        p[slot_index(&n, s, k)] = (float)(k + 1);
    CHECK(filters_take(&f, &n, layer, p, &e) == 0);
    CHECK(f.rgb == (in == 3) && f.n == (in == 3 ? out : out * in) &&
          f.stride * f.n == out * in * 9);
    for (uint64_t o = 0; o < out; o++)
        for (uint64_t c = 0; c < in; c++)
            for (uint64_t t = 0; t < 9; t++) {
                size_t at = f.rgb ? (o * 9 + t) * 3 + c : (o * in + c) * 9 + t;
                CHECK(f.weight[at] == (float)((o * in + c) * 9 + t + 1));
            }
    filters_free(&f);
    free(p);
}

static void test_filters(void)
{
    check_filters("c4 d3", "conv1", (struct extent){5, 6, 1});
    check_filters("c5 d3", "conv1", (struct extent){5, 6, 3});
    check_filters("p c3 d3", "conv1", (struct extent){5, 6, 2});
    check_filters("c2 c3 c4 d3", "conv2", (struct extent){5, 6, 1});
    check_filters("c2 c3 c4 d3", "conv3", (struct extent){5, 6, 1});
}

/* ---- the first weights ---- */

static void check_uniform(const struct net *n, const float *p, const char *name, double gain)
{
    const struct slot *s = slot_find(n, net_find(n, name), "weight");
    const struct slot *bias = slot_find(n, net_find(n, name), "bias");
    uint64_t weights = s->count;
    double bound = gain * sqrt(6.0 * (double)s->shape[0] / (double)weights), most = 0;
    double sum = 0, squares = 0, count = (double)weights;

    for (uint64_t k = 0; k < weights; k++) {
        double w = p[slot_index(n, s, k)];
        sum += w;
        squares += w * w;
        if (fabs(w) > most)
            most = fabs(w);
    }
    CHECK(most <= bound * 1.000001 && most > bound * (1 - 10 / count));
    /* Five standard deviations of the mean, and of the mean square, of a uniform distribution. */
    CHECK_NEAR(sum / count, 0, 5 * bound / sqrt(3 * count));
    CHECK_NEAR(squares / count, bound * bound / 3, 5 * bound * bound * sqrt(4.0 / 45 / count));
    for (size_t k = 0; k < bias->floats; k++)
        CHECK(p[bias->at + k] == 0);
}

static void test_first_weights(void)
{
    struct error e;
    struct net n;
    float *p;

    CHECK(net_build(&n, NET_DEFAULT, grey28, 100, &e) == 0);
    p = floats(n.parameters);
    fill(p, n.parameters, 1, &(struct rng){1, 1});
    net_init_body(&n, p, 3);
    net_init_head(&n, p, 3);
    check_uniform(&n, p, "conv1", 1);
    check_uniform(&n, p, "conv2", 1);
    check_uniform(&n, p, "dense1", 1);
    check_uniform(&n, p, "head", NET_HEAD_GAIN);
    free(p);
}

/* What no weight or bias stands on is zero, whatever was there. */
static void test_padding_starts_zero(void)
{
    struct error e;
    struct net n;
    float *p;
    uint64_t zeros = 0, want = 0;

    CHECK(net_build(&n, "c10 r c20 p d5", (struct extent){5, 7, 3}, 3, &e) == 0);
    p = floats(n.parameters);
    fill(p, n.parameters, 1, &(struct rng){1, 1});
    net_init_body(&n, p, 3);
    net_init_head(&n, p, 3);
    want = n.parameters;
    for (int i = 0; i < n.slots; i++)
        if (n.slot[i].start == SLOT_HE)
            want -= n.slot[i].count;
    for (size_t i = 0; i < n.parameters; i++)
        zeros += p[i] == 0;
    CHECK(zeros == want);
    free(p);
}

/* A fresh head is the same one in a fresh model and in place of another; the body does not depend
 * on the head, nor the head on the body. */
static void test_fresh_head(void)
{
    struct model fresh, swapped;
    struct error e;
    const struct slot *head;
    size_t body;

    CHECK(model_new(&fresh, "c4 p d5 r", grey28, 10, 7, &e) == 0);
    CHECK(model_new(&swapped, "c4 p d5 r", grey28, 4, 7, &e) == 0);
    body = slot_find(&fresh.net, fresh.net.layers - 1, "weight")->at;
    CHECK(memcmp(fresh.parameters, swapped.parameters, body * sizeof(float)) == 0);
    CHECK(model_swap_head(&swapped, swapped.net.layers - 1, 10, 7, &e) == 0);
    CHECK(swapped.net.parameters == fresh.net.parameters);
    CHECK(memcmp(fresh.parameters, swapped.parameters, fresh.net.parameters * sizeof(float)) == 0);
    CHECK(model_swap_head(&swapped, swapped.net.layers - 1, 10, 8, &e) == 0);
    head = slot_find(&swapped.net, swapped.net.layers - 1, "weight");
    CHECK(memcmp(fresh.parameters + body, swapped.parameters + body,
                 head->floats * sizeof(float)) != 0);
    CHECK(memcmp(fresh.parameters, swapped.parameters, body * sizeof(float)) == 0);
    CHECK(model_swap_head(&swapped, swapped.net.layers - 1, 1001, 8, &e) == -1);
    CHECK_TEXT(e.text, "net: 1001 classes, but 1 to 1000 are possible");
    model_free(&fresh);
    model_free(&swapped);
}

/* ---- random numbers ---- */

/* Of pcg32-demo in the paper's reference implementation. */
static void test_pcg32(void)
{
    static const uint32_t want[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330,
                                    0x83d2f293, 0xbfa4784b, 0xcbed606e};
    struct rng r;

    rng_seed(&r, 42, 54);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        CHECK(rng_u32(&r) == want[i]);
}

static void test_rng_ranges(void)
{
    int seen[7] = {0};
    double sum = 0;
    struct rng r;

    rng_seed(&r, 1, 2);
    for (int i = 0; i < 70000; i++) {
        float x = rng_float(&r);
        CHECK(x >= 0 && x < 1);
        sum += x;
        seen[rng_below(&r, 7)]++;
    }
    CHECK_NEAR(sum / 70000, 0.5, 5 / sqrt(12 * 70000.0));
    for (int i = 0; i < 7; i++)
        CHECK_NEAR(seen[i], 10000, 500);
    CHECK(rng_below(&r, 1) == 0);
    CHECK(rng_below(&r, UINT64_MAX) < UINT64_MAX);
}

static void test_pick(void)
{
    const struct kernels *k;

    CHECK(kernels_pick(NULL) == kernels_list(0));
    CHECK(kernels_pick("") == kernels_list(0));
    CHECK(kernels_pick("reference") == &kernels_reference);
    CHECK(kernels_pick("plain") != NULL);
    CHECK(kernels_pick("mmx") == NULL);
    for (int i = 0; (k = kernels_list(i)); i++)
        CHECK(kernels_pick(k->name) == k);
}

int main(void)
{
    RUN(test_good_strings);
    RUN(test_bad_strings);
    RUN(test_long_strings);
    RUN(test_impossible_nets);
    RUN(test_layers_of_the_default);
    RUN(test_truncate);
    RUN(test_places_of_weights);
    RUN(test_layout_of_weights);
    RUN(test_filters);
    RUN(test_first_weights);
    RUN(test_padding_starts_zero);
    RUN(test_fresh_head);
    RUN(test_pcg32);
    RUN(test_rng_ranges);
    RUN(test_pick);
    return check_status();
}

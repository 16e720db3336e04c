/*
 * Nets from text: what the check says and the build does agree, parameters have places of their
 * own, and small nets are run by the fast kernels and by the reference, forward to the same result
 * and backward.
 */
#include "../unit/nets.h"
#include "fuzz.h"

#include "base/rng.h"
#include "net/engine.h"
#include "net/reference.h"

#include <math.h>

enum { WEIGHTS_MAX = 1 << 14, SAMPLES = 3 };

/* Every element of the file's layout has a place in its slot, and no two have one. */
static void check_places(const struct net *n, const struct slot *s)
{
    static unsigned char taken[WEIGHTS_MAX];

    REQUIRE(s->at + s->floats <= n->parameters);
    if (s->floats > WEIGHTS_MAX)
        return;
    memset(taken, 0, s->floats);
    for (uint64_t i = 0; i < s->count; i++) {
        size_t at = slot_index(n, s, i);
        REQUIRE(at >= s->at && at - s->at < s->floats && !taken[at - s->at]);
        taken[at - s->at] = 1;
    }
}

static void check_layers(const struct net *n)
{
    struct error e;

    REQUIRE(n->layers > 1 && n->layers <= NET_LAYERS_MAX + 1);
    REQUIRE(n->parameters > 0 && n->parameters <= NET_PARAMETERS_MAX);
    for (int i = 0; i < n->layers; i++) {
        struct net part = *n;
        REQUIRE(net_find(n, n->layer[i].name) == i);
        REQUIRE(net_truncate(&part, n->layer[i].name, &e) == 0 && part.layers == i + 1);
        REQUIRE(i == 0 ||
                memcmp(&n->layer[i].in, &n->layer[i - 1].out, sizeof n->layer[i].in) == 0);
    }
    for (int i = 0; i < n->slots; i++)
        check_places(n, &n->slot[i]);
}

/* Nets that take no longer than a few milliseconds. */
static int is_small(const struct net *n)
{
    uint64_t work = 0;

    for (int i = 0; i < n->layers; i++) {
        const struct layer *l = &n->layer[i];
        uint64_t pixels = (uint64_t)(l->out.h + 3) * (uint64_t)(l->out.w + 3);
        work += pixels * (uint64_t)l->out_lanes;
        work += l->kind->multiply_adds(l);
    }
    return work < 1 << 18;
}

/* Runs the net on images of noise, forward to `out` and backward. */
static void run(const struct net *n, float *parameters, const struct kernels *k, float *out)
{
    static struct team *team;
    static float table[LAYER_WIDTH_MAX * 256];
    struct error e;
    struct rng noise;
    struct engine *g;
    uint64_t stride = extent_size(n->image);
    uint8_t *image = malloc(stride);
    float *grad = net_allocate(n->parameters);

    if (!team)
        team = team_new(1, &e);
    REQUIRE(team && image && grad);
    g = engine_new(n, parameters, k, team, 1, &e);
    REQUIRE(g != NULL);
    for (int i = 0; i < n->image.c * 256; i++)
        table[i] = (float)(i % 256) / 255 - 0.5f;
    rng_seed(&noise, 1, RNG_INIT);
    for (int s = 0; s < SAMPLES; s++) {
        for (uint64_t i = 0; i < stride; i++)
            image[i] = (uint8_t)rng_u32(&noise);
        engine_set_image(g, 0, s, image, table);
    }
    forward_group(g, SAMPLES);
    for (int s = 0; s < SAMPLES; s++) {
        const float *from = engine_logits(g, 0, s);
        float *by = engine_logits_gradient(g, 0, s);
        for (int i = 0; i < n->classes; i++) {
            out[s * n->classes + i] = from[i];
            by[i] = 1;
        }
    }
    backward_group(g, SAMPLES, grad);
    for (size_t i = 0; i < n->parameters; i++)
        REQUIRE(isfinite(grad[i]));
    engine_free(g);
    free(grad);
    free(image);
}

static void compare(const struct net *n, uint64_t seed)
{
    static float want[SAMPLES * NET_CLASSES_MAX], got[SAMPLES * NET_CLASSES_MAX];
    float *parameters = net_allocate(n->parameters);
    const struct kernels *k;

    REQUIRE(parameters != NULL);
    net_init_body(n, parameters, seed);
    net_init_head(n, parameters, seed);
    run(n, parameters, &kernels_reference, want);
    for (int i = 0; (k = kernels_list(i)); i++) {
        if (k == &kernels_reference)
            continue;
        run(n, parameters, k, got);
        for (int j = 0; j < SAMPLES * n->classes; j++)
            REQUIRE(fabsf(got[j] - want[j]) <= 1e-3f + 1e-3f * fabsf(want[j]));
    }
    free(parameters);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct net n;
    struct bytes b = {data, size};
    struct extent image = {(int)next_number(&b, 1), (int)next_number(&b, 1), 0};
    int classes, checked;
    struct error e, why;
    char *text;

    image.c = (int)next_number(&b, 1) % 20;
    classes = (int)next_number(&b, 1);
    if (classes > 200) /* now and then a large one */
        classes *= 37;
    if (image.w > 200)
        image.w *= 53;
    text = rest_as_text(&b);
    checked = net_check(text, &e);
    if (net_build(&n, text, image, classes, &why) == 0) {
        REQUIRE(checked == 0 && strcmp(n.text, text) == 0);
        check_layers(&n);
        if (is_small(&n))
            compare(&n, size);
    } else {
        require_error(&why);
        REQUIRE(checked == 0 || strcmp(e.text, why.text) == 0);
    }
    free(text);
    return 0;
}

/*
 * What every kind of layer has to pass, on every example net of every kind: gradients against
 * finite differences, each set of kernels against the reference, threads, freezing, saving,
 * resuming at each step. Whoever adds a kind adds nothing here.
 *
 * usage: test_kinds                                   the tests
 *        test_kinds --list-nets                       a line for each example: name, net, height,
 *                                                     width, channels, classes
 *        test_kinds --describe NET H W C CLASSES      a line for each layer: its kind, name, width,
 *                                                     output, trained numbers, multiply-adds,
 *                                                     and the layer in PyTorch
 *        test_kinds --kinds                           a line for each kind: form, what it is
 */
#include "check.h"
#include "describe.h"
#include "examples.h"
#include "net/reference.h"
#include "training.h"

#include "train/state.h"

#include <unistd.h>

enum { SAMPLES = 5, CLASSES = EXAMPLE_CLASSES };

/* On grey images and on coloured ones. */
static void each(const char *before, use_example *use)
{
    for (size_t i = 0; i < sizeof example_images / sizeof *example_images; i++)
        each_example(before, example_images[i], use);
}

static void complain(const struct example *x, const char *what, const char *of)
{
    char text[512];

    snprintf(text, sizeof text, "'%.200s' on %d x %d x %d: %.40s%.160s", x->net, x->image.h,
             x->image.w, x->image.c, what, of);
    check_note(0, __FILE__, __LINE__, text);
}

/* ---- gradients ---- */

/* Weights that are all different, so that none of several parts hides another. */
static void stir(const struct net *n, float *parameters)
{
    struct rng r;

    rng_seed(&r, 5, 1);
    for (int i = 0; i < n->slots; i++) {
        const struct slot *s = &n->slot[i];
        for (uint64_t k = 0; k < s->count && !s->buffer; k++)
            parameters[slot_index(n, s, k)] += 0.2f * (rng_float(&r) - 0.5f);
    }
}

static void start(struct ready *r, const struct example *x, const struct kernels *k, int frozen)
{
    struct error e;

    ready_net(r, x->net, x->image, CLASSES, k, SAMPLES);
    if (frozen >= 0) {
        engine_free(r->engine);
        r->net.layer[frozen].frozen = 1;
        if (!(r->engine = engine_new(&r->net, r->parameters, k, r->team, SAMPLES, &e)))
            abort();
    }
    net_init_body(&r->net, r->parameters, 7);
    net_init_head(&r->net, r->parameters, 7);
    stir(&r->net, r->parameters);
    engine_pack(r->engine, 0);
}

static void set_input(struct engine *g, const struct extent *image)
{
    const struct layout *l = &g->plan.tensor[0].layout;
    struct rng r;

    rng_seed(&r, 13, 1);
    for (int s = 0; s < SAMPLES; s++)
        fill_layout(engine_input(g, 0, 0, s), l, image->c, 1, &r);
    for (int s = 0; s < SAMPLES; s++)
        engine_set_key(g, 0, s, 77 * (uint64_t)s);
}

/* Forward as in training, on the same images; sets the gradient by the logits. */
static double loss_of(struct ready *r, const struct example *x)
{
    double loss = 0;

    engine_pack(r->engine, 0);
    set_input(r->engine, &x->image);
    forward_group(r->engine, SAMPLES);
    for (int s = 0; s < SAMPLES; s++)
        loss += softmax_cross_entropy(engine_logits(r->engine, 0, s), CLASSES, s % CLASSES, 1,
                                      engine_logits_gradient(r->engine, 0, s));
    return loss;
}

static double slope(struct ready *r, const struct example *x, size_t at, float step)
{
    float keep = r->parameters[at], up = keep + step, down = keep - step;
    double above, below;

    r->parameters[at] = up;
    above = loss_of(r, x);
    r->parameters[at] = down;
    below = loss_of(r, x);
    r->parameters[at] = keep;
    return (above - below) / ((double)up - down);
}

/* Whether it is the slope by a step of some size, within `most`: a wide one may lie across a kink,
 * and a narrow one loses digits. */
static int is_slope(struct ready *r, const struct example *x, size_t at, double got, double most)
{
    for (float step = 0x1p-7f; step > 0x1p-15f; step /= 2) {
        double want = slope(r, x, at, step);
        if (fabs(got - want) <= most + 4e-3 * fabs(want))
            return 1;
    }
    return 0;
}

/* Some elements of every slot that trains, while one layer is frozen or none (-1). */
static void check_slopes(const struct example *x, int frozen)
{
    size_t to[NET_SLOTS_MAX];
    struct ready r;
    float *grad;

    start(&r, x, &kernels_reference, frozen);
    grad = floats(r.engine->plan.gradients);
    slots_trained(&r.net, to);
    loss_of(&r, x);
    backward_group(r.engine, SAMPLES, grad);
    for (int i = 0; i < r.net.slots; i++) {
        const struct slot *s = &r.net.slot[i];
        double most = 1e-3;
        if (to[i] == SLOT_FIXED)
            continue;
        most += 4e-3 * largest(grad + to[i], s->floats);
        for (uint64_t k = 0; k < s->count; k += 1 + s->count / (frozen < 0 ? 4 : 2)) {
            size_t at = slot_index(&r.net, s, k);
            if (!is_slope(&r, x, at, grad[to[i] + (at - s->at)], most))
                complain(x,
                         frozen < 0 ? "gradient of a " : "gradient, behind a frozen layer, of a ",
                         s->name);
        }
    }
    free(grad);
    ready_free(&r);
}

static void check_gradients(const struct example *x)
{
    check_slopes(x, -1);
}

/* The gradient passes through a frozen layer, too. */
static void check_frozen_gradients(const struct example *x)
{
    struct error e;
    struct net n;

    if (!CHECK(net_build(&n, x->net, x->image, CLASSES, &e) == 0))
        return;
    for (int i = 1; i < n.layers; i++)
        if (n.layer[i].slots)
            check_slopes(x, i);
}

/* On its own, and behind a convolution, which learns only if the gradient by the input is right. */
static void test_gradients(void)
{
    each("", check_gradients);
    each_example("c4 ", example_images[1], check_gradients);
    each_example("c4 ", example_images[0], check_frozen_gradients);
}

/* ---- kernels ---- */

/* What a set makes of it: outputs in training, in evaluation by the same plan and by one for
 * evaluation alone, gradients, buffers. */
struct results {
    float train[SAMPLES * CLASSES], evaluate[SAMPLES * CLASSES], alone[SAMPLES * CLASSES];
    float *grad, *parameters;
    size_t gradients, count;
};

static void keep_logits(const struct engine *g, float *to)
{
    for (int s = 0; s < SAMPLES; s++)
        memcpy(to + s * CLASSES, engine_logits(g, 0, s), CLASSES * sizeof *to);
}

/* Gradients are set, whatever was there; those by the logits stay, and what is still needed where
 * a gradient is to be. */
static void spoil_gradients(struct engine *g)
{
    struct rng r;

    rng_seed(&r, 3, 1);
    for (int i = g->plan.first; i < g->plan.operations - 1; i++)
        for (int s = 0; s < SAMPLES; s++) {
            const struct tensor *t = &g->plan.tensor[g->plan.operation[i].to];
            if (engine_gradient(g, 0, i, s) != engine_output(g, 0, i, s))
                fill_layout(engine_gradient(g, 0, i, s), &t->layout, t->extent.c, 1e6f, &r);
        }
}

static void run_alone(struct ready *r, const struct example *x, const struct kernels *k, float *out)
{
    struct error e;
    struct engine *g = engine_new(&r->net, r->parameters, k, r->team, 0, &e);

    if (!g)
        abort();
    set_input(g, &x->image);
    engine_forward(g, 0, 0, g->plan.operations, SAMPLES);
    keep_logits(g, out);
    engine_free(g);
}

static void run_set(const struct example *x, const struct kernels *k, struct results *out)
{
    struct ready r;

    start(&r, x, k, -1);
    out->gradients = r.engine->plan.gradients;
    out->count = r.net.parameters;
    out->grad = floats(out->gradients);
    loss_of(&r, x);
    keep_logits(r.engine, out->train);
    spoil_gradients(r.engine);
    backward_group(r.engine, SAMPLES, out->grad);
    engine_pack(r.engine, 0);
    engine_forward(r.engine, 0, 0, r.engine->plan.operations, SAMPLES);
    keep_logits(r.engine, out->evaluate);
    run_alone(&r, x, k, out->alone);
    out->parameters = copy(r.parameters, out->count);
    ready_free(&r);
}

static void check_near_all(const struct example *x, const struct kernels *k, const char *what,
                           const float *got, const float *want, size_t n)
{
    if (!(largest_difference(got, want, n) <= 3e-5 * (1 + largest(want, n))))
        complain(x, what, k->name);
}

static void check_sets(const struct example *x)
{
    struct results want, got;
    const struct kernels *k;

    run_set(x, &kernels_reference, &want);
    check_near_all(x, &kernels_reference, "evaluation alone by ", want.alone, want.evaluate,
                   SAMPLES * CLASSES);
    for (int i = 0; (k = kernels_list(i)); i++) {
        run_set(x, k, &got);
        check_near_all(x, k, "training by ", got.train, want.train, SAMPLES * CLASSES);
        check_near_all(x, k, "evaluation by ", got.evaluate, want.evaluate, SAMPLES * CLASSES);
        check_near_all(x, k, "evaluation alone by ", got.alone, want.evaluate, SAMPLES * CLASSES);
        check_near_all(x, k, "gradients by ", got.grad, want.grad, want.gradients);
        check_near_all(x, k, "buffers by ", got.parameters, want.parameters, want.count);
        free(got.grad), free(got.parameters);
    }
    free(want.grad), free(want.parameters);
}

static void test_sets(void)
{
    each("", check_sets);
    each("c20 ", check_sets);
}

/* ---- training ---- */

static struct train_options options(void)
{
    struct train_options o = train_defaults();

    o.batch = 20;
    o.epochs = 2;
    o.warmup = 0;
    o.lr = 0.01;
    o.settings = "test 1";
    return o;
}

/* 50 images: three steps of 20, 20 and 10, in leaves of 8. */
static void train_example(const struct example *x, struct model *m, const struct train_options *o,
                          int threads, struct heard *h)
{
    struct dataset d = dataset(50, x->image, CLASSES);
    struct error e = {.text = ""};

    if (train_on(m, &d, o, threads, h, &e) < 0)
        complain(x, "training: ", e.text);
    dataset_free(&d);
}

static void start_example(const struct example *x, struct model *m)
{
    struct dataset d = dataset(50, x->image, CLASSES);

    start_model(m, x->net, &d, CLASSES);
    dataset_free(&d);
}

static int same(const struct model *a, const struct model *b)
{
    return memcmp(a->parameters, b->parameters, a->net.parameters * sizeof(float)) == 0;
}

static void check_threads(const struct example *x)
{
    struct train_options o = options();
    struct model one, many;
    struct heard want = {0};

    start_example(x, &one);
    train_example(x, &one, &o, 1, &want);
    for (int threads = 2; threads <= 3; threads++) {
        struct heard h = {0};
        start_example(x, &many);
        train_example(x, &many, &o, threads, &h);
        if (!same(&one, &many) || h.epoch[0].valid_loss != want.epoch[0].valid_loss ||
            h.epoch[1].valid_loss != want.epoch[1].valid_loss)
            complain(x, "depends on the threads", "");
        model_free(&many);
    }
    model_free(&one);
}

static void test_threads(void)
{
    each("", check_threads);
}

/* A frozen layer stays as it is, buffers too; all others train. */
static void check_frozen(const struct example *x)
{
    struct train_options o = options();
    struct model before, m;

    start_example(x, &before);
    for (int frozen = 0; frozen < before.net.layers; frozen++) {
        const struct net *n = &before.net;
        if (!n->layer[frozen].slots)
            continue;
        start_example(x, &m);
        m.net.layer[frozen].frozen = 1;
        train_example(x, &m, &o, 2, &(struct heard){0});
        for (int i = 0; i < n->slots; i++) {
            const struct slot *s = &n->slot[i];
            int stays = memcmp(m.parameters + s->at, before.parameters + s->at,
                               s->floats * sizeof(float)) == 0;
            if (stays != (s->layer == frozen))
                complain(x, stays ? "does not train: " : "is not frozen: ", s->name);
        }
        model_free(&m);
    }
    model_free(&before);
}

static void test_frozen(void)
{
    each_example("", example_images[1], check_frozen);
}

/* ---- files ---- */

static char path[] = "/tmp/test_kinds.XXXXXX";

static void check_saved(const struct example *x)
{
    struct train_options o = options();
    struct model m, again;
    struct error e = {.text = ""};
    struct rts_writer *w = rts_create(path, &e);

    start_example(x, &m);
    train_example(x, &m, &o, 1, &(struct heard){0});
    if (!w || model_save(&m, w, &e) < 0 || rts_finish(w, &e) < 0 ||
        model_load(&again, path, &e) < 0) {
        complain(x, "saving: ", e.text);
    } else {
        if (!same(&m, &again))
            complain(x, "is another when loaded again", "");
        model_free(&again);
    }
    model_free(&m);
}

static void test_saved(void)
{
    each("", check_saved);
}

/* A value that makes no sense is refused, with its place. */
static void check_negative(const struct example *x)
{
    struct model m, again;

    start_example(x, &m);
    for (int i = 0; i < m.net.slots; i++) {
        const struct slot *s = &m.net.slot[i];
        struct error e = {.text = ""};
        struct rts_writer *w;
        float keep = m.parameters[slot_index(&m.net, s, 1)];
        if (!s->nonnegative)
            continue;
        m.parameters[slot_index(&m.net, s, 1)] = -1e-6f;
        w = rts_create(path, &e);
        CHECK(w && model_save(&m, w, &e) == 0 && rts_finish(w, &e) == 0);
        if (model_load(&again, path, &e) == 0)
            complain(x, "takes a negative ", s->name);
        CHECK(strstr(e.text, "': value 1 is negative") != NULL);
        m.parameters[slot_index(&m.net, s, 1)] = keep;
    }
    model_free(&m);
}

static void test_negative(void)
{
    each_example("c4 ", example_images[0], check_negative);
}

static void check_resumed(const struct example *x)
{
    struct train_options o = options();
    struct model want, m;

    start_example(x, &want);
    train_example(x, &want, &o, 1, &(struct heard){0});
    for (int stop = 1; stop < 6; stop++) {
        struct heard h = {.stop_at = stop};
        o.save = path;
        o.resume = NULL;
        o.every = 1000;
        unlink(path);
        start_example(x, &m);
        train_example(x, &m, &o, 2, &h);
        if (h.steps != stop)
            complain(x, "was not stopped", "");
        model_free(&m);
        o.save = NULL;
        o.resume = path;
        start_example(x, &m);
        train_example(x, &m, &o, 1, &(struct heard){0});
        if (!same(&want, &m))
            complain(x, "is another when resumed", "");
        model_free(&m);
    }
    model_free(&want);
}

static void test_resumed(void)
{
    each_example("", example_images[0], check_resumed);
}

int main(int argc, char **argv)
{
    int fd;

    if (argc == 2 && strcmp(argv[1], "--list-nets") == 0) {
        each("", describe_example);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--kinds") == 0)
        return describe_kinds();
    if (argc == 7 && strcmp(argv[1], "--describe") == 0)
        return describe_net(argv + 2);
    fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    RUN(test_gradients);
    RUN(test_sets);
    RUN(test_threads);
    RUN(test_frozen);
    RUN(test_saved);
    RUN(test_negative);
    RUN(test_resumed);
    unlink(path);
    return check_status();
}

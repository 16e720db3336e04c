/*
 * What PyTorch computes for the same nets (tests/data/torch, made by make-fixtures.py): outputs of
 * layers, loss, gradients, and the parameters after ten steps of each optimizer, by every set of
 * kernels that this processor runs; and of ten epochs whose loss is weighted by class.
 *
 * The fixtures are PyTorch's results in double precision. Its own float32 run is off from them by
 * what make-fixtures.py prints; the tolerances here are a few times that. Those of net "default"
 * are larger, there as here: images of 28 x 28 have flat areas in which the four pixels of a pool
 * are equal but for rounding, so the gradient goes to one or another of them.
 *
 * usage: test_torch                               the tests
 *        test_torch MODEL NAME OPTIMISER          compares a model that rottrain has made
 */
#include "check.h"
#include "examples.h"
#include "nets.h"

#include "eval/infer.h"
#include "net/reference.h"
#include "train/train.h"

#define DATA "tests/data/torch/"

/* Records of floats by name. */
struct tensors {
    int n;
    struct {
        char name[RTS_NAME_BYTES];
        float *at;
        size_t count;
    } of[128];
};

static struct tensors read_tensors(const char *path)
{
    struct tensors t = {0};
    struct rts_header h;
    struct error e;
    struct rts_reader *r = rts_open(path, &e);
    int got = r ? 1 : -1;

    while (got > 0 && (got = rts_next(r, &h, &e)) > 0) {
        size_t room = 0;
        void *at = NULL;
        if (h.dtype != RTS_F4)
            continue;
        if (t.n == 128 || rts_load(r, 1 << 24, &at, &room, &e) < 0)
            got = -1;
        t.of[t.n].at = at;
        t.of[t.n].count = h.size / sizeof(float);
        strcpy(t.of[t.n++].name, h.name);
    }
    rts_close(r);
    if (got < 0)
        printf("# %s\n", e.text);
    CHECK(got == 0);
    return t;
}

static void free_tensors(struct tensors *t)
{
    for (int i = 0; i < t->n; i++)
        free(t->of[i].at);
}

/* How far two arrays may be apart: the worst element, relative to the largest of the array, or to
 * LEAST if that is larger (a gradient may be zero but for rounding), and the root of the mean
 * square, relative to the same. */
#define LEAST 0.02
struct tolerance {
    double most, rms;
};

static void check_array(const char *what, const float *got, const float *want, size_t n,
                        struct tolerance allowed)
{
    double scale = fmax(largest(want, n), LEAST), most = largest_difference(got, want, n),
           squares = 0;
    char text[256];

    for (size_t i = 0; i < n; i++)
        squares += ((double)got[i] - want[i]) * ((double)got[i] - want[i]);
    squares = sqrt(squares / (double)n);
    if (most <= allowed.most * scale && squares <= allowed.rms * scale)
        return;
    snprintf(text, sizeof text, "%s is off by %.3g at most, rms %.3g; the largest is %.3g", what,
             most, squares, scale);
    check_note(0, __FILE__, __LINE__, text);
}

static void check_tensor(const struct tensors *t, const char *name, const char *who,
                         const float *got, size_t n, struct tolerance allowed)
{
    char what[128];

    snprintf(what, sizeof what, "%s by %s", name, who);
    for (int i = 0; i < t->n; i++)
        if (strcmp(t->of[i].name, name) == 0) {
            if (CHECK(t->of[i].count == n))
                check_array(what, got, t->of[i].at, n, allowed);
            return;
        }
    check_note(0, __FILE__, __LINE__, name);
}

/* All slots of a net that are in the vector: at `to`, or NULL, where the net has them. */
static void check_parameters(const struct tensors *t, const char *prefix, const char *who,
                             const struct net *net, const float *values, const size_t *to,
                             struct tolerance allowed)
{
    for (int i = 0; i < net->slots; i++) {
        const struct slot *s = &net->slot[i];
        size_t at = to ? to[i] : s->at;
        float *plain;
        char name[64];
        if (at == SLOT_FIXED)
            continue;
        plain = floats(s->count);
        slot_read(net, s, values + at, plain);
        snprintf(name, sizeof name, "%s.%s.%s", prefix, net->layer[s->layer].name, s->name);
        check_tensor(t, name, who, plain, s->count, allowed);
        free(plain);
    }
}

/* ---- one net ---- */

struct fixture {
    const char *name;
    struct model model;
    struct dataset data;
    struct tensors torch;
    float *table;
    struct team *team;
};

static void open_fixture(struct fixture *f, const char *name)
{
    char path[3][96];
    struct error e = {0};

    *f = (struct fixture){.name = name};
    snprintf(path[0], sizeof path[0], DATA "%s-model.rts.gz", name);
    snprintf(path[1], sizeof path[1], DATA "%s-data.rts.gz", name);
    snprintf(path[2], sizeof path[2], DATA "%s-torch.rts.gz", name);
    if (model_load(&f->model, path[0], &e) < 0 ||
        dataset_read(&f->data, (char *[]){path[1]}, 1, &e) < 0 ||
        !(f->table = model_pixel_table(&f->model, &e)) || !(f->team = team_new(2, &e))) {
        printf("# %s (the tests run in the root of the source)\n", e.text);
        exit(1);
    }
    f->torch = read_tensors(path[2]);
}

static void close_fixture(struct fixture *f)
{
    team_free(f->team);
    free(f->table);
    free_tensors(&f->torch);
    dataset_free(&f->data);
    model_free(&f->model);
}

static void check_normalization(const struct fixture *f)
{
    float mean[MODEL_CHANNELS_MAX], std[MODEL_CHANNELS_MAX];

    dataset_statistics(&f->data, mean, std);
    for (int k = 0; k < f->data.image.c; k++) {
        CHECK_NEAR(mean[k], f->model.mean[k], 1e-7);
        CHECK_NEAR(std[k], f->model.std[k], 1e-7);
    }
}

static struct engine *start_engine(const struct fixture *f, const struct net *net,
                                   float *parameters, const struct kernels *k, int batch)
{
    struct error e;
    struct engine *g = engine_new(net, parameters, k, f->team, batch, &e);

    if (!g)
        abort();
    return g;
}

/* Every layer's output for the first images, where the fixture has them, and the logits of all. */
static void check_activations(const struct fixture *f, const struct kernels *k)
{
    const struct tolerance rounding = {3e-6, 1.5e-6};

    for (int i = 0; i < f->model.net.layers; i++) {
        struct net net = f->model.net;
        const struct layer *l = &net.layer[i];
        int head = i == net.layers - 1, kept = strcmp(f->name, "default") == 0 ? 0 : 2;
        size_t size = extent_size(l->out);
        char name[64];
        struct engine *g;
        float *out = floats(8 * size);
        net.layers = i + 1;
        g = start_engine(f, &net, f->model.parameters, k, 0);
        CHECK(infer_features(g, f->table, f->data.images, 8, out) == 8);
        snprintf(name, sizeof name, "act.%s", l->name);
        if (kept)
            check_tensor(&f->torch, name, k->name, out, (size_t)kept * size, rounding);
        if (head)
            check_tensor(&f->torch, "logits", k->name, out, 8 * size, rounding);
        engine_free(g);
        free(out);
    }
}

static void check_gradients(const struct fixture *f, const struct kernels *k,
                            struct tolerance allowed)
{
    const struct net *net = &f->model.net;
    float *grad = floats(net->parameters), mean;
    float *moved = copy(f->model.parameters, net->parameters); /* its buffers move */
    struct engine *g = start_engine(f, net, moved, k, 8);
    double loss = 0;
    size_t to[NET_SLOTS_MAX];

    for (int s = 0; s < 8; s++)
        engine_set_image(g, 0, s, f->data.images + (size_t)s * dataset_stride(&f->data), f->table);
    forward_group(g, 8);
    for (int s = 0; s < 8; s++)
        loss += softmax_cross_entropy(engine_logits(g, 0, s), net->classes, f->data.label[s],
                                      1.0f / 8, engine_logits_gradient(g, 0, s)) /
                8;
    backward_group(g, 8, grad);
    mean = (float)loss;
    check_tensor(&f->torch, "loss", k->name, &mean, 1, (struct tolerance){1e-6, 1e-6});
    slots_trained(net, to);
    check_parameters(&f->torch, "grad", k->name, net, grad, to, allowed);
    engine_free(g);
    free(grad), free(moved);
}

/* The optimizers as make-fixtures.py sets them. */
static struct train_options options_for(const char *net, const char *optimizer)
{
    struct train_options o = train_defaults();

    o.epochs = 10;
    o.batch = 8;
    o.warmup = 0;
    if (strcmp(net, "uneven") == 0) {
        o.batch = 4;
        o.class_weight = CLASS_WEIGHT_BALANCED;
    } else if (strcmp(net, "groups") == 0) {
        o.batch = 20;
    }
    if (strcmp(optimizer, "adamw") == 0) {
        o.optimizer = OPTIMIZER_ADAMW;
        o.lr = 0.002;
        o.weight_decay = 0.1;
    } else if (strcmp(optimizer, "adaml2") == 0) {
        o.weight_decay = 0.05;
    } else if (strcmp(optimizer, "cosine") == 0) {
        o.schedule = SCHEDULE_COSINE;
        o.warmup = 3;
    } else if (strcmp(optimizer, "onecycle") == 0) {
        o.schedule = SCHEDULE_ONECYCLE;
        o.lr = 0.01;
    } else if (strcmp(optimizer, "adam") != 0) {
        o.optimizer = OPTIMIZER_SGD;
        o.lr = 0.02;
        o.weight_decay = 0.01;
        o.nesterov = strcmp(optimizer, "nesterov") == 0;
        o.smooth = strstr(optimizer, "smooth") ? 0.2 : 0;
        o.mixup = strncmp(optimizer, "mix", 3) == 0 ? 0.4 : 0;
        o.average = strcmp(optimizer, "average") == 0 ? 0.9 : 0;
        o.clip = strcmp(optimizer, "clip") == 0 ? 3 : 0;
    }
    return o;
}

/*
 * Ten epochs. Those of one step see all images at once: their order does not matter but for
 * rounding.
 */
static void check_steps(const struct fixture *f, const char *optimizer, const struct kernels *k,
                        struct tolerance allowed)
{
    struct train_options o = options_for(f->name, optimizer);
    struct model m = f->model;
    struct error e = {0};

    m.parameters = floats(m.net.parameters);
    memcpy(m.parameters, f->model.parameters, m.net.parameters * sizeof(float));
    if (!CHECK(train(&m, &f->data, NULL, &o, k, f->team, NULL, &e) == 0))
        printf("# %s\n", e.text);
    check_parameters(&f->torch, optimizer, k->name, &m.net, m.parameters, NULL, allowed);
    free(m.parameters);
}

static const struct tolerance gradient_default = {2e-3, 2e-4}, gradient_small = {2e-6, 1e-6};
static const struct tolerance steps_default = {1e-4, 5e-6}, steps_small = {1e-5, 2e-6};

/* Batch norm divides by deviations, which makes small differences larger. */
static const struct tolerance gradient_kinds = {1e-4, 5e-5}, steps_kinds = {2e-4, 6e-5};

/* Winograd's sums of many terms that cancel leave 1e-9 where the gradient is exactly zero (a weight
 * whose input is dead wherever its output is not), and Adam makes steps of 1e-3 of whatever is not
 * small beside its eps of 1e-8. In net "deep" a few weights of conv3 are like that. */
static const struct tolerance steps_cancelled = {2e-2, 5e-4};

static void check_fixture(const char *name, struct tolerance gradient, struct tolerance steps,
                          const char *const *optimizers)
{
    struct fixture f;
    const struct kernels *k;

    open_fixture(&f, name);
    check_normalization(&f);
    for (int i = 0; (k = kernels_list(i)); i++) {
        check_activations(&f, k);
        check_gradients(&f, k, gradient);
        for (const char *const *o = optimizers; *o; o++) {
            int cancels = strcmp(name, "deep") == 0 && strcmp(*o, "adam") == 0;
            check_steps(&f, *o, k, cancels && k != &kernels_reference ? steps_cancelled : steps);
        }
    }
    close_fixture(&f);
}

static void test_torch_default(void)
{
    check_fixture("default", gradient_default, steps_default, (const char *[]){"adam", NULL});
}

static void test_torch_small(void)
{
    check_fixture(
        "small", gradient_small, steps_small,
        (const char *[]){"adam", "adamw", "adaml2", "sgd", "nesterov", "cosine", "onecycle", NULL});
}

static void test_torch_deep(void)
{
    check_fixture("deep", gradient_small, steps_small, (const char *[]){"adam", "nesterov", NULL});
}

/* The examples of every kind of layer. */
static void check_example(const struct example *x)
{
    char name[48];

    snprintf(name, sizeof name, "kind-%s", x->name);
    if (example_is_for_torch(x))
        check_fixture(name, gradient_kinds, steps_kinds, (const char *[]){"nesterov", NULL});
}

static void test_torch_kinds(void)
{
    for (size_t i = 0; i < sizeof example_images / sizeof *example_images; i++)
        each_example("", example_images[i], check_example);
}

static void hear_loss(void *context, const struct epoch *e)
{
    *(double *)context = e->loss;
}

/* The loss that an epoch reports is the weighted mean over all its images, whatever its batches. */
static void check_weighted_loss(const struct fixture *f, const char *optimizer, const char *name)
{
    struct train_options o = options_for("uneven", optimizer);
    struct model m = f->model;
    struct error e = {.text = ""};
    double loss = 0;
    float reported;
    struct train_listener listener = {.context = &loss, .epoch = hear_loss};

    o.epochs = 1;
    o.lr = 0;
    m.parameters = floats(m.net.parameters);
    memcpy(m.parameters, f->model.parameters, m.net.parameters * sizeof(float));
    CHECK(train(&m, &f->data, NULL, &o, kernels_list(0), f->team, &listener, &e) == 0);
    reported = (float)loss;
    check_tensor(&f->torch, name, "train", &reported, 1, (struct tolerance){1e-6, 1e-6});
    free(m.parameters);
}

/* Classes of 8, 3, 2 and 1 images, and one without any, in batches of four. */
static void test_torch_uneven(void)
{
    struct fixture f;
    const struct kernels *k;

    open_fixture(&f, "uneven");
    for (int i = 0; (k = kernels_list(i)); i++) {
        check_steps(&f, "sgd", k, steps_small);
        check_steps(&f, "adam", k, steps_small);
        check_steps(&f, "smooth", k, steps_small);
        check_steps(&f, "clip", k, steps_small);
        check_steps(&f, "mixup", k, steps_small);
        check_steps(&f, "mixsmooth", k, steps_small);
    }
    check_weighted_loss(&f, "sgd", "loss");
    check_weighted_loss(&f, "smooth", "loss.smooth");
    close_fixture(&f);
}

/* Statistics of batches of 20 and 12 images, which are three groups and two. */
static void test_torch_groups(void)
{
    struct fixture f;
    const struct kernels *k;

    open_fixture(&f, "groups");
    for (int i = 0; (k = kernels_list(i)); i++) {
        check_steps(&f, "nesterov", k, steps_kinds);
        check_steps(&f, "average", k, steps_kinds);
    }
    close_fixture(&f);
}

/* For rottrain.bats. */
static int compare(const char *path, const char *name, const char *optimizer)
{
    struct fixture f;
    struct model m;
    struct error e;

    if (model_load(&m, path, &e) < 0) {
        printf("# %s\n", e.text);
        return 1;
    }
    open_fixture(&f, name);
    check_parameters(&f.torch, optimizer, "rottrain", &m.net, m.parameters, NULL,
                     strcmp(name, "default") == 0 ? steps_default : steps_small);
    close_fixture(&f);
    model_free(&m);
    return check_failed_here > 0;
}

int main(int argc, char **argv)
{
    if (argc == 4)
        return compare(argv[1], argv[2], argv[3]);
    RUN(test_torch_default);
    RUN(test_torch_small);
    RUN(test_torch_deep);
    RUN(test_torch_kinds);
    RUN(test_torch_uneven);
    RUN(test_torch_groups);
    return check_status();
}

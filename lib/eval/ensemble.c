/* Models loaded together, and the mean of what they say. */
#include "eval/ensemble.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "eval/infer.h"
#include "net/kernels.h"
#include "net/loss.h"
#include "rts/names.h"

enum { IMAGES_A_TASK = 64 };

/* ---- loading ---- */

static const char *name_of(const struct member *m)
{
    return strcmp(m->path, "-") == 0 ? "standard input" : m->path;
}

/* Whether model i fits the first one, and those with names each other. */
static int check_member(const struct ensemble *g, int i, int named, struct error *e)
{
    const struct member *m = &g->member[i], *first = g->member, *with = &g->member[named];
    struct extent a = first->model.net.image, b = m->model.net.image;

    if (a.h != b.h || a.w != b.w || a.c != b.c)
        return error_set(e, "%s: is for images of %d x %d x %d, but %s is for %d x %d x %d",
                         name_of(m), b.h, b.w, b.c, name_of(first), a.h, a.w, a.c);
    if (m->model.net.classes != g->classes)
        return error_set(e, "%s: has %d classes, but %s has %d", name_of(m), m->model.net.classes,
                         name_of(first), g->classes);
    if (m->model.names && g->names && strcmp(m->model.names, g->names) != 0)
        return error_set(e, "%s: class names differ from those of %s", name_of(m), name_of(with));
    return 0;
}

static int load(struct ensemble *g, const char *const *paths, int n, struct error *e)
{
    int named = 0;

    if (!(g->member = calloc((size_t)n, sizeof *g->member)))
        return error_memory(e, "models");
    for (; g->members < n; g->members++) {
        struct member *m = &g->member[g->members];
        m->path = paths[g->members];
        if (model_load(&m->model, m->path, e) < 0)
            return -1;
        if (g->members == 0) {
            g->image = m->model.net.image;
            g->classes = m->model.net.classes;
        }
        if (check_member(g, g->members, named, e) < 0) {
            model_free(&m->model);
            return -1;
        }
        if (!g->names && m->model.names) {
            named = g->members;
            g->names = m->model.names;
        }
    }
    return 0;
}

static int allocate(struct ensemble *g, struct error *e)
{
    size_t results = (size_t)ENSEMBLE_BLOCK * (size_t)g->classes;
    uint64_t pixels = ENSEMBLE_BLOCK * extent_size(g->image);
    int viewed = views_count(&g->views) > 1;

    g->belief = malloc(results * sizeof *g->belief);
    g->logits = malloc(results * sizeof *g->logits);
    g->said = malloc(ENSEMBLE_BLOCK * sizeof *g->said);
    g->loss = malloc(ENSEMBLE_BLOCK * sizeof *g->loss);
    if (viewed)
        g->view = malloc(pixels < EXAMPLES_CHUNK_MAX ? pixels : EXAMPLES_CHUNK_MAX);
    if (!g->belief || !g->logits || !g->said || !g->loss || (viewed && !g->view))
        return error_memory(e, "predictions");
    return 0;
}

int ensemble_open(struct ensemble *g, const char *const *paths, int n, struct views views,
                  const char *kernels, int threads, struct error *e)
{
    const struct kernels *set = kernels_pick(kernels);

    *g = (struct ensemble){.views = views, .largest = -1};
    if (!set)
        return cpu_complain(kernels, e);
    if (load(g, paths, n, e) < 0 || names_table_make(&g->name, g->names, e) < 0)
        return -1;
    if (views.shift >= g->image.h || views.shift >= g->image.w)
        return error_set(e, "--shift %d: images of %d x %d pixels cannot be shifted so far",
                         views.shift, g->image.h, g->image.w);
    if (allocate(g, e) < 0 || !(g->team = team_new(threads ? threads : team_default_size(), e)))
        return -1;
    for (struct member *m = g->member; m < g->member + n; m++)
        if (!(m->table = model_pixel_table(&m->model, e)) ||
            !(m->engine = engine_new(&m->model.net, m->model.parameters, set, g->team, 0, e)))
            return -1;
    return 0;
}

int ensemble_watch(struct ensemble *g, struct error *e)
{
    g->watched = 1;
    for (struct member *m = g->member; m < g->member + g->members; m++)
        if (activity_start(&m->activity, m->engine, e) < 0)
            return -1;
    return 0;
}

void ensemble_close(struct ensemble *g)
{
    for (int i = 0; i < g->members; i++) {
        struct member *m = &g->member[i];
        activity_free(&m->activity);
        engine_free(m->engine);
        free(m->table);
        model_free(&m->model);
    }
    team_free(g->team);
    names_table_free(&g->name);
    free(g->member);
    free(g->belief);
    free(g->said);
    free(g->loss);
    free(g->logits);
    free(g->view);
    *g = (struct ensemble){0};
}

const char *ensemble_class(const struct ensemble *g, int class, char digits[ENSEMBLE_DIGITS],
                           int *length)
{
    const char *name = names_table_line(&g->name, (uint64_t) class, length);

    if (name)
        return name;
    *length = snprintf(digits, ENSEMBLE_DIGITS, "%d", class);
    return digits;
}

/* ---- checks of the data ---- */

int ensemble_check_shape(const struct ensemble *g, const struct source *in, const struct chunk *c,
                         struct error *e)
{
    struct extent want = g->image;
    const uint64_t *shape = c->head.shape;

    if (shape[1] == (uint64_t)want.h && shape[2] == (uint64_t)want.w &&
        shape[3] == (uint64_t)want.c)
        return 0;
    return source_complain(in, e,
                           "images of %" PRIu64 " x %" PRIu64 " x %" PRIu64
                           ", but the model is for %d x %d x %d",
                           shape[1], shape[2], shape[3], want.h, want.w, want.c);
}

int ensemble_check_names(const struct ensemble *g, const struct source *in, struct error *e)
{
    struct error why;

    for (int i = 0; i < g->members; i++)
        if (model_check_names(&g->member[i].model, source_names(in), g->largest, &why) < 0)
            return source_complain(in, e, "%s", why.text);
    return 0;
}

int ensemble_check(struct ensemble *g, const struct source *in, const struct chunk *c,
                   struct error *e)
{
    if (ensemble_check_shape(g, in, c, e) < 0)
        return -1;
    for (uint64_t i = 0; c->label && i < c->n; i++) {
        if (c->label[i] >= (uint32_t)g->classes)
            return source_complain(in, e, "label %" PRIu32 ", but the model's head has %d classes",
                                   c->label[i], g->classes);
        if (c->label[i] > g->largest)
            g->largest = c->label[i];
    }
    return ensemble_check_names(g, in, e);
}

/* ---- judging ---- */

/* Work on a block of images, a part of them a task. */
struct block {
    struct ensemble *g;
    const uint8_t *images;
    const uint32_t *label; /* or NULL */
    uint64_t n;
    int view, pass, passes; /* counted over all models and their views */
};

/* The images of a task: from `first` on, how many it returns. */
static uint64_t part(const struct block *b, int task, uint64_t *first)
{
    *first = (uint64_t)task * IMAGES_A_TASK;
    return b->n - *first < IMAGES_A_TASK ? b->n - *first : IMAGES_A_TASK;
}

static void run_parts(struct block *b, team_work *work)
{
    team_run(b->g->team, work, b, (int)((b->n + IMAGES_A_TASK - 1) / IMAGES_A_TASK));
}

static void make_view(void *context, int thread, int task)
{
    struct block *b = context;
    uint64_t first, n = part(b, task, &first), stride = extent_size(b->g->image);

    (void)thread;
    views_make(&b->g->views, b->view, b->g->image, b->images + first * stride, n,
               b->g->view + first * stride);
}

/* -log(exp(-a) + exp(-b)): losses may be larger than what exp can bear. */
static double joined_loss(double a, double b)
{
    return fmin(a, b) - log1p(exp(-fabs(a - b)));
}

/*
 * Adds what one model says of a view of image i. The losses, and by them the probabilities, are to
 * the last bit those of softmax_cross_entropy; for the largest output that is the logarithm of the
 * sum, which the others have in common.
 */
static void add_image(const struct block *b, uint64_t i)
{
    struct ensemble *g = b->g;
    const float *logits = g->logits + i * (uint64_t)g->classes;
    double *belief = g->belief + i * (uint64_t)g->classes, sum;
    int most = 0;

    for (int k = 1; k < g->classes; k++)
        if (logits[k] > logits[most])
            most = k;
    sum = softmax_cross_entropy(logits, g->classes, most, 1, NULL);
    for (int k = 0; k < g->classes; k++) {
        double p = exp(-(sum - ((double)logits[k] - logits[most])));
        belief[k] = b->pass ? belief[k] + p : p;
    }
    if (b->label) {
        double loss = sum - ((double)logits[b->label[i]] - logits[most]);
        g->loss[i] = b->pass ? joined_loss(g->loss[i], loss) : loss;
    }
    g->said[i] = most;
}

/* After the last of several passes: the means, and the class they favour. */
static void settle_image(const struct block *b, uint64_t i)
{
    struct ensemble *g = b->g;
    double *belief = g->belief + i * (uint64_t)g->classes;
    int most = 0;

    for (int k = 0; k < g->classes; k++) {
        belief[k] /= b->passes;
        if (belief[k] > belief[most])
            most = k;
    }
    g->said[i] = most;
    if (b->label)
        g->loss[i] += log(b->passes);
}

static void add_part(void *context, int thread, int task)
{
    struct block *b = context;
    uint64_t first, n = part(b, task, &first);

    (void)thread;
    for (uint64_t i = first; i < first + n; i++) {
        if (b->pass == 0)
            b->g->loss[i] = 0;
        add_image(b, i);
        if (b->passes > 1 && b->pass == b->passes - 1)
            settle_image(b, i);
    }
}

/* Complains of image number `image` of the data, of which this model has an output not finite. */
static int not_finite(const struct ensemble *g, const struct member *m, const struct source *in,
                      uint64_t image, struct error *e)
{
    char what[INFER_WHAT_MAX];

    infer_not_finite(&m->model.net, image, what, sizeof what);
    if (g->members == 1)
        return source_complain(in, e, "%s", what);
    return source_complain(in, e, "%s (model %s)", what, name_of(m));
}

/* The passes of one model. */
static int judge(struct block *b, struct member *m, const struct source *in, uint64_t number,
                 struct error *e)
{
    struct ensemble *g = b->g;

    for (b->view = 0; b->view < views_count(&g->views); b->view++, b->pass++) {
        const uint8_t *images = b->view ? g->view : b->images;
        struct activity *activity = g->watched && b->view == 0 ? &m->activity : NULL;
        uint64_t bad;
        if (b->view)
            run_parts(b, make_view);
        bad = infer_logits(m->engine, m->table, images, b->n, g->logits, activity);
        if (bad < b->n)
            return not_finite(g, m, in, number + bad, e);
        if (activity)
            activity->images += b->n;
        run_parts(b, add_part);
    }
    return 0;
}

/* Models `from` to `to` - 1 together. */
static int judge_by(struct ensemble *g, int from, int to, const struct source *in,
                    const struct chunk *c, uint64_t first, uint64_t n, const uint32_t *label,
                    uint64_t number, struct error *e)
{
    struct block b = {.g = g, .label = label, .n = n};

    if (n == 0)
        return 0;
    b.passes = (to - from) * views_count(&g->views);
    b.images = (const uint8_t *)c->data + first * c->stride;
    for (int i = from; i < to; i++)
        if (judge(&b, &g->member[i], in, number, e) < 0)
            return -1;
    return 0;
}

int ensemble_judge(struct ensemble *g, const struct source *in, const struct chunk *c,
                   uint64_t first, uint64_t n, const uint32_t *label, uint64_t number,
                   struct error *e)
{
    return judge_by(g, 0, g->members, in, c, first, n, label, number, e);
}

int ensemble_judge_alone(struct ensemble *g, int member, const struct source *in,
                         const struct chunk *c, uint64_t first, uint64_t n, const uint32_t *label,
                         uint64_t number, struct error *e)
{
    return judge_by(g, member, member + 1, in, c, first, n, label, number, e);
}

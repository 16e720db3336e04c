/* The model loader: what it takes is written, read and written again, run, and given a new head. */
#include "fuzz.h"

#include "eval/infer.h"
#include "model/model.h"

#include <math.h>

static struct file input;

static void save(const struct model *m, struct file *to)
{
    struct error e;
    struct rts_writer *w = file_writer(to);

    REQUIRE(model_save(m, w, &e) == 0);
    REQUIRE(rts_finish(w, &e) == 0);
}

/* A model that was written and is read again gives the same bytes. */
static void write_twice(const struct model *m)
{
    struct file first, second;
    struct model again;
    struct error e;

    save(m, &first);
    REQUIRE(model_load(&again, file_path(&first), &e) == 0);
    save(&again, &second);
    REQUIRE(files_equal(&first, &second));
    model_free(&again);
    file_close(&first);
    file_close(&second);
}

/* Nets that take no longer than a millisecond or two. */
static int is_small(const struct net *n)
{
    uint64_t work = 0;

    for (int i = 0; i < n->layers; i++) {
        const struct layer *l = &n->layer[i];
        uint64_t pixels = (uint64_t)(l->out.h + 3) * (uint64_t)(l->out.w + 3);
        work += pixels * (uint64_t)l->out_lanes;
        work += l->kind->multiply_adds(l);
    }
    return work < 1 << 20;
}

/* Any weights, infinities and NaNs among them, give a class. */
static void classify(const struct model *m)
{
    static struct team *team;
    struct error e;
    struct prediction p[3];
    uint64_t stride = extent_size(m->net.image);
    uint8_t *images = calloc(3, stride);
    float *table = model_pixel_table(m, &e);
    struct engine *g;

    if (!team)
        team = team_new(1, &e);
    REQUIRE(team && images && table);
    g = engine_new(&m->net, m->parameters, kernels_pick(NULL), team, 0, &e);
    REQUIRE(g != NULL);
    for (uint64_t i = 0; i < stride; i++)
        images[stride + i] = (uint8_t)(37 * i);
    REQUIRE(infer_predict(g, table, images, (uint16_t[]){0, 0, 0}, 3, p, NULL) <= 3);
    for (int i = 0; i < 3; i++)
        REQUIRE(p[i].label >= 0 && p[i].label < m->net.classes);
    engine_free(g);
    free(table);
    free(images);
}

static void swap_head(struct model *m, unsigned classes)
{
    struct error e;
    int status = model_swap_head(m, m->net.layers - 1, (int)classes, 7, &e);

    REQUIRE(status == 0 ? m->net.classes == (int)classes : classes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct model m;
    struct error e;

    if (model_load(&m, file_fill(&input, data, size), &e) < 0) {
        require_error(&e);
        return 0;
    }
    for (int k = 0; k < m.net.image.c; k++)
        REQUIRE(isfinite(m.mean[k]) && m.std[k] > 0);
    write_twice(&m);
    if (is_small(&m.net))
        classify(&m);
    swap_head(&m, (unsigned)(size / 8 % 12));
    write_twice(&m);
    model_free(&m);
    return 0;
}

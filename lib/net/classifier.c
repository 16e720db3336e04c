/* A model opened for classification, and the checks of the data that it is given. */
#include "net/classifier.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cpu.h"
#include "net/kernels.h"

int classifier_open(struct classifier *c, const char *path, const char *kernels, int threads,
                    struct error *e)
{
    const struct kernels *set = kernels_pick(kernels);

    *c = (struct classifier){.largest = -1};
    if (!set)
        return cpu_complain(kernels, e);
    if (model_load(&c->model, path, e) < 0 || !(c->table = model_pixel_table(&c->model, e)) ||
        !(c->team = team_new(threads ? threads : team_default_size(), e)) ||
        !(c->engine = engine_new(&c->model.net, c->model.parameters, set, c->team, 0, e)))
        return -1;
    return 0;
}

void classifier_close(struct classifier *c)
{
    engine_free(c->engine);
    team_free(c->team);
    free(c->table);
    model_free(&c->model);
    *c = (struct classifier){0};
}

int classifier_check_names(const struct classifier *c, const struct source *in, struct error *e)
{
    struct error why;

    if (model_check_names(&c->model, source_names(in), c->largest, &why) < 0)
        return source_complain(in, e, "%s", why.text);
    return 0;
}

int classifier_check(struct classifier *c, const struct source *in, const struct chunk *chunk,
                     struct error *e)
{
    struct extent want = c->model.net.image;
    const uint64_t *shape = chunk->head.shape;
    int classes = c->model.net.classes;

    if (shape[1] != (uint64_t)want.h || shape[2] != (uint64_t)want.w ||
        shape[3] != (uint64_t)want.c)
        return source_complain(in, e,
                               "images of %" PRIu64 " x %" PRIu64 " x %" PRIu64
                               ", but the model is for %d x %d x %d",
                               shape[1], shape[2], shape[3], want.h, want.w, want.c);
    for (uint64_t i = 0; chunk->label && i < chunk->n; i++) {
        if (chunk->label[i] >= (uint32_t)classes)
            return source_complain(in, e, "label %" PRIu32 ", but the model's head has %d classes",
                                   chunk->label[i], classes);
        if (chunk->label[i] > c->largest)
            c->largest = chunk->label[i];
    }
    return classifier_check_names(c, in, e);
}

/* The start of a training: a model that is loaded or made, and data that suit it. */
#include "cli/trainmodel.h"

#include <string.h>

#include "cli/say.h"
#include "rts/names.h"

int trainmodel_suits_images(const struct model *m, const struct dataset *d, const char *what,
                            struct error *e)
{
    struct extent a = m->net.image, b = d->image;

    if (a.h == b.h && a.w == b.w && a.c == b.c)
        return 0;
    return error_set(e, "%s: images of %d x %d x %d, but the model is for %d x %d x %d", what, b.h,
                     b.w, b.c, a.h, a.w, a.c);
}

int trainmodel_suits(const struct model *m, const struct dataset *d, int largest, const char *what,
                     struct error *e)
{
    struct error why;

    if (trainmodel_suits_images(m, d, what, e) < 0)
        return -1;
    if (largest >= m->net.classes)
        return error_set(e, "%s: label %d, but the head has %d classes (headswap -c replaces it)",
                         what, largest, m->net.classes);
    if (model_check_names(m, d->names, largest, &why) < 0)
        return error_set(e, "%s: %.300s", what, why.text);
    return 0;
}

static int all_frozen(const struct net *n)
{
    for (int i = 0; i < n->layers; i++)
        if (n->layer[i].slots && !n->layer[i].frozen)
            return 0;
    return 1;
}

/* A net that does not suit the images is as wrong a use as one that is no net at all. */
static int check_net(const struct trainmodel *s, struct extent image, int classes, struct error *e)
{
    struct error why;
    struct net net;

    if (!s->net || net_build(&net, s->net, image, classes, &why) == 0)
        return 0;
    return error_misuse(e, "--net: %s (images of %d x %d x %d)", why.text, image.h, image.w,
                        image.c);
}

int trainmodel_start(const struct trainmodel *s, const struct train_options *o,
                     const struct dataset *d, int largest, struct model *m, struct error *e)
{
    int classes = s->classes;
    uint64_t named = names_count(d->names);

    if (!s->model) {
        if (classes == 0)
            classes =
                named > (uint64_t)largest && named <= NET_CLASSES_MAX ? (int)named : largest + 1;
        if (check_net(s, d->image, classes, e) < 0 ||
            model_new(m, s->net ? s->net : NET_DEFAULT, d->image, classes, o->seed, e) < 0)
            return -1;
        dataset_statistics(d, m->mean, m->std);
        /* The head may have more classes than there are names yet, but not fewer. */
        if (named && named <= (uint64_t)classes && !(m->names = strdup(d->names)))
            return error_memory(e, "class names");
    } else if (model_load(m, s->model, e) < 0) {
        return -1;
    } else {
        say_stopped(s->model, m->history.text);
    }
    if (s->no_history)
        model_drop_history(m);
    if (o->epochs > 0 && all_frozen(&m->net))
        return error_set(e, "%s: every layer is frozen, so nothing trains (headswap --thaw)",
                         strcmp(s->model, "-") == 0 ? "standard input" : s->model);
    if (trainmodel_suits(m, d, largest, "training data", e) < 0)
        return -1;
    if (!m->names && d->names && !(m->names = strdup(d->names)))
        return error_memory(e, "class names");
    return 0;
}

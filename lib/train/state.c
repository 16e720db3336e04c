/* The state of a training, saved and taken up again. */
#include "train/state.h"

#include <errno.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/files.h"
#include "base/path.h"
#include "base/sigpipe.h"
#include "model/tensors.h"
#include "train/samesettings.h"

/* The names of what an optimizer keeps, as in PyTorch. */
static const char *moment1_name(const struct train_options *o)
{
    return o->optimizer == OPTIMIZER_SGD ? ".momentum_buffer" : ".exp_avg";
}

static const char *moment2_name(const struct train_options *o)
{
    return o->optimizer == OPTIMIZER_SGD ? NULL : ".exp_avg_sq";
}

enum {
    AT_STEP,    /* optimizer steps done */
    AT_EPOCH,   /* in hand, from 1 */
    AT_DONE,    /* images of it */
    AT_CORRECT, /* of these recognized */
    AT_COUNT
};

/* ---- saving ---- */

static int put(struct rts_writer *w, const char *name, enum rts_dtype dtype, uint64_t n,
               const void *values, struct error *e)
{
    struct rts_header h;

    rts_describe(&h, name, dtype, 1, &n);
    return rts_put(w, &h, values, e);
}

static int put_position(const struct trainer *t, struct rts_writer *w, struct error *e)
{
    const struct step *s = &t->so_far;
    uint64_t at[AT_COUNT] = {[AT_STEP] = t->step,
                             [AT_EPOCH] = (uint64_t)s->epoch,
                             [AT_DONE] = s->done,
                             [AT_CORRECT] = (uint64_t)s->accuracy};
    double measures[2] = {s->loss, t->lr};
    uint64_t generator[2] = {t->rng.state, t->rng.increment};
    uint64_t data[2] = {t->trained_on.images, t->trained_on.crc};

    return rts_put_text(w, "train.settings", t->o->settings, e) < 0 ||
                   put(w, "train.position", RTS_U8, AT_COUNT, at, e) < 0 ||
                   put(w, "train.measures", RTS_F8, 2, measures, e) < 0 ||
                   put(w, "train.generator", RTS_U8, 2, generator, e) < 0 ||
                   put(w, "train.data", RTS_U8, 2, data, e) < 0
               ? -1
               : 0;
}

static int put_best(const struct trainer *t, struct rts_writer *w, struct error *e)
{
    const struct epoch *b = &t->best_epoch;
    double best[3] = {b->number, b->valid_loss, b->valid_accuracy};
    uint64_t data[2] = {t->judged_on.images, t->judged_on.crc};

    if (!trainer_judges(t->o))
        return 0;
    if (put(w, "train.valid", RTS_U8, 2, data, e) < 0 ||
        put(w, "train.best", RTS_F8, 3, best, e) < 0)
        return -1;
    return t->best && b->number ? tensors_put(&t->m->net, ".best", t->best, NULL, w, e) : 0;
}

static int put_turned(const struct trainer *t, struct rts_writer *w, struct error *e)
{
    const struct turned *turned = &t->turned;

    if (!turned->images)
        return 0;
    return put(w, "train.rotation", RTS_F8, 2, (double[]){turned->told, turned->right}, e);
}

/* Images without labels: the fingerprint, the counts of the epoch, the mean of alignment. */
static int put_unlabelled(const struct trainer *t, struct rts_writer *w, struct error *e)
{
    const struct consistency *c = &t->consistency;
    double counts[3] = {c->so_far.drawn, c->so_far.taken, c->so_far.wrong};
    uint64_t data[2] = {t->drawn_from.images, t->drawn_from.crc};

    if (!c->data)
        return 0;
    if (put(w, "train.unlabelled", RTS_U8, 2, data, e) < 0 ||
        put(w, "train.confident", RTS_F8, 3, counts, e) < 0 || put_turned(t, w, e) < 0)
        return -1;
    return c->mean ? put(w, "train.alignment", RTS_F8, (uint64_t)t->m->net.classes, c->mean, e) : 0;
}

static int put_all(const struct trainer *t, struct rts_writer *w, struct error *e)
{
    const struct net *net = &t->m->net;
    const char *second = moment2_name(t->o);

    if (put_position(t, w, e) < 0 || model_save(t->m, w, e) < 0 ||
        tensors_put(net, moment1_name(t->o), t->moment1, t->spans.to, w, e) < 0 ||
        (second && tensors_put(net, second, t->moment2, t->spans.to, w, e) < 0) ||
        (t->average.values &&
         tensors_put(net, ".average", t->average.values, t->average.to, w, e) < 0) ||
        put_unlabelled(t, w, e) < 0)
        return -1;
    return put_best(t, w, e);
}

static int save(const struct trainer *t, struct error *e)
{
    struct rts_writer *w = rts_create(t->o->save, e);

    if (!w)
        return -1;
    if (put_all(t, w, e) < 0) {
        rts_abandon(w);
        return -1;
    }
    return rts_finish(w, e);
}

int state_save(const struct trainer *t, struct error *e)
{
    struct sigpipe held;
    int status;

    sigpipe_hold(&held);
    status = save(t, e);
    sigpipe_release(&held);
    return status;
}

/* ---- taking it up ---- */

/*
 * More epochs may be planned now than were then, if the rates of all steps so far were the same:
 * the training is then what it would be had they been planned from the start.
 */
static int check_plan(const struct trainer *t, int then, const char *file, struct error *e)
{
    const struct train_options *o = t->o;
    struct timetable old = trainer_timetable(t, then);

    for (uint64_t i = 0; i < t->step; i++)
        if (trainer_rate(o, &old, i) != trainer_rate(o, &t->planned, i)) {
            if (i < old.warmup || i < t->planned.warmup)
                return error_set(
                    e,
                    "%s: was saved with -e %d, and -e %d would have started with different"
                    " learning rates: a warm-up of %" PRIu64 " steps, not %" PRIu64,
                    file, then, o->epochs, t->planned.warmup, old.warmup);
            return error_set(e,
                             "%s: was saved with -e %d, and -e %d would have started with different"
                             " learning rates: the schedule extends over all epochs",
                             file, then, o->epochs);
        }
    return 0;
}

static int same_text(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

/* A state says nothing of which outputs of the head are beside the classes. */
static int outputs(const struct net *n)
{
    return n->classes + n->side;
}

static int check_model(const struct trainer *t, const struct model *saved, const char *file,
                       struct error *e)
{
    const struct model *m = t->m;
    const struct net *a = &m->net, *b = &saved->net;
    size_t channels = (size_t)a->image.c * sizeof *m->mean;
    int same = strcmp(a->text, b->text) == 0 && outputs(a) == outputs(b) &&
               a->image.h == b->image.h && a->image.w == b->image.w && a->image.c == b->image.c;

    same = same && memcmp(m->mean, saved->mean, channels) == 0 &&
           memcmp(m->std, saved->std, channels) == 0 && same_text(m->names, saved->names) &&
           same_text(m->history.text, saved->history.text) &&
           same_text(m->digest.text, saved->digest.text) &&
           spans_frozen_equal(a, m->parameters, saved->parameters);
    for (int i = 0; same && i < a->layers; i++)
        same = a->layer[i].frozen == b->layer[i].frozen;
    return same ? 0 : error_set(e, "%s: was saved while training a different model", file);
}

static int take_data(struct record **list, const char *name, const char *what,
                     const struct fingerprint *now, const char *file, struct error *e)
{
    uint64_t data[2];

    if (records_copy(list, name, file, RTS_U8, 1, (uint64_t[]){2}, data, e) < 0)
        return -1;
    if (data[0] != now->images || data[1] != now->crc)
        return error_set(e, "%s: was saved with different %s data; delete it to start over", file,
                         what);
    return 0;
}

/* The position, if it is one that this training can come to. */
static int take_position(struct trainer *t, struct record **list, const char *file, struct error *e)
{
    uint64_t at[AT_COUNT], n = t->samples, batch = (uint64_t)t->o->batch, step;
    double measures[2];

    if (records_copy(list, "train.position", file, RTS_U8, 1, (uint64_t[]){AT_COUNT}, at, e) < 0 ||
        records_copy(list, "train.measures", file, RTS_F8, 1, (uint64_t[]){2}, measures, e) < 0)
        return -1;
    if (at[AT_EPOCH] < 1 || at[AT_EPOCH] > (uint64_t)t->o->epochs + 1 || at[AT_DONE] > n ||
        (at[AT_DONE] < n && at[AT_DONE] % batch) || at[AT_CORRECT] > at[AT_DONE] ||
        !(measures[0] >= 0 && measures[0] <= DBL_MAX && measures[1] >= 0 && measures[1] <= FLT_MAX))
        return error_set(e, "%s: record 'train.position': invalid", file);
    step = (at[AT_EPOCH] - 1) * ((n + batch - 1) / batch) + (at[AT_DONE] + batch - 1) / batch;
    if (step != at[AT_STEP] || step > t->planned.steps)
        return error_set(e, "%s: record 'train.position': invalid", file);
    t->step = step;
    t->lr = (float)measures[1];
    t->so_far =
        (struct step){(int)at[AT_EPOCH], at[AT_DONE], n, measures[0], (double)at[AT_CORRECT]};
    return 0;
}

/* The order of the images is drawn anew; the generator must come out as it was. */
static int take_generator(struct trainer *t, struct record **list, const char *file,
                          struct error *e)
{
    uint64_t generator[2];

    if (records_copy(list, "train.generator", file, RTS_U8, 1, (uint64_t[]){2}, generator, e) < 0)
        return -1;
    for (int epoch = t->so_far.done ? 0 : 1; epoch < t->so_far.epoch; epoch++)
        trainer_shuffle(t);
    if (t->rng.state != generator[0] || t->rng.increment != generator[1])
        return error_set(e, "%s: record 'train.generator': does not match the seed and position",
                         file);
    return 0;
}

static int take_best(struct trainer *t, struct record **list, const char *file, struct error *e)
{
    double best[3];

    if (!trainer_judges(t->o))
        return 0;
    if (take_data(list, "train.valid", "validation", &t->judged_on, file, e) < 0 ||
        records_copy(list, "train.best", file, RTS_F8, 1, (uint64_t[]){3}, best, e) < 0)
        return -1;
    if (!(best[0] >= 0 && best[0] <= t->so_far.epoch) || best[0] != floor(best[0]))
        return error_set(e, "%s: record 'train.best': invalid", file);
    t->best_epoch = (struct epoch){
        .number = (int)best[0], .has_valid = 1, .valid_loss = best[1], .valid_accuracy = best[2]};
    if (!t->best || best[0] == 0)
        return 0;
    return tensors_take(&t->m->net, ".best", t->best, NULL, list, file, e);
}

static int take_turned(struct trainer *t, struct record **list, const char *file, struct error *e)
{
    struct turned *turned = &t->turned;
    double counts[2], all = (double)t->step * turned->images;

    if (!turned->images)
        return 0;
    if (records_copy(list, "train.rotation", file, RTS_F8, 1, (uint64_t[]){2}, counts, e) < 0)
        return -1;
    if (!(counts[0] >= 0 && counts[0] <= all && counts[1] >= 0 && counts[1] <= counts[0]))
        return error_set(e, "%s: record 'train.rotation': invalid", file);
    turned->told = counts[0];
    turned->right = counts[1];
    return 0;
}

static int take_unlabelled(struct trainer *t, struct record **list, const char *file,
                           struct error *e)
{
    struct consistency *c = &t->consistency;
    uint64_t classes = (uint64_t)t->m->net.classes;
    double counts[3], all;

    if (!c->data)
        return 0;
    if (take_data(list, "train.unlabelled", "unlabelled", &t->drawn_from, file, e) < 0 ||
        records_copy(list, "train.confident", file, RTS_F8, 1, (uint64_t[]){3}, counts, e) < 0)
        return -1;
    all = (double)t->step * c->images;
    if (!(counts[0] >= 0 && counts[0] <= all && counts[1] >= 0 && counts[1] <= counts[0] &&
          counts[2] >= 0 && counts[2] <= counts[1]))
        return error_set(e, "%s: record 'train.confident': invalid", file);
    c->so_far = (struct consistency_tally){counts[0], counts[1], counts[2]};
    if (take_turned(t, list, file, e) < 0)
        return -1;
    if (!c->mean)
        return 0;
    if (records_copy(list, "train.alignment", file, RTS_F8, 1, &classes, c->mean, e) < 0)
        return -1;
    for (uint64_t k = 0; k < classes; k++)
        if (!(c->mean[k] >= 0 && c->mean[k] <= 1))
            return error_set(e, "%s: record 'train.alignment': invalid", file);
    return 0;
}

static int take_up(struct trainer *t, struct model *saved, const char *file, struct error *e)
{
    struct record **list = &saved->extras;
    const char *second = moment2_name(t->o);
    char *settings = NULL;
    int status, then = t->o->epochs;

    if (records_take_text(list, "train.settings", file, &settings, e) < 0)
        return -1;
    status = settings ? samesettings_check(settings, t->o->settings, file, &then, e)
                      : error_set(e,
                                  "%s: is a model, but a saved training state is needed (rottrain "
                                  "-m starts from a model)",
                                  file);
    free(settings);
    if (status < 0 || take_data(list, "train.data", "training", &t->trained_on, file, e) < 0 ||
        check_model(t, saved, file, e) < 0 || take_position(t, list, file, e) < 0 ||
        check_plan(t, then, file, e) < 0 || take_generator(t, list, file, e) < 0 ||
        tensors_take(&t->m->net, moment1_name(t->o), t->moment1, t->spans.to, list, file, e) < 0 ||
        (second && tensors_take(&t->m->net, second, t->moment2, t->spans.to, list, file, e) < 0) ||
        (t->average.values && tensors_take(&t->m->net, ".average", t->average.values, t->average.to,
                                           list, file, e) < 0) ||
        take_unlabelled(t, list, file, e) < 0 || take_best(t, list, file, e) < 0)
        return -1;
    memcpy(t->m->parameters, saved->parameters, t->m->net.parameters * sizeof *saved->parameters);
    return 0;
}

int state_load(struct trainer *t, struct error *e)
{
    struct model saved;
    int status;

    status = model_load_with(&saved, t->o->resume, e);
    if (status == 0) {
        status = take_up(t, &saved, t->o->resume, e);
        model_free(&saved);
    }
    files_forget(t->o->resume); /* --save may replace it */
    return status;
}

/* The steps of the saved training in this file; 0 if it is none. 0; -1 if it cannot be opened. */
static int steps_in(const char *path, uint64_t *steps, struct error *e)
{
    struct rts_reader *r = rts_open(path, e);
    struct error unsaid;
    struct rts_header h;

    *steps = 0;
    if (!r)
        return -1;
    /* The position is the second record. */
    for (int i = 0; i < 2 && rts_next(r, &h, &unsaid) > 0; i++) {
        uint64_t at[AT_COUNT];
        if (strcmp(h.name, "train.position") == 0 && h.dtype == RTS_U8 && h.size == sizeof at &&
            rts_read(r, at, sizeof at, &unsaid) == 0)
            *steps = at[AT_STEP];
    }
    rts_close(r);
    files_forget(path); /* what is no training that has got on may be replaced */
    return 0;
}

int train_may_save(const struct train_options *o, struct error *e)
{
    struct stat st;
    uint64_t steps;

    if (!o->save || stat(o->save, &st) < 0 || !S_ISREG(st.st_mode))
        return 0;
    if (o->resume && (strcmp(o->resume, "-") == 0 ? path_is_open_as(o->save, STDIN_FILENO)
                                                  : path_same_file(o->save, o->resume)))
        return 0;
    if (steps_in(o->save, &steps, e) < 0)
        return -1;
    if (steps == 0)
        return 0;
    return error_set(e, "%s: contains a checkpoint at step %" PRIu64 "; use --resume or delete it",
                     o->save, steps);
}

void train_find_state(struct train_options *o)
{
    struct stat st;

    if (o->save && o->resume && path_same_file(o->save, o->resume) && stat(o->save, &st) < 0 &&
        errno == ENOENT)
        o->resume = NULL;
}

int train_remove_state(const char *path, struct error *e)
{
    int descriptor;
    char *end = path_follow(path, &descriptor);
    struct stat st;
    int status = 0;

    if (!end || (lstat(end, &st) == 0 && S_ISREG(st.st_mode) && unlink(end) < 0))
        status = error_set(e, "%s: cannot be removed: %s", path, strerror(errno));
    free(end);
    return status;
}

void state_fingerprint(const struct dataset *d, struct fingerprint *f)
{
    uint32_t crc = 0;

    crc = crc_add(crc, d->images, d->n * dataset_stride(d));
    if (d->label)
        crc = crc_add(crc, d->label, d->n * sizeof *d->label);
    if (d->soft)
        crc = crc_add(crc, d->soft, d->n * (uint64_t)d->classes * sizeof *d->soft);
    *f = (struct fingerprint){d->n, crc};
}

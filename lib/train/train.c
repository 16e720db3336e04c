/* The epochs of a training, and its end. */
#include "train/train.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/finite.h"
#include "base/progress.h"
#include "eval/infer.h"
#include "img/rotate.h"
#include "train/lastlook.h"
#include "train/prepare.h"
#include "train/rotation.h"
#include "train/state.h"
#include "train/step.h"
#include "train/supervised.h"

enum { LAST_CHECK = 64 }; /* images that new weights are tried on before they are written */

static void tell_step(const struct train_listener *l, const struct step *sums)
{
    struct step now = *sums;

    if (!l || !l->step)
        return;
    now.loss /= (double)now.done;
    now.accuracy /= (double)now.done;
    l->step(l->context, &now);
}

/* Every step's loss was finite; so must be the weights that the last one left. */
static int check_finite(const struct trainer *t, struct error *e)
{
    if (!all_finite(t->m->parameters, t->m->net.parameters))
        return trainer_not_finite(t, t->step, "the weights are", e);
    return 0;
}

/* Outputs must be finite, too, which finite weights do not warrant. */
static int complain_of_image(const struct trainer *t, uint64_t image, const char *data,
                             struct error *e)
{
    char what[INFER_WHAT_MAX];

    snprintf(what, sizeof what, "image %" PRIu64 " of the %s data: an output is", image, data);
    return trainer_not_finite(t, t->step, what, e);
}

/* The weights of the last step have not seen an image yet. */
static int check_last(struct trainer *t, struct error *e)
{
    uint64_t bad;

    if (check_finite(t, e) < 0)
        return -1;
    bad = t->step ? trainer_first_bad(t, LAST_CHECK) : t->data->n;
    return bad < t->data->n ? complain_of_image(t, bad, "training", e) : 0;
}

/*
 * Saves the state as it is by now. Where it cannot be saved, the training is worth more and goes
 * on, and the last good state stays. 0; -1 if it must not be saved.
 */
static int save(struct trainer *t, const struct train_listener *l, struct error *e)
{
    int failed_before = t->unsaved;

    if (check_last(t, e) < 0)
        return -1;
    t->unsaved = state_save(t, &t->why) < 0;
    if (t->unsaved && !failed_before && l && l->unsaved)
        l->unsaved(l->context, &t->why);
    return 0;
}

/* Stopped: whoever listens learns from the ending whether the state is saved. 1; -1. */
static int save_stopped(struct trainer *t, struct error *e)
{
    return t->o->save && save(t, NULL, e) < 0 ? -1 : 1;
}

/* True if the state is to be saved after so many steps, of which the last ended an epoch or not. */
static int save_due(const struct trainer *t, int epoch_ended)
{
    if (!t->o->save)
        return 0;
    return t->o->every ? t->step % t->o->every == 0 : epoch_ended;
}

static int evaluate(struct trainer *t, struct epoch *out, struct error *e)
{
    struct evaluation v;

    if (check_finite(t, e) < 0 || t->objective->evaluate(t, &v, e) < 0)
        return -1;
    if (v.bad < v.n)
        return complain_of_image(t, v.bad, "validation", e);
    out->has_valid = 1;
    out->valid_loss = v.loss;
    out->valid_accuracy = (double)v.correct / (double)v.n;
    return 0;
}

/* Makes the average the model's parameters, or undoes that. */
static void swap_average(struct trainer *t)
{
    if (!t->average.values)
        return;
    average_swap(&t->average, t->m->parameters);
    engine_pack(t->engine, t->engine->plan.first);
}

/* Notes the epoch if it is the best so far, and keeps its weights. */
static void note_best(struct trainer *t, const struct epoch *now)
{
    const struct epoch *best = &t->best_epoch;

    if (best->number &&
        (now->valid_accuracy < best->valid_accuracy ||
         (now->valid_accuracy == best->valid_accuracy && now->valid_loss >= best->valid_loss)))
        return;
    t->best_epoch = *now;
    if (t->best)
        memcpy(t->best, t->m->parameters, t->m->net.parameters * sizeof *t->best);
}

/* Whatever would be written if this were the last epoch is evaluated. */
static int judge(struct trainer *t, struct epoch *now, struct error *e)
{
    int status;

    if (!t->valid)
        return 0;
    swap_average(t);
    status = evaluate(t, now, e);
    if (status == 0 && trainer_judges(t->o))
        note_best(t, now);
    swap_average(t);
    return status;
}

/* The steps that are left of the epoch. 0; 1 if it was stopped; -1. */
static int run_steps(struct trainer *t, const struct train_listener *l, struct error *e)
{
    while (t->so_far.done < t->samples) {
        if (trainer_step(t, e) < 0)
            return -1;
        tell_step(l, &t->so_far);
        if (l && l->stop && t->step < t->planned.steps && l->stop(l->context))
            return save_stopped(t, e);
        if (t->so_far.done < t->samples && save_due(t, 0) && save(t, l, e) < 0)
            return -1;
    }
    return 0;
}

/* How many of the images without labels were taken, and how many of these wrongly; and of how many
 * that were turned it was told by how much. */
static void report_unlabelled(struct trainer *t, struct epoch *report)
{
    struct consistency_tally *so_far = &t->consistency.so_far;
    struct turned *turned = &t->turned;

    report->has_unlabelled = so_far->drawn > 0;
    if (so_far->drawn > 0)
        report->confident = so_far->taken / so_far->drawn;
    report->has_wrong = so_far->taken > 0 && t->consistency.known;
    if (report->has_wrong)
        report->wrong = so_far->wrong / so_far->taken;
    *so_far = (struct consistency_tally){0};
    report->has_rotation = turned->told > 0;
    if (report->has_rotation)
        report->rotation = turned->right / turned->told;
    turned->told = turned->right = 0;
}

/* What is left of the epoch in hand. 0; 1 if it was stopped; -1. */
static int run_epoch(struct trainer *t, const struct train_listener *l, struct error *e)
{
    double n = (double)t->samples, started = seconds_now();
    uint64_t before = t->so_far.done;
    struct epoch report = {.number = t->so_far.epoch};
    int status;

    if (before == 0)
        trainer_shuffle(t);
    if ((status = run_steps(t, l, e)) != 0)
        return status;
    report.seconds = seconds_now() - started;
    report.images_per_second = (n - (double)before) / report.seconds;
    report.loss = t->so_far.loss / n;
    report.accuracy = t->so_far.accuracy / n;
    report.lr = t->lr;
    report_unlabelled(t, &report);
    if (judge(t, &report, e) < 0)
        return -1;
    if (l && l->epoch)
        l->epoch(l->context, &report);
    t->so_far = (struct step){.epoch = report.number + 1, .total = t->samples};
    return save_due(t, 1) ? save(t, l, e) : 0;
}

/* The epoch behind it, if too many were no better than the best; or 0. */
static int out_of_patience(const struct trainer *t)
{
    int behind = t->so_far.epoch - 1;

    return t->o->patience && behind < t->o->epochs &&
                   behind - t->best_epoch.number >= t->o->patience && t->best_epoch.number
               ? behind
               : 0;
}

/* The best epoch's weights, if they were kept, or the average; and says how it ended. 0 or -1. */
static int finish(struct trainer *t, const struct train_listener *l, struct error *e)
{
    struct ending end = {.steps = t->step,
                         .planned = t->planned.steps,
                         .patient = out_of_patience(t),
                         .best_epoch = t->best_epoch.number,
                         .unsaved = t->unsaved,
                         .why = t->why};

    if (t->best && end.best_epoch)
        memcpy(t->m->parameters, t->best, t->m->net.parameters * sizeof *t->best);
    else
        swap_average(t);
    engine_pack(t->engine, 0);
    if (check_last(t, e) < 0)
        return -1;
    if (!l || !l->end)
        return 0;
    if (t->step && trainer_last_look(t, &end, e) < 0)
        return -1;
    l->end(l->context, &end);
    return 0;
}

/* Takes up the saved state, if there is one. */
static int resume(struct trainer *t, const struct train_listener *l, struct error *e)
{
    if (!t->o->resume)
        return 0;
    if (state_load(t, e) < 0)
        return -1;
    engine_pack(t->engine, 0);
    return l && l->resumed ? l->resumed(l->context, t->step, t->so_far.epoch - 1, e) : 0;
}

static const struct objective *objective_of(const struct train_options *o)
{
    switch (o->rotate) {
    case ROTATE_ALL:
        return &objective_rotations;
    case ROTATE_ONE:
        return &objective_rotation;
    case ROTATE_NONE:
        break;
    }
    if (o->unlabelled)
        return &objective_consistency;
    return o->mixup > 0 ? &objective_mixup : &objective_supervised;
}

uint64_t train_samples(const struct dataset *d, const struct train_options *o)
{
    return d->n * (uint64_t)objective_of(o)->copies;
}

int train(struct model *m, const struct dataset *d, const struct dataset *valid,
          const struct train_options *o, const struct kernels *kernels, struct team *team,
          const struct train_listener *listener, struct error *e)
{
    struct trainer t = {.m = m,
                        .data = d,
                        .valid = valid,
                        .o = o,
                        .kernels = kernels,
                        .team = team,
                        .objective = objective_of(o),
                        .samples = train_samples(d, o),
                        .so_far = {.epoch = 1, .total = train_samples(d, o)}};
    struct error unsaid;
    int status = model_set_side(m, turned_images(o) ? ROTATIONS : 0, o->seed, e);

    if (status == 0)
        status = trainer_prepare(&t, e);
    if (status == 0)
        status = resume(&t, listener, e);
    /* Nobody should learn after an hour that the state has nowhere to go. */
    if (status == 0 && o->save)
        status = state_save(&t, e);
    while (status == 0 && t.so_far.epoch <= o->epochs && !out_of_patience(&t))
        status = run_epoch(&t, listener, e);
    if (status >= 0)
        status = finish(&t, listener, e);
    trainer_release(&t);
    return model_set_side(m, 0, 0, status < 0 ? &unsaid : e) < 0 ? -1 : status;
}

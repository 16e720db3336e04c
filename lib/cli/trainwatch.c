/* The progress, the log and the last line of a training. */
#include "cli/trainwatch.h"

#include <inttypes.h>

#include "base/rate.h"
#include "cli/cli.h"
#include "cli/say.h"
#include "cli/stopsignal.h"
#include "train/epochlog.h"

static void tell_step(void *context, const struct step *step)
{
    struct trainwatch *w = context;
    char title[32], note[400], accuracy[RATE_BYTES];

    if (!w->progress.on)
        return;
    snprintf(title, sizeof title, "epoch %d/%d", step->epoch, w->epochs);
    snprintf(note, sizeof note, "loss %.4f, accuracy %s", step->loss,
             rate_text(step->accuracy, 4, accuracy));
    progress_show(&w->progress, title, step->done, step->total, "images", note);
}

static void tell_epoch(void *context, const struct epoch *ep)
{
    struct trainwatch *w = context;
    char valid[400] = "", accuracy[RATE_BYTES];

    if (ep->has_valid)
        snprintf(valid, sizeof valid, ", valid %.4f %s", ep->valid_loss,
                 rate_text(ep->valid_accuracy, 4, accuracy));
    if (!is_quiet())
        progress_line(&w->progress, "epoch %d/%d: loss %.4f, accuracy %s%s, %.0f images/s",
                      ep->number, w->epochs, ep->loss, rate_text(ep->accuracy, 4, accuracy), valid,
                      ep->images_per_second);
    progress_start(&w->progress, is_quiet());
    if (w->log)
        epochlog_add(w->log, ep);
}

static int tell_stop(void *context)
{
    (void)context;
    return stopsignal_caught() != 0;
}

static void tell_end(void *context, const struct ending *end)
{
    struct trainwatch *w = context;

    w->end = *end;
}

/* A saved state was taken up. */
static int tell_resumed(void *context, uint64_t steps, int epochs, struct error *e)
{
    struct trainwatch *w = context;

    if (!is_quiet())
        say("resumed after step %" PRIu64 "\n", steps);
    return w->log_path && !(w->log = epochlog_continue(w->log_path, epochs, e)) ? -1 : 0;
}

/* The state could not be saved; the warning counts as an error, which -q does not silence. */
static void tell_unsaved(void *context, const struct error *why)
{
    struct trainwatch *w = context;

    progress_clear(&w->progress);
    complain("%s; training continues", why->text);
}

struct train_listener trainwatch_listener(struct trainwatch *w)
{
    return (struct train_listener){.context = w,
                                   .epoch = tell_epoch,
                                   .step = tell_step,
                                   .stop = tell_stop,
                                   .end = tell_end,
                                   .resumed = tell_resumed,
                                   .unsaved = tell_unsaved};
}

void trainwatch_stopped(const struct trainwatch *w, int partial, int saved)
{
    static const char *const left[2][2] = {
        {"no model is written", "the state is saved, no model is written"},
        {"the model so far is written", "the model so far and the state are written"}};

    complain("stopped by %s at step %" PRIu64 " of %" PRIu64 "; %s", stopsignal_name(),
             w->end.steps, w->end.planned, left[partial][saved]);
}

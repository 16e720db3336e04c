/* rtslabel - an image stream labelled by models */
#include "base/spool.h"
#include "cli/modeloptions.h"
#include "eval/labelled.h"
#include "rts/reread.h"

static const char usage[] =
    "usage: rtslabel [-q] [-o file] -m model [-m model ...] [--flip] [--shift n]\n"
    "                [--soft] [--select p] [--balance] [-j threads] [--no-history]\n"
    "                [file ...]\n"
    "Label the images of a stream with the classes that a model, or several, see in\n"
    "them; the class names become the model's.\n";

struct settings {
    struct model_options models;
    double least; /* of --select; -1: all, and the stream's chunks stay as they are */
    int balance, soft;
    unsigned drop; /* of what is passed on */
};

static const struct settings defaults = {.least = -1};

/* clang-format off */
static const struct setting rows[] = {
    GROUP(models, model_rows),
    {"soft", 0, NULL, "also write how probable each class is, as soft labels",
     SETTING_CHANGED, FLAG(soft)},
    {"select", 0, "P", "keep only images whose class has probability P or more",
     SETTING_CHANGED, REAL(least, 0, 1)},
    {"balance", 0, NULL, "keep the same number of each class, the surest",
     SETTING_CHANGED, FLAG(balance)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, VALUE(drop, SOURCE_DROP_HISTORY)},
    {0}};
/* clang-format on */

static const struct settings_table table = {
    .usage = usage, .row = rows, .defaults = &defaults, .column = 23};

struct job {
    const struct settings *s;
    struct ensemble models;
    struct reread operands;
    struct choice choice; /* what was said of the images: with --balance all, otherwise a chunk */
    uint64_t chosen;      /* with --balance: how many of them have been written or dropped */
    struct labelled to;
    uint64_t seen;
    uint64_t each;       /* with --balance: kept of each class */
    int classes;         /* with --balance: that have images */
    float *soft;         /* with --soft: [ENSEMBLE_BLOCK][classes] */
    struct spool *softs; /* with --balance, too: of all images */
};

/* Whether examples are collected into chunks. Where all stay as they are, so do the chunks. */
static int gathers(const struct settings *s)
{
    return s->least >= 0 || s->balance || s->soft;
}

/* ---- judging ---- */

/* Keeps how probable the classes of the n images are that were judged last. */
static int keep_soft(struct job *j, uint64_t n, struct error *e)
{
    uint64_t count = n * (uint64_t)j->models.classes;

    if (!j->s->soft)
        return 0;
    for (uint64_t i = 0; i < count; i++)
        j->soft[i] = (float)j->models.belief[i];
    return j->softs ? spool_write(j->softs, j->soft, count * sizeof *j->soft, e) : 0;
}

/* Adds to the choice what the models say of a chunk. */
static int judge(struct job *j, const struct source *in, const struct chunk *c, struct error *e)
{
    struct ensemble *g = &j->models;

    if (ensemble_check_shape(g, in, c, e) < 0)
        return -1;
    for (uint64_t done = 0, n; done < c->n; done += n, j->seen += n) {
        n = c->n - done < ENSEMBLE_BLOCK ? c->n - done : ENSEMBLE_BLOCK;
        if (ensemble_judge(g, in, c, done, n, NULL, j->seen, e) < 0 || keep_soft(j, n, e) < 0)
            return -1;
        for (uint64_t i = 0; i < n; i++) {
            double p = g->belief[i * (uint64_t)g->classes + (uint64_t)g->said[i]];
            if (choice_add(&j->choice, g->said[i], p, e) < 0)
                return -1;
        }
    }
    return 0;
}

/* The first of two readings, for --balance. */
static int survey(void *context, struct source *in, struct rts_writer *copy, struct error *e)
{
    struct job *j = context;
    struct chunk c;
    int got;

    if (j->s->soft && !(j->softs = spool_open(e)))
        return -1;
    while ((got = source_next_images(in, &c, e)) > 0)
        if (judge(j, in, &c, e) < 0 || (copy && examples_put_chunk(copy, &c, e) < 0))
            return -1;
    if (got < 0 || (j->softs && spool_end(j->softs, e) < 0))
        return -1;
    return choice_balance(&j->choice, &j->each, &j->classes, e);
}

/* ---- writing ---- */

/* Sets *said to what was said of the images of a chunk, and j->soft; 0, or -1. */
static int recall(struct job *j, const struct source *in, const struct chunk *c,
                  const struct said **said, struct error *e)
{
    if (!j->s->balance) {
        j->choice.n = 0;
        if (judge(j, in, c, e) < 0)
            return -1;
        *said = j->choice.said;
        return 0;
    }
    if (c->n > j->choice.n - j->chosen || ensemble_check_shape(&j->models, in, c, e) < 0)
        return error_set(e, "input: changed while it was read");
    *said = j->choice.said + j->chosen;
    j->chosen += c->n;
    if (!j->softs)
        return 0;
    return spool_read(j->softs, j->soft, c->n * (uint64_t)j->models.classes * sizeof *j->soft, e);
}

static int convert(struct job *j, struct source *in, struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0) {
        uint64_t most = gathers(j->s) ? ENSEMBLE_BLOCK : c.n, done = 0;
        do {
            uint64_t n = c.n - done < most ? c.n - done : most;
            struct chunk part = chunk_part(&c, done, n);
            const struct said *said;
            if (recall(j, in, &part, &said, e) < 0 || labelled_put(&j->to, &part, said, e) < 0)
                return -1;
            done += n;
        } while (done < c.n);
    }
    if (got < 0)
        return -1;
    if (j->s->balance && j->chosen != j->choice.n)
        return error_set(e, "input: changed while it was read");
    return labelled_finish(&j->to, e);
}

static int label_stream(struct job *j, struct rts_writer *out, struct error *e)
{
    struct source *in;
    int status;

    if (j->s->balance && reread_pass(&j->operands, survey, j, e) < 0)
        return -1;
    if (!(in = reread_last(&j->operands, out, e)))
        return -1;
    j->to.gather.out = out;
    j->to.names = j->models.names;
    j->to.drops = gathers(j->s);
    j->to.soft = j->soft;
    j->to.classes = j->soft ? (uint64_t)j->models.classes : 0;
    source_before(in, gather_before, &j->to.gather);
    status = convert(j, in, e);
    source_close(in);
    return status;
}

/* ---- the history ---- */

/* A line of this step with all that decides the result, then how each model was made. */
static int describe(const struct job *j, struct history *step, struct error *e)
{
    char line[160], indent[24] = "  model: ";

    snprintf(line, sizeof line, "rtslabel %s", ROTPIPE_VERSION);
    settings_line(&table, j->s, line, sizeof line);
    if (history_add(step, "", line, e) < 0)
        return -1;
    for (int i = 0; i < j->models.members; i++) {
        const struct model *m = &j->models.member[i].model;
        if (j->models.members > 1)
            snprintf(indent, sizeof indent, "  model %d: ", i + 1);
        if ((m->digest.text && history_add(step, indent, m->digest.text, e) < 0) ||
            (m->history.text && history_add(step, indent, m->history.text, e) < 0))
            return -1;
    }
    return 0;
}

/* Says how many images were kept, where some may have been dropped. */
static void tell(const struct job *j)
{
    int all = j->models.classes;

    if (j->s->least < 0 && !j->s->balance)
        return;
    if (!j->s->balance || !j->to.kept)
        note("%" PRIu64 " of %" PRIu64 " images kept", j->to.kept, j->seen);
    else if (j->classes == all)
        note("%" PRIu64 " of %" PRIu64 " images kept: %" PRIu64 " of each class", j->to.kept,
             j->seen, j->each);
    else
        note("%" PRIu64 " of %" PRIu64 " images kept: %" PRIu64
             " of each class but for %d of %d classes without any",
             j->to.kept, j->seen, j->each, all - j->classes, all);
}

/* Room for soft labels. */
static int prepare(struct job *j, struct error *e)
{
    if (!j->s->soft)
        return 0;
    j->soft = malloc((size_t)ENSEMBLE_BLOCK * (size_t)j->models.classes * sizeof *j->soft);
    return j->soft ? 0 : error_memory(e, "soft labels");
}

static int run(const struct settings *s, char **paths, int n, struct error *e)
{
    struct job j = {.s = s, .choice = {.least = s->least}};
    struct history step = {0};
    struct rts_writer *out = NULL;
    int status = -1;

    if (model_open(&s->models, &j.models, e) == 0 && prepare(&j, e) == 0 &&
        describe(&j, &step, e) == 0 && (out = rts_create(result_path(), e))) {
        reread_plan(&j.operands, paths, n, step.text, s->drop | SOURCE_DROP_NAMES);
        status = label_stream(&j, out, e);
    }
    if (status == 0)
        status = rts_finish(out, e);
    else
        rts_abandon(out);
    if (status == 0)
        tell(&j);
    history_free(&step);
    choice_free(&j.choice);
    spool_close(j.softs);
    free(j.soft);
    labelled_free(&j.to);
    ensemble_close(&j.models);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = defaults;
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    model_settle(&s.models, argv + first, argc - first);
    if (run(&s, argv + first, argc - first, &e) < 0)
        die(&e);
    return EXIT_DONE;
}

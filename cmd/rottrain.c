/* rottrain - train a network on a labelled image stream */
#include "augment/augment.h"
#include "base/cpu.h"
#include "base/progress.h"
#include "cli/cli.h"
#include "cli/say.h"
#include "cli/settings.h"
#include "cli/stopsignal.h"
#include "cli/trainfiles.h"
#include "cli/trainmodel.h"
#include "cli/trainwatch.h"
#include "eval/activity.h"
#include "img/rotate.h"
#include "net/named.h"
#include "train/epochlog.h"
#include "train/state.h"
#include "train/train.h"

static const char usage[] =
    "usage: rottrain [-q] [-m model] [-e epochs] [-b batch] [-s seed] [-j threads]\n"
    "                [--net string] [-c classes] [--lr rate] [--optimizer name] ...\n"
    "                [--state file | --save file] [--every steps] [--resume file]\n"
    "                [-o file] [file ...]\n"
    "Train a network by cross-entropy on a labelled image stream; write the model.\n";

struct settings {
    struct train_options train;
    struct trainmodel start;
    const char *valid, *unlabelled, *log, *output, *state;
    int threads, partial;
};

static const char *const optimizers[] = {"adam", "adamw", "sgd", NULL};
static const char *const schedules[] = {"constant", "cosine", "onecycle", NULL};
static const char *const rotations[] = {"none", "all", "one", NULL};
static const char *const decays[] = {"all", "weights", NULL};
static const char *const class_weights[] = {"none", "balanced", NULL};

/* Room for all that decides the result, as text. */
enum { SETTINGS_BYTES = 1536 };

/* clang-format off */
static const struct setting rows[] = {
    {"model", 'm', "FILE", "start from this model: net, weights, frozen layers",
     SETTING_NAMED, TEXT(start.model)},
    {"net", 0, "STRING", "layers of a fresh model, or its name; help: list them\n(default: " NET_DEFAULT ")",
     SETTING_ALWAYS, TEXT(start.net)},
    {"classes", 'c', "N", "classes of a fresh model (default: from the data)",
     SETTING_ALWAYS, INT(start.classes, 1, NET_CLASSES_MAX)},
    {"epochs", 'e', "N", "passes over the data (default 10)",
     SETTING_ALWAYS, INT(train.epochs, 0, 1000000)},
    {"batch", 'b', "N", "images per step (default 128)",
     SETTING_ALWAYS, INT(train.batch, 1, 65536)},
    {"optimizer", 0, "NAME", "adam (default), adamw or sgd",
     SETTING_ALWAYS, CHOICE(train.optimizer, optimizers)},
    {"lr", 0, "X", "learning rate (default 0.001; sgd: 0.01)",
     SETTING_ALWAYS, REAL(train.lr, 0, 1000000)},
    {"momentum", 0, "X", "momentum of sgd (default 0.9)",
     SETTING_CHANGED, REAL(train.momentum, 0, 1)},
    {"nesterov", 0, NULL, "Nesterov momentum, with sgd",
     SETTING_CHANGED, FLAG(train.nesterov)},
    {"weight-decay", 0, "X", "weight decay (default 0; adamw: 0.01)",
     SETTING_ALWAYS, REAL(train.weight_decay, 0, 1000000)},
    {"decay", 0, "NAME", "what weight decay touches: all (default) or weights",
     SETTING_CHANGED, CHOICE(train.decay, decays)},
    {"lr-scale", 0, "LIST", "LAYER=X,...: learning rate of a layer, times X",
     SETTING_CHANGED, TEXT(train.lr_scale)},
    {"clip", 0, "X", "clip the norm of gradients to X (default 0: do not)",
     SETTING_CHANGED, REAL(train.clip, 0, 1000000)},
    {"augment", 0, "STRING", "change images at random; help: list the ways",
     SETTING_CHANGED, TEXT(train.augment)},
    {"mixup", 0, "X", "mix images two by two, by shares of Beta(X, X)\n(default 0: do not)",
     SETTING_CHANGED, REAL(train.mixup, 0, 1000)},
    {"unlabelled", 0, "FILE", "learn from these images, too: as FixMatch does",
     SETTING_NAMED, TEXT(unlabelled)},
    {"ratio", 0, "N", "of them per step, times -b (default 4)",
     SETTING_CHANGED, INT(train.ratio, 1, 1000)},
    {"weak", 0, "STRING", "how they are changed to be classified (default: not)",
     SETTING_CHANGED, TEXT(train.weak)},
    {"strong", 0, "STRING", "and to be trained on (default: as --augment says)",
     SETTING_CHANGED, TEXT(train.strong)},
    {"threshold", 0, "X", "probability of a believed class (default 0.95)",
     SETTING_CHANGED, REAL(train.threshold, 0, 1)},
    {"lambda", 0, "X", "what their loss counts (default 1)",
     SETTING_CHANGED, REAL(train.lambda, 0, 1000000)},
    {"align", 0, NULL, "believe in all classes evenly",
     SETTING_CHANGED, FLAG(train.align)},
    {"lambda-rotation", 0, "X", "what it counts to tell how some of them are turned\n(default 0: nothing)",
     SETTING_CHANGED, REAL(train.rotation, 0, 1000000)},
    {"rotate", 0, "NAME", "learn rotations, not labels: all four of each image,\nor one (default: none)",
     SETTING_CHANGED, CHOICE(train.rotate, rotations)},
    {"schedule", 0, "NAME", "learning rate: constant (default), cosine or onecycle",
     SETTING_ALWAYS, CHOICE(train.schedule, schedules)},
    {"warmup", 0, "N",
     "steps over which the learning rate rises\n(default: a tenth of all steps, at most 200;\nonecycle: none)",
     SETTING_CHANGED, LONG(train.warmup, 0, INT64_MAX)},
    {"class-weight", 0, "NAME", "none (default) or balanced: rare classes count more",
     SETTING_CHANGED, CHOICE(train.class_weight, class_weights)},
    {"smooth", 0, "X", "label smoothing: share of the target that all classes\nhave alike (default 0)",
     SETTING_CHANGED, REAL(train.smooth, 0, 1)},
    {"average", 0, "X", "the model is the moving average of the weights,\nwhose decay per step is X (default 0: none)",
     SETTING_CHANGED, REAL(train.average, 0, 1)},
    {"seed", 's', "N", "seed of weights and image order (default 0)",
     SETTING_ALWAYS, SEED(train.seed)},
    {"threads", 'j', "N", "number of threads (default: all available processors)",
     SETTING_FREE, THREADS(threads)},
    {"valid", 0, "FILE", "evaluate on this stream after each epoch",
     SETTING_FREE, TEXT(valid)},
    {"keep-best", 0, NULL, "write the model of the best epoch on --valid",
     SETTING_CHANGED, FLAG(train.keep_best)},
    {"patience", 0, "N", "end after N epochs without a better one on --valid",
     SETTING_CHANGED, INT(train.patience, 1, 1000000)},
    {"log", 0, "FILE", "write a tab-separated table, one line per epoch",
     SETTING_FREE, TEXT(log)},
    {"state", 0, "FILE",
     "keep the training state in FILE until the model is\ncomplete; continue from FILE if it exists",
     SETTING_FREE, TEXT(state)},
    {"save", 0, "FILE", "save the training state to FILE after each epoch",
     SETTING_FREE, TEXT(train.save)},
    {"every", 0, "N", "steps between two saves (default: one epoch)",
     SETTING_FREE, LONG(train.every, 1, INT64_MAX)},
    {"resume", 0, "FILE", "continue from a saved state, same options and data",
     SETTING_FREE, TEXT(train.resume)},
    {"partial", 0, NULL, "when a signal stops training, write the model so far",
     SETTING_FREE, FLAG(partial)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_CHANGED, FLAG(start.no_history)},
    {0}};
/* clang-format on */

static struct settings_table table = {.usage = usage, .row = rows};

/* The state and where it is kept. */
static void check_state(struct settings *s)
{
    struct train_options *t = &s->train;

    if (s->state && (t->save || t->resume))
        misused("--state and %s are mutually exclusive", t->save ? "--save" : "--resume");
    if (s->state)
        t->save = t->resume = s->state;
    if (t->every && !t->save)
        misused("--every needs --state or --save");
    if (s->partial && s->start.no_history)
        misused("--partial and --no-history are mutually exclusive: the history marks the model");
}

/* Rotations are the classes, each as frequent as the others. */
static void check_rotations(const struct settings *s)
{
    const struct train_options *t = &s->train;

    if (!t->rotate)
        return;
    if (s->start.classes)
        misused("%s and --rotate are mutually exclusive: there are four rotations", as_typed('c'));
    if (t->mixup > 0)
        misused("--mixup and --rotate are mutually exclusive");
    if (t->class_weight)
        misused("--class-weight and --rotate are mutually exclusive: rotations are even classes");
    if (t->rotate == ROTATE_ALL && t->batch % ROTATIONS)
        misused("--rotate all needs a multiple of 4 as %s: the rotations of an image stand in one "
                "batch",
                as_typed('b'));
}

/* Images without labels in a step, which a signal waits for. */
enum { UNLABELLED_MOST = 1 << 18 };

/* Images without labels need a strong view that differs from the weak one, unless it is turned and
 * no class is learnt from it. */
static void check_unlabelled(struct settings *s)
{
    static const char *const others[] = {"ratio",  "weak",  "strong",          "threshold",
                                         "lambda", "align", "lambda-rotation", NULL};
    struct train_options *t = &s->train;

    for (int i = 0; others[i] && !s->unlabelled; i++)
        if (settings_given(&table, others[i]))
            misused("--%s needs --unlabelled", others[i]);
    if (!s->unlabelled)
        return;
    if (t->rotate)
        misused("--unlabelled and --rotate are mutually exclusive");
    if (t->mixup > 0)
        misused("--unlabelled and --mixup are mutually exclusive");
    if (t->ratio > UNLABELLED_MOST / t->batch)
        misused("--ratio %d of %s %d is more than %d images per step", t->ratio, as_typed('b'),
                t->batch, UNLABELLED_MOST);
    if (!t->augment && !t->strong && !(t->rotation > 0 && t->lambda == 0))
        misused("--unlabelled needs --strong or --augment: how images may change");
}

/* The text as the history has it, in whatever way it was written; of no words, none. */
static void read_augments(const char **text, char room[AUGMENT_TEXT_MAX])
{
    struct augments augments;
    struct error e;

    if (!*text)
        return;
    if (augments_parse(&augments, *text, &e) < 0)
        misused("%s", e.text);
    augments_text(&augments, room);
    *text = augments.n ? room : NULL;
}

/* What the options mean together, and which do not go together. */
static void check_settings(struct settings *s, char **operands, int n)
{
    struct train_options *t = &s->train;
    struct train_files files = {.log = s->log,
                                .model = s->start.model,
                                .valid = s->valid,
                                .unlabelled = s->unlabelled,
                                .data = (const char **)operands,
                                .data_count = n,
                                .save_option = s->state ? "--state" : "--save"};
    int stdin_readers = standard_inputs(operands, n);
    static char augment[AUGMENT_TEXT_MAX], weak[AUGMENT_TEXT_MAX], strong[AUGMENT_TEXT_MAX];
    struct error e;

    check_state(s);
    read_augments(&t->augment, augment);
    read_augments(&t->weak, weak);
    read_augments(&t->strong, strong);
    check_rotations(s);
    check_unlabelled(s);
    s->output = files.output = result_path();
    files.save = t->save;
    files.resume = t->resume;
    stdin_readers += s->start.model && strcmp(s->start.model, "-") == 0;
    stdin_readers += s->valid && strcmp(s->valid, "-") == 0;
    stdin_readers += s->unlabelled && strcmp(s->unlabelled, "-") == 0;
    stdin_readers += t->resume && !s->state && strcmp(t->resume, "-") == 0;
    if (stdin_readers > 1)
        misused("standard input can be only one of data, -m, --valid, --unlabelled and --resume");
    if (trainfiles_check(&files, &e) < 0)
        misused("%s", e.text);
    if (s->start.model && (s->start.net || s->start.classes))
        misused("%s and %s are mutually exclusive: a model has its own net and classes",
                s->start.net ? "--net" : as_typed('c'), as_typed('m'));
    if (t->optimizer != OPTIMIZER_SGD && (t->nesterov || settings_given(&table, "momentum")))
        misused("%s needs --optimizer sgd", t->nesterov ? "--nesterov" : "--momentum");
    if (t->schedule == SCHEDULE_ONECYCLE && settings_given(&table, "warmup"))
        misused(
            "--warmup and --schedule onecycle are mutually exclusive: the cycle has its own rise");
    if (t->keep_best && !s->valid)
        misused("--keep-best needs --valid");
    if (t->patience && !s->valid)
        misused("--patience needs --valid");
    if (t->nesterov && t->momentum == 0)
        misused("--nesterov needs a momentum");
    if (!settings_given(&table, "lr"))
        t->lr = t->optimizer == OPTIMIZER_SGD ? 0.01 : 0.001;
    if (!settings_given(&table, "weight-decay") && t->optimizer == OPTIMIZER_ADAMW)
        t->weight_decay = 0.01;
    if (net_check(s->start.net ? s->start.net : NET_DEFAULT, &e) < 0)
        misused("%s", e.text);
}

/* What is trained on, judged by, and learnt from beside it. */
struct sets {
    struct dataset data, valid, unlabelled;
};

/* All that decides the result, and nothing that does not. */
static void describe_settings(const struct settings *s, const struct dataset *d,
                              const struct model *m, char *line, size_t size)
{
    struct settings known = *s;
    size_t n = (size_t)snprintf(line, size, "rottrain %s", ROTPIPE_VERSION);

    known.start.net = m->net.text;
    known.start.classes = m->net.classes;
    settings_line(&table, &known, line + n, size - n);
    n = strlen(line);
    snprintf(line + n, size - n, " images=%" PRIu64, train_samples(d, &s->train));
}

/* What is known of a data set, behind its indent. */
static int describe_data(const struct dataset *d, const char *indent, struct model *m,
                         struct error *e)
{
    if (d->digest.text && history_add(&m->history, indent, d->digest.text, e) < 0)
        return -1;
    return d->history.text ? history_add(&m->history, indent, d->history.text, e) : 0;
}

/* The history: the settings, how it ended, and the data. */
static int describe(const struct settings *s, const struct sets *sets, const struct ending *end,
                    struct model *m, struct error *e)
{
    const struct dataset *d = &sets->data, *others = &sets->unlabelled;
    char line[SETTINGS_BYTES + 176];
    size_t n;

    if (s->start.no_history)
        return 0;
    describe_settings(s, d, m, line, SETTINGS_BYTES);
    n = strlen(line);
    if (s->train.keep_best)
        n += (size_t)snprintf(line + n, sizeof line - n, " best=epoch %d", end->best_epoch);
    if (end->dead)
        n += (size_t)snprintf(line + n, sizeof line - n, " dead=%" PRIu64 "/%" PRIu64, end->dead,
                              end->features);
    if (end->guessing)
        n += (size_t)snprintf(line + n, sizeof line - n, " loss=chance");
    if (end->patient)
        snprintf(line + n, sizeof line - n, " ended=patience at epoch %d of %d", end->patient,
                 s->train.epochs);
    else if (end->steps < end->planned)
        snprintf(line + n, sizeof line - n, " stopped=%s at step %" PRIu64 " of %" PRIu64,
                 stopsignal_name(), end->steps, end->planned);
    if (history_add(&m->history, "", line, e) < 0 || describe_data(d, "  data: ", m, e) < 0)
        return -1;
    /* It was chosen, or ended, by them; that it was trained on them is not said, which the digest
     * is for. */
    if ((s->train.keep_best || s->train.patience) &&
        describe_data(&sets->valid, "  valid: ", m, e) < 0)
        return -1;
    if (s->unlabelled && describe_data(others, "  unlabelled: ", m, e) < 0)
        return -1;
    if (others->digest.text && history_merge(&m->digest, others->digest.text, e) < 0)
        return -1;
    return d->digest.text ? history_merge(&m->digest, d->digest.text, e) : 0;
}

/* Ends `out`, whatever happens. */
static int write_model(const struct settings *s, const struct sets *sets, const struct ending *end,
                       struct model *m, struct rts_writer *out, struct error *e)
{
    if (describe(s, sets, end, m, e) < 0 || model_save(m, out, e) < 0) {
        rts_abandon(out);
        return -1;
    }
    return rts_finish(out, e);
}

/*
 * Training has ended, by a signal or because it is complete. Ends `out`, whatever happens. It is an
 * error, too, if the state of a training that was stopped could not be saved.
 */
static int conclude(const struct settings *s, const struct sets *sets, const struct trainwatch *w,
                    struct model *m, struct rts_writer *out, struct error *e)
{
    const struct ending *end = &w->end;
    int stopped = end->steps < end->planned && !end->patient;

    if (end->patient)
        note("training ended after epoch %d of %d: none since epoch %d was better on the data of "
             "--valid",
             end->patient, s->train.epochs, end->best_epoch);
    if (end->dead)
        note(ACTIVITY_WARNING, end->dead, end->features, end->looked_at);
    if (end->guessing)
        note("the loss on the training data is still at chance level; try another learning rate "
             "(--lr) or more epochs (-e)");
    if (stopped && !s->partial)
        rts_abandon(out);
    else if (write_model(s, sets, end, m, out, e) < 0)
        return -1;
    if (!stopped)
        return 0;
    trainwatch_stopped(w, s->partial, s->train.save && !end->unsaved);
    if (end->unsaved)
        *e = end->why;
    return end->unsaved ? -1 : 0;
}

/* What is trained or judged on. The labels of images that are rotated do not matter. */
static int read_data(const struct settings *s, struct dataset *d, char **paths, int n,
                     struct error *e)
{
    if (!s->train.rotate)
        return dataset_read(d, paths, n, e);
    if (dataset_read_images(d, paths, n, e) < 0)
        return -1;
    d->names = strdup(ROTATION_NAMES);
    return d->names ? 0 : error_memory(e, "class names");
}

static int largest_label(const struct settings *s, const struct dataset *d)
{
    return s->train.rotate ? ROTATIONS - 1 : dataset_largest_class(d);
}

/* All data sets, and the model that suits them. */
static int read_all(const struct settings *s, char **operands, int n, struct sets *sets,
                    struct model *m, struct error *e)
{
    struct dataset *d = &sets->data, *valid = &sets->valid, *others = &sets->unlabelled;

    if (read_data(s, d, operands, n, e) < 0 ||
        trainmodel_start(&s->start, &s->train, d, largest_label(s, d), m, e) < 0)
        return -1;
    if (s->valid && (read_data(s, valid, (char *[]){(char *)s->valid}, 1, e) < 0 ||
                     trainmodel_suits(m, valid, largest_label(s, valid), s->valid, e) < 0))
        return -1;
    if (!s->unlabelled)
        return 0;
    if (dataset_read_any(others, (char *[]){(char *)s->unlabelled}, 1, e) < 0)
        return -1;
    return trainmodel_suits_images(m, others, s->unlabelled, e);
}

/* Everything between the options and the model's last byte. *stopped: a signal asked for it. */
static int run(const struct settings *s, char **operands, int n, int *stopped, struct error *e)
{
    const struct kernels *kernels = kernels_pick(getenv("ROTPIPE_KERNELS"));
    struct sets sets = {0};
    struct model m = {0};
    struct trainwatch w = {.epochs = s->train.epochs, .log_path = s->log};
    struct train_listener tell = trainwatch_listener(&w);
    struct train_options how = s->train;
    struct team *team = NULL;
    struct rts_writer *out = NULL;
    struct stopsignal signals;
    struct error unsaid;
    char settings[SETTINGS_BYTES + 32];
    int status = -1;

    if (!kernels)
        return cpu_complain(getenv("ROTPIPE_KERNELS"), e);
    /* Opened first: nobody should learn after an hour that the result has nowhere to go. */
    if (train_may_save(&s->train, e) < 0 || !(out = rts_create(s->output, e)) ||
        read_all(s, operands, n, &sets, &m, e) < 0)
        goto done;
    if (!(team = team_new(s->threads ? s->threads : team_default_size(), e)) ||
        (s->log && !s->train.resume && !(w.log = epochlog_create(s->log, e))))
        goto done;
    describe_settings(s, &sets.data, &m, settings, SETTINGS_BYTES);
    snprintf(settings + strlen(settings), 32, " kernels=%s", kernels->name);
    how.settings = settings;
    how.unlabelled = s->unlabelled ? &sets.unlabelled : NULL;
    progress_start(&w.progress, is_quiet());
    stopsignal_catch(&signals);
    status = train(&m, &sets.data, s->valid ? &sets.valid : NULL, &how, kernels, team, &tell, e);
    stopsignal_leave(&signals);
    progress_clear(&w.progress);
    if (status == 0) {
        status = conclude(s, &sets, &w, &m, out, e);
        out = NULL;
    }
    /* A log that is lost costs no model; and the first error is the one to be told. */
    if (epochlog_close(w.log, s->log, status < 0 ? &unsaid : e) < 0)
        status = -1;
    *stopped = status == 0 && stopsignal_caught();
    /* Where this program fails or dies of a signal make deletes the model: the state is needed. */
    if (status == 0 && s->state && !*stopped)
        status = train_remove_state(s->state, e);
done:
    rts_abandon(out);
    team_free(team);
    dataset_free(&sets.data);
    dataset_free(&sets.valid);
    dataset_free(&sets.unlabelled);
    model_free(&m);
    return status;
}

int main(int argc, char **argv)
{
    const struct settings defaults = {.train = train_defaults()};
    struct settings s = defaults;
    struct error e;
    int first, stopped = 0;

    start(argv);
    table.defaults = &defaults;
    first = settings_read(&table, argc, argv, &s);
    if (s.start.net && strcmp(s.start.net, "help") == 0) {
        net_list(stdout);
        finish_text();
    }
    if (s.train.augment && strcmp(s.train.augment, "help") == 0) {
        augments_list(stdout);
        finish_text();
    }
    if (s.start.net)
        s.start.net = net_expand(s.start.net);
    check_settings(&s, argv + first, argc - first);
    train_find_state(&s.train);
    if (run(&s, argv + first, argc - first, &stopped, &e) < 0)
        die(&e);
    if (stopped)
        stopsignal_die();
    return EXIT_DONE;
}

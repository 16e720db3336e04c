/* rottrain - train a network on a labelled image stream */
#include "base/cpu.h"
#include "base/progress.h"
#include "cli/cli.h"
#include "cli/say.h"
#include "cli/stopsignal.h"
#include "cli/trainfiles.h"
#include "cli/trainwatch.h"
#include "eval/activity.h"
#include "rts/names.h"
#include "train/epochlog.h"
#include "train/state.h"
#include "train/train.h"

static const char help[] =
    "usage: rottrain [-q] [-m model] [-e epochs] [-b batch] [-s seed] [-j threads]\n"
    "                [--net string] [-c classes] [--lr rate] [--optimizer name] ...\n"
    "                [--state file | --save file] [--every steps] [--resume file]\n"
    "                [-o file] [file ...]\n"
    "Train a network by cross-entropy on a labelled image stream; write the model.\n"
    "\n"
    "  -m, --model FILE         start from this model: net, weights, frozen layers\n"
    "      --net STRING         layers of a fresh model\n"
    "                           (default: " NET_DEFAULT ")\n"
    "  -c, --classes N          classes of a fresh model (default: from the data)\n"
    "  -e, --epochs N           passes over the data (default 10)\n"
    "  -b, --batch N            images per step (default 128)\n"
    "      --optimizer NAME     adam (default), adamw or sgd\n"
    "      --lr X               learning rate (default 0.001; sgd: 0.01)\n"
    "      --momentum X         momentum of sgd (default 0.9)\n"
    "      --nesterov           Nesterov momentum, with sgd\n"
    "      --weight-decay X     weight decay (default 0; adamw: 0.01)\n"
    "      --schedule NAME      learning-rate schedule: constant (default) or cosine\n"
    "      --warmup N           steps over which the learning rate rises\n"
    "                           (default: a tenth of all steps, at most 200)\n"
    "      --class-weight NAME  none (default) or balanced: rare classes count more\n"
    "  -s, --seed N             seed of weights and image order (default 0)\n"
    "  -j, --threads N          number of threads (default: all available processors)\n"
    "      --valid FILE         evaluate on this stream after each epoch\n"
    "      --keep-best          write the model of the best epoch on --valid\n"
    "      --log FILE           write a tab-separated table, one line per epoch\n"
    "      --state FILE         keep the training state in FILE until the model is\n"
    "                           complete; continue from FILE if it exists\n"
    "      --save FILE          save the training state to FILE after each epoch\n"
    "      --every N            steps between two saves (default: one epoch)\n"
    "      --resume FILE        continue from a saved state, same options and data\n"
    "      --partial            when a signal stops training, write the model so far\n"
    "      --no-history         omit provenance records\n"
    "  -o, --output FILE        write the result to FILE, complete or not at all\n"
    "  -q, --quiet              no progress, no notes on standard error\n"
    "  -h, --help               print this help\n"
    "      --version            print the version\n";

enum {
    OPT_NET = OPT_FIRST,
    OPT_OPTIMIZER,
    OPT_LR,
    OPT_MOMENTUM,
    OPT_NESTEROV,
    OPT_WEIGHT_DECAY,
    OPT_SCHEDULE,
    OPT_WARMUP,
    OPT_CLASS_WEIGHT,
    OPT_VALID,
    OPT_KEEP_BEST,
    OPT_LOG,
    OPT_SAVE,
    OPT_EVERY,
    OPT_RESUME,
    OPT_STATE,
    OPT_PARTIAL
};

static const struct option options[] = {{"model", required_argument, NULL, 'm'},
                                        {"net", required_argument, NULL, OPT_NET},
                                        {"classes", required_argument, NULL, 'c'},
                                        {"epochs", required_argument, NULL, 'e'},
                                        {"batch", required_argument, NULL, 'b'},
                                        {"optimizer", required_argument, NULL, OPT_OPTIMIZER},
                                        {"lr", required_argument, NULL, OPT_LR},
                                        {"momentum", required_argument, NULL, OPT_MOMENTUM},
                                        {"nesterov", no_argument, NULL, OPT_NESTEROV},
                                        {"weight-decay", required_argument, NULL, OPT_WEIGHT_DECAY},
                                        {"schedule", required_argument, NULL, OPT_SCHEDULE},
                                        {"warmup", required_argument, NULL, OPT_WARMUP},
                                        {"class-weight", required_argument, NULL, OPT_CLASS_WEIGHT},
                                        {"seed", required_argument, NULL, 's'},
                                        {"threads", required_argument, NULL, 'j'},
                                        {"valid", required_argument, NULL, OPT_VALID},
                                        {"keep-best", no_argument, NULL, OPT_KEEP_BEST},
                                        {"log", required_argument, NULL, OPT_LOG},
                                        {"save", required_argument, NULL, OPT_SAVE},
                                        {"every", required_argument, NULL, OPT_EVERY},
                                        {"resume", required_argument, NULL, OPT_RESUME},
                                        {"state", required_argument, NULL, OPT_STATE},
                                        {"partial", no_argument, NULL, OPT_PARTIAL},
                                        STREAM_OPTIONS,
                                        COMMON_OPTIONS};

static const char *const optimizer_names[] = {"adam", "adamw", "sgd"};
static const char *const schedule_names[] = {"constant", "cosine"};
static const char *const weight_names[] = {"none", "balanced"};

struct settings {
    struct train_options train;
    const char *model, *net, *valid, *log, *output, *state;
    int classes, threads, no_history, partial;
    int has_lr, has_decay, has_momentum;
};

static void take_option(struct settings *s, int option)
{
    struct train_options *t = &s->train;

    switch (option) {
    case 'm':
        s->model = optarg;
        break;
    case OPT_NET:
        s->net = optarg;
        break;
    case 'c':
        s->classes = (int)int_argument(optarg, 1, NET_CLASSES_MAX);
        break;
    case 'e':
        t->epochs = (int)int_argument(optarg, 0, 1000000);
        break;
    case 'b':
        t->batch = (int)int_argument(optarg, 1, 65536);
        break;
    case OPT_OPTIMIZER:
        t->optimizer = (enum optimizer)choice_argument(optarg, optimizer_names, 3);
        break;
    case OPT_LR:
        t->lr = real_argument(optarg, 0, 1e6);
        s->has_lr = 1;
        break;
    case OPT_MOMENTUM:
        t->momentum = real_argument(optarg, 0, 1);
        s->has_momentum = 1;
        break;
    case OPT_NESTEROV:
        t->nesterov = 1;
        break;
    case OPT_WEIGHT_DECAY:
        t->weight_decay = real_argument(optarg, 0, 1e6);
        s->has_decay = 1;
        break;
    case OPT_SCHEDULE:
        t->schedule = (enum schedule)choice_argument(optarg, schedule_names, 2);
        break;
    case OPT_WARMUP:
        t->warmup = int_argument(optarg, 0, INT64_MAX);
        break;
    case OPT_CLASS_WEIGHT:
        t->class_weight = (enum class_weight)choice_argument(optarg, weight_names, 2);
        break;
    case 's':
        t->seed = seed_argument(optarg);
        break;
    case 'j':
        s->threads = threads_argument(optarg);
        break;
    case OPT_VALID:
        s->valid = optarg;
        break;
    case OPT_KEEP_BEST:
        t->keep_best = 1;
        break;
    case OPT_LOG:
        s->log = optarg;
        break;
    case OPT_SAVE:
        t->save = optarg;
        break;
    case OPT_EVERY:
        t->every = (uint64_t)int_argument(optarg, 1, INT64_MAX);
        break;
    case OPT_RESUME:
        t->resume = optarg;
        break;
    case OPT_STATE:
        s->state = optarg;
        break;
    case OPT_PARTIAL:
        s->partial = 1;
        break;
    case OPT_NO_HISTORY:
        s->no_history = 1;
        break;
    default:
        common_option(option, help);
    }
}

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
    if (s->partial && s->no_history)
        misused("--partial and --no-history are mutually exclusive: the history marks the model");
}

/* What the options mean together, and which do not go together. */
static void check_settings(struct settings *s, char **operands, int n)
{
    struct train_options *t = &s->train;
    struct train_files files = {.log = s->log,
                                .model = s->model,
                                .valid = s->valid,
                                .data = (const char **)operands,
                                .data_count = n,
                                .save_option = s->state ? "--state" : "--save"};
    int stdin_readers = standard_inputs(operands, n);
    struct error e;

    check_state(s);
    s->output = files.output = result_path();
    files.save = t->save;
    files.resume = t->resume;
    stdin_readers += s->model && strcmp(s->model, "-") == 0;
    stdin_readers += s->valid && strcmp(s->valid, "-") == 0;
    stdin_readers += t->resume && !s->state && strcmp(t->resume, "-") == 0;
    if (stdin_readers > 1)
        misused("standard input can be only one of data, -m, --valid and --resume");
    if (trainfiles_check(&files, &e) < 0)
        misused("%s", e.text);
    if (s->model && (s->net || s->classes))
        misused("%s and %s are mutually exclusive: a model has its own net and classes",
                s->net ? "--net" : as_typed('c'), as_typed('m'));
    if (t->optimizer != OPTIMIZER_SGD && (t->nesterov || s->has_momentum))
        misused("%s needs --optimizer sgd", t->nesterov ? "--nesterov" : "--momentum");
    if (t->keep_best && !s->valid)
        misused("--keep-best needs --valid");
    if (t->nesterov && t->momentum == 0)
        misused("--nesterov needs a momentum");
    if (!s->has_lr)
        t->lr = t->optimizer == OPTIMIZER_SGD ? 0.01 : 0.001;
    if (!s->has_decay && t->optimizer == OPTIMIZER_ADAMW)
        t->weight_decay = 0.01;
    if (net_check(s->net ? s->net : NET_DEFAULT, &e) < 0)
        misused("%s", e.text);
}

/* All that decides the result, and nothing that does not. */
static void settings_line(const struct settings *s, const struct dataset *d, const struct model *m,
                          char *line, size_t size)
{
    const struct train_options *t = &s->train;
    char extra[128] = "", warmup[64] = "";

    if (t->warmup >= 0)
        snprintf(warmup, sizeof warmup, " --warmup %" PRId64, t->warmup);
    if (t->optimizer == OPTIMIZER_SGD)
        snprintf(extra, sizeof extra, " --momentum %.15g%s", t->momentum,
                 t->nesterov ? " --nesterov" : "");
    snprintf(
        line, size,
        "rottrain %s%s --net '%.200s' -c %d -e %d -b %d --optimizer %s --lr %.15g%s"
        " --weight-decay %.15g --schedule %s%s%s%s%s -s %" PRIu64 " images=%" PRIu64,
        ROTPIPE_VERSION, s->model ? " -m" : "", m->net.text, m->net.classes, t->epochs, t->batch,
        optimizer_names[t->optimizer], t->lr, extra, t->weight_decay, schedule_names[t->schedule],
        warmup, t->class_weight == CLASS_WEIGHT_BALANCED ? " --class-weight balanced" : "",
        t->keep_best ? " --keep-best" : "", s->no_history ? " --no-history" : "", t->seed, d->n);
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
static int describe(const struct settings *s, const struct dataset *d, const struct dataset *valid,
                    const struct ending *end, struct model *m, struct error *e)
{
    char line[1200];
    size_t n;

    if (s->no_history)
        return 0;
    settings_line(s, d, m, line, 1024);
    n = strlen(line);
    if (s->train.keep_best)
        n += (size_t)snprintf(line + n, sizeof line - n, " best=epoch %d", end->best_epoch);
    if (end->dead)
        n += (size_t)snprintf(line + n, sizeof line - n, " dead=%" PRIu64 "/%" PRIu64, end->dead,
                              end->features);
    if (end->guessing)
        n += (size_t)snprintf(line + n, sizeof line - n, " loss=chance");
    if (end->steps < end->planned)
        snprintf(line + n, sizeof line - n, " stopped=%s at step %" PRIu64 " of %" PRIu64,
                 stopsignal_name(), end->steps, end->planned);
    if (history_add(&m->history, "", line, e) < 0 || describe_data(d, "  data: ", m, e) < 0)
        return -1;
    /* It was chosen by them; that it was trained on them is not said, which the digest is for. */
    if (s->train.keep_best && describe_data(valid, "  valid: ", m, e) < 0)
        return -1;
    return d->digest.text ? history_merge(&m->digest, d->digest.text, e) : 0;
}

/* A model is for images of one shape and for the classes of its head. */
static int check_data(const struct model *m, const struct dataset *d, const char *what,
                      struct error *e)
{
    struct extent a = m->net.image, b = d->image;
    int largest = dataset_largest_label(d);
    struct error why;

    if (a.h != b.h || a.w != b.w || a.c != b.c)
        return error_set(e, "%s: images of %d x %d x %d, but the model is for %d x %d x %d", what,
                         b.h, b.w, b.c, a.h, a.w, a.c);
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
static int check_net(const struct settings *s, struct extent image, int classes, struct error *e)
{
    struct error why;
    struct net net;

    if (!s->net || net_build(&net, s->net, image, classes, &why) == 0)
        return 0;
    return error_misuse(e, "--net: %s (images of %d x %d x %d)", why.text, image.h, image.w,
                        image.c);
}

/* The model that training starts from: -m's, or a fresh one that suits the data. */
static int start_model(const struct settings *s, const struct dataset *d, struct model *m,
                       struct error *e)
{
    int classes = s->classes;
    uint64_t named = names_count(d->names);

    if (!s->model) {
        if (classes == 0)
            classes = named > (uint64_t)dataset_largest_label(d) && named <= NET_CLASSES_MAX
                          ? (int)named
                          : dataset_largest_label(d) + 1;
        if (check_net(s, d->image, classes, e) < 0 ||
            model_new(m, s->net ? s->net : NET_DEFAULT, d->image, classes, s->train.seed, e) < 0)
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
    if (s->train.epochs > 0 && all_frozen(&m->net))
        return error_set(e, "%s: every layer is frozen, so nothing trains (headswap --thaw)",
                         strcmp(s->model, "-") == 0 ? "standard input" : s->model);
    if (check_data(m, d, "training data", e) < 0)
        return -1;
    if (!m->names && d->names && !(m->names = strdup(d->names)))
        return error_memory(e, "class names");
    return 0;
}

/* Ends `out`, whatever happens. */
static int write_model(const struct settings *s, const struct dataset *d,
                       const struct dataset *valid, const struct ending *end, struct model *m,
                       struct rts_writer *out, struct error *e)
{
    if (describe(s, d, valid, end, m, e) < 0 || model_save(m, out, e) < 0) {
        rts_abandon(out);
        return -1;
    }
    return rts_finish(out, e);
}

/*
 * Training has ended, by a signal or because it is complete. Ends `out`, whatever happens. It is an
 * error, too, if the state of a training that was stopped could not be saved.
 */
static int conclude(const struct settings *s, const struct dataset *d, const struct dataset *valid,
                    const struct trainwatch *w, struct model *m, struct rts_writer *out,
                    struct error *e)
{
    const struct ending *end = &w->end;
    int stopped = end->steps < end->planned;

    if (end->dead)
        note(ACTIVITY_WARNING, end->dead, end->features, end->looked_at);
    if (end->guessing)
        note("the loss on the training data is still at chance level; try another learning rate "
             "(--lr) or more epochs (-e)");
    if (stopped && !s->partial)
        rts_abandon(out);
    else if (write_model(s, d, valid, end, m, out, e) < 0)
        return -1;
    if (!stopped)
        return 0;
    trainwatch_stopped(w, s->partial, s->train.save && !end->unsaved);
    if (end->unsaved)
        *e = end->why;
    return end->unsaved ? -1 : 0;
}

/* Everything between the options and the model's last byte. *stopped: a signal asked for it. */
static int run(const struct settings *s, char **operands, int n, int *stopped, struct error *e)
{
    const struct kernels *kernels = kernels_pick(getenv("ROTPIPE_KERNELS"));
    struct dataset data = {0}, valid = {0};
    struct model m = {0};
    struct trainwatch w = {.epochs = s->train.epochs, .log_path = s->log};
    struct train_listener tell = trainwatch_listener(&w);
    struct train_options how = s->train;
    struct team *team = NULL;
    struct rts_writer *out = NULL;
    struct stopsignal signals;
    struct error unsaid;
    char settings[1100];
    int status = -1;

    if (!kernels)
        return cpu_complain(getenv("ROTPIPE_KERNELS"), e);
    /* Opened first: nobody should learn after an hour that the result has nowhere to go. */
    if (train_may_save(&s->train, e) < 0 || !(out = rts_create(s->output, e)) ||
        dataset_read(&data, operands, n, e) < 0 || start_model(s, &data, &m, e) < 0)
        goto done;
    if (s->valid && (dataset_read(&valid, (char *[]){(char *)s->valid}, 1, e) < 0 ||
                     check_data(&m, &valid, s->valid, e) < 0))
        goto done;
    if (!(team = team_new(s->threads ? s->threads : team_default_size(), e)) ||
        (s->log && !s->train.resume && !(w.log = epochlog_create(s->log, e))))
        goto done;
    settings_line(s, &data, &m, settings, 1024);
    snprintf(settings + strlen(settings), 32, " kernels=%s", kernels->name);
    how.settings = settings;
    progress_start(&w.progress, is_quiet());
    stopsignal_catch(&signals);
    status = train(&m, &data, s->valid ? &valid : NULL, &how, kernels, team, &tell, e);
    stopsignal_leave(&signals);
    progress_clear(&w.progress);
    if (status == 0) {
        status = conclude(s, &data, &valid, &w, &m, out, e);
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
    dataset_free(&data);
    dataset_free(&valid);
    model_free(&m);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {.train = train_defaults()};
    struct error e;
    int option, stopped = 0;

    start(argv);
    while ((option = next_option(argc, argv, "m:c:e:b:s:j:", options)) != -1)
        take_option(&s, option);
    check_settings(&s, argv + optind, argc - optind);
    train_find_state(&s.train);
    if (run(&s, argv + optind, argc - optind, &stopped, &e) < 0)
        die(&e);
    if (stopped)
        stopsignal_die();
    return EXIT_DONE;
}

/* headswap - give a model a fresh head, freeze or thaw what is below it */
#include "cli/cli.h"
#include "cli/say.h"
#include "model/model.h"
#include "rts/examples.h"
#include "rts/names.h"

static const char help[] =
    "usage: headswap [-q] [-o file] [-c classes] [--at layer] [-s seed]\n"
    "                [--names file] [--freeze[=layer] | --thaw] [--no-history]\n"
    "                [model]\n"
    "       headswap --list [model]\n"
    "Give a model a fresh head, freeze or thaw the layers below it.\n"
    "\n"
    "  -c, --classes N       number of classes of a fresh head\n"
    "      --at LAYER        put a fresh head on the output of LAYER; remove the\n"
    "                        layers above it (default classes: as the old head)\n"
    "      --names FILE      class names, one per line\n"
    "  -s, --seed N          seed of the fresh head (default 0)\n"
    "      --freeze[=LAYER]  freeze all layers below the head, or all up to LAYER\n"
    "      --thaw            thaw all layers\n"
    "      --list            list the layers and the sizes of their outputs\n"
    "      --no-history      omit provenance records\n"
    "  -o, --output FILE     write the result to FILE, complete or not at all\n"
    "  -q, --quiet           no progress, no notes on standard error\n"
    "  -h, --help            print this help\n"
    "      --version         print the version\n";

enum { OPT_AT = OPT_FIRST, OPT_NAMES, OPT_FREEZE, OPT_THAW, OPT_LIST };

static const struct option options[] = {{"classes", required_argument, NULL, 'c'},
                                        {"at", required_argument, NULL, OPT_AT},
                                        {"names", required_argument, NULL, OPT_NAMES},
                                        {"seed", required_argument, NULL, 's'},
                                        {"freeze", optional_argument, NULL, OPT_FREEZE},
                                        {"thaw", no_argument, NULL, OPT_THAW},
                                        {"list", no_argument, NULL, OPT_LIST},
                                        STREAM_OPTIONS,
                                        COMMON_OPTIONS};

struct settings {
    int classes;
    const char *at; /* the layer whose output the fresh head takes; NULL: the one below the head */
    const char *names;
    uint64_t seed;
    int freeze, thaw, list, no_history;
    const char *layer; /* freeze up to this one; NULL: all below the head */
};

/* How many layers the fresh head goes behind; -1 if there is no such layer. */
static int layers_below(const struct settings *s, const struct net *n, struct error *e)
{
    int at = s->at ? net_find_or_list(n, s->at, e) : n->layers - 2, end;

    if (at == n->layers - 1)
        return error_set(e, "--at: '%s' is the head itself", s->at);
    if (at >= 0 && (end = net_block_end(n, at)) >= 0)
        return error_set(e, "--at: '%s' is inside a residual block, which ends with '%s'", s->at,
                         n->layer[end].name);
    return at < 0 ? -1 : at + 1;
}

/* A fresh head; it keeps the names of the classes unless their number is a new one. */
static int fresh_head(const struct settings *s, struct model *m, struct error *e)
{
    int below = layers_below(s, &m->net, e);
    char *names = NULL;

    if (below < 0)
        return -1;
    if (!s->classes && m->names && !(names = strdup(m->names)))
        return error_memory(e, "class names");
    if (model_swap_head(m, below, s->classes ? s->classes : m->net.classes, s->seed, e) < 0) {
        free(names);
        return -1;
    }
    m->names = names;
    return 0;
}

static int swap_head(const struct settings *s, struct model *m, struct error *e)
{
    char *names;

    if ((s->classes || s->at) && fresh_head(s, m, e) < 0)
        return -1;
    if (!s->names)
        return 0;
    names = names_load(s->names, e);
    if (!names)
        return -1;
    free(m->names);
    m->names = names;
    if (names_count(names) != (uint64_t)m->net.classes)
        return error_set(e, "%s: %" PRIu64 " names for a head of %d classes", s->names,
                         names_count(names), m->net.classes);
    return 0;
}

/* Layers with parameters up to `layer` are frozen, those above it are not. */
static int freeze(const struct settings *s, struct model *m, struct error *e)
{
    struct net *n = &m->net;
    int last = n->layers - 2;

    if (s->layer && (last = net_find_or_list(n, s->layer, e)) < 0)
        return -1;
    for (int i = 0; i < n->layers; i++)
        n->layer[i].frozen = s->freeze && i <= last && n->layer[i].slots;
    return 0;
}

static int describe(const struct settings *s, struct model *m, struct error *e)
{
    char line[256];
    int n;

    if (s->no_history) {
        model_drop_history(m);
        return 0;
    }
    n = snprintf(line, sizeof line, "headswap %s", ROTPIPE_VERSION);
    if (s->at)
        n += snprintf(line + n, sizeof line - (size_t)n, " --at %.20s", s->at);
    if (s->classes || s->at)
        n += snprintf(line + n, sizeof line - (size_t)n, " -c %d -s %" PRIu64, m->net.classes,
                      s->seed);
    if (s->freeze)
        n += snprintf(line + n, sizeof line - (size_t)n, " --freeze%s%.20s", s->layer ? "=" : "",
                      s->layer ? s->layer : "");
    if (s->names)
        n += snprintf(line + n, sizeof line - (size_t)n, " --names");
    if (s->thaw)
        snprintf(line + n, sizeof line - (size_t)n, " --thaw");
    return history_add(&m->history, "", line, e);
}

/* One line per layer: name, output, its size, parameters, whether it is frozen. */
static void list_layers(const struct net *n)
{
    puts("layer\toutput\tsize\tparameters\tfrozen");
    for (int i = 0; i < n->layers; i++) {
        const struct layer *l = &n->layer[i];
        printf("%s\t%d x %d x %d\t%" PRIu64 "\t%" PRIu64 "\t%s\n", l->name, l->out.h, l->out.w,
               l->out.c, extent_size(l->out), layer_parameters(n, i), l->frozen ? "yes" : "no");
    }
}

static int run(const struct settings *s, const char *path, struct error *e)
{
    struct rts_writer *out = NULL;
    struct model m;
    int status = -1;

    if (model_load(&m, path, e) < 0)
        return -1;
    say_stopped(path, m.history.text);
    if (s->list) {
        start_text();
        list_layers(&m.net);
        model_free(&m);
        return 0;
    }
    if (swap_head(s, &m, e) == 0 && (!(s->freeze || s->thaw) || freeze(s, &m, e) == 0) &&
        describe(s, &m, e) == 0 && (out = rts_create(result_path(), e)) &&
        model_save(&m, out, e) == 0) {
        status = rts_finish(out, e);
        out = NULL;
    }
    rts_abandon(out);
    model_free(&m);
    return status;
}

/* Refuses options that exclude each other. */
static void check_settings(const struct settings *s, int seeded)
{
    int fresh = s->classes || s->at;

    if (s->list && (fresh || seeded || s->names || s->freeze || s->thaw || s->no_history))
        misused("--list cannot be combined with options that change the model");
    if (s->freeze && s->thaw)
        misused("--freeze and --thaw are mutually exclusive");
    if (seeded && !fresh)
        misused("%s needs -c or --at", as_typed('s'));
    if (fresh && s->layer && strcmp(s->layer, "head") == 0)
        misused("--freeze=head: a fresh head cannot be frozen");
}

int main(int argc, char **argv)
{
    struct settings s = {0};
    struct error e;
    int option, seeded = 0;

    start(argv);
    while ((option = next_option(argc, argv, "c:s:", options)) != -1)
        switch (option) {
        case 'c':
            s.classes = (int)int_argument(optarg, 1, NET_CLASSES_MAX);
            break;
        case OPT_AT:
            s.at = optarg;
            break;
        case OPT_NAMES:
            s.names = optarg;
            break;
        case 's':
            s.seed = seed_argument(optarg);
            seeded = 1;
            break;
        case OPT_FREEZE:
            s.freeze = 1;
            s.layer = optarg;
            break;
        case OPT_THAW:
            s.thaw = 1;
            break;
        case OPT_LIST:
            s.list = 1;
            break;
        case OPT_NO_HISTORY:
            s.no_history = 1;
            break;
        default:
            common_option(option, help);
        }
    check_settings(&s, seeded);
    if (argc - optind > 1)
        misused("too many operands");
    if (s.list)
        start_text();
    if (run(&s, optind < argc ? argv[optind] : "-", &e) < 0)
        die(&e);
    if (s.list)
        finish_text();
    return EXIT_DONE;
}

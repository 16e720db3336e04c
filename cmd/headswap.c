/* headswap - give a model a fresh head, freeze or thaw what is below it */
#include "cli/cli.h"
#include "net/model.h"
#include "rts/examples.h"

static const char help[] =
    "usage: headswap [-c classes [-s seed]] [--names file] [--freeze[=layer] | --thaw]\n"
    "                [--no-history] [file]\n"
    "Give a model a fresh head, freeze or thaw the layers below it.\n"
    "\n"
    "  -c, --classes N        a fresh head of N classes\n"
    "      --names FILE       class names, one a line\n"
    "  -s, --seed N           of the fresh head (default 0)\n"
    "      --freeze[=LAYER]   freeze all below the head, or all up to LAYER\n"
    "      --thaw             nothing is frozen\n"
    "      --no-history       write nothing of how it was made\n"
    "  -o, --output FILE      write the result to FILE, complete or not at all\n"
    "  -q, --quiet            no progress, no notes on standard error\n"
    "  -h, --help             this text\n"
    "      --version          the version\n";

enum { OPT_NAMES = OPT_FIRST, OPT_FREEZE, OPT_THAW };

static const struct option options[] = {{"classes", required_argument, NULL, 'c'},
                                        {"names", required_argument, NULL, OPT_NAMES},
                                        {"seed", required_argument, NULL, 's'},
                                        {"freeze", optional_argument, NULL, OPT_FREEZE},
                                        {"thaw", no_argument, NULL, OPT_THAW},
                                        STREAM_OPTIONS,
                                        COMMON_OPTIONS};

struct settings {
    int classes;
    const char *names;
    uint64_t seed;
    int freeze, thaw, no_history;
    const char *layer; /* freeze up to this one; NULL: all below the head */
};

static int swap_head(const struct settings *s, struct model *m, struct error *e)
{
    char *names;

    if (s->classes && model_swap_head(m, s->classes, s->seed, e) < 0)
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

    if (s->layer && (last = net_find(n, s->layer)) < 0)
        return net_truncate(n, s->layer, e); /* it says which layers there are */
    for (int i = 0; i < n->layers; i++)
        n->layer[i].frozen = s->freeze && i <= last && n->layer[i].weights;
    return 0;
}

static int describe(const struct settings *s, struct model *m, struct error *e)
{
    char line[128];
    int n;

    if (s->no_history) {
        model_drop_history(m);
        return 0;
    }
    n = snprintf(line, sizeof line, "headswap %s", ROTPIPE_VERSION);
    if (s->classes)
        n += snprintf(line + n, sizeof line - (size_t)n, " -c %d -s %" PRIu64, s->classes, s->seed);
    if (s->freeze)
        n += snprintf(line + n, sizeof line - (size_t)n, " --freeze%s%.20s", s->layer ? "=" : "",
                      s->layer ? s->layer : "");
    if (s->names)
        n += snprintf(line + n, sizeof line - (size_t)n, " --names");
    if (s->thaw)
        snprintf(line + n, sizeof line - (size_t)n, " --thaw");
    return history_add(&m->history, "", line, e);
}

static int run(const struct settings *s, const char *path, struct error *e)
{
    struct rts_writer *out = NULL;
    struct model m;
    int status = -1;

    if (model_load(&m, path, e) < 0)
        return -1;
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
        case OPT_NO_HISTORY:
            s.no_history = 1;
            break;
        default:
            common_option(option, help);
        }
    if (s.freeze && s.thaw)
        misused("--freeze and --thaw exclude each other");
    if (seeded && !s.classes)
        misused("%s is for the fresh head of -c", as_typed('s'));
    if (s.classes && s.layer && strcmp(s.layer, "head") == 0)
        misused("--freeze=head: with -c the head is fresh, and never frozen");
    if (argc - optind > 1)
        misused("one model at a time");
    if (run(&s, optind < argc ? argv[optind] : "-", &e) < 0)
        die(&e);
    return EXIT_DONE;
}

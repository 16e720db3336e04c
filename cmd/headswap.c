/* headswap - give a model a fresh head, freeze or thaw what is below it */
#include "cli/cli.h"
#include "cli/say.h"
#include "model/model.h"
#include "rts/examples.h"
#include "rts/names.h"

static const char usage[] =
    "usage: headswap [-q] [-o file] [-c classes] [--at layer] [--reinit layer]\n"
    "                [-s seed] [--names file] [--freeze[=layer] | --thaw]\n"
    "                [--no-history] [model]\n"
    "       headswap --list [model]\n"
    "Give a model a fresh head, freeze or thaw the layers below it.\n";

/* What is frozen. */
struct freeze {
    int on;
    const char *layer; /* up to this one; NULL: all below the head */
};

struct settings {
    int classes;
    const char *at; /* the layer whose output the fresh head takes; NULL: the one below the head */
    const char *names;
    uint64_t seed;
    struct freeze freeze;
    int thaw, list, no_history;
    const char *reinit; /* this layer and those behind it start fresh */
    int fresh;          /* there is a fresh head */
    int drawn;          /* there are fresh weights */
};

static void take_freeze(void *at, const struct setting *s, char *layer)
{
    (void)s;
    *(struct freeze *)at = (struct freeze){1, layer};
}

static int put_freeze(const void *at, char *text, size_t size)
{
    const char *layer = ((const struct freeze *)at)->layer;

    return snprintf(text, size, "%s%s", layer ? "=" : "", layer ? layer : "");
}

/* clang-format off */
static const struct setting rows[] = {
    {"classes", 'c', "N", "number of classes of a fresh head",
     WITH(fresh), INT(classes, 1, NET_CLASSES_MAX)},
    {"at", 0, "LAYER",
     "put a fresh head on the output of LAYER; remove the\n"
     "layers above it (default classes: as the old head)",
     SETTING_GIVEN, WORD(at), .place = -1},
    {"reinit", 0, "LAYER", "start LAYER and all behind it fresh, the head too",
     SETTING_GIVEN, WORD(reinit)},
    {"names", 0, "FILE", "class names, one per line",
     SETTING_NAMED, TEXT(names), .place = 1},
    {"seed", 's', "N", "seed of the fresh head and layers (default 0)",
     WITH(drawn), SEED(seed)},
    {"freeze", 0, "[=LAYER]", "freeze all layers below the head, or all up to LAYER",
     SETTING_GIVEN, CALL(freeze, take_freeze, put_freeze)},
    {"thaw", 0, NULL, "thaw all layers",
     SETTING_CHANGED, FLAG(thaw), .place = 1},
    {"list", 0, NULL, "list the layers and the sizes of their outputs",
     SETTING_FREE, FLAG(list)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, FLAG(no_history)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows};

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

    if (s->fresh && fresh_head(s, m, e) < 0)
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

static int reinit(const struct settings *s, struct model *m, struct error *e)
{
    int first = net_find_or_list(&m->net, s->reinit, e);

    return first < 0 ? -1 : model_reinit(m, first, s->seed, e);
}

/* Layers with parameters up to `layer` are frozen, those above it are not. */
static int freeze(const struct settings *s, struct model *m, struct error *e)
{
    struct net *n = &m->net;
    int last = n->layers - 2;

    if (s->freeze.layer && (last = net_find_or_list(n, s->freeze.layer, e)) < 0)
        return -1;
    if (s->freeze.on && s->reinit && last >= net_find(n, s->reinit))
        return error_set(e, "--freeze: '%s' is fresh (--reinit), and would not learn", s->reinit);
    for (int i = 0; i < n->layers; i++)
        n->layer[i].frozen = s->freeze.on && i <= last && n->layer[i].slots;
    return 0;
}

static int describe(const struct settings *s, struct model *m, struct error *e)
{
    struct settings known = *s;
    char line[256];

    if (s->no_history) {
        model_drop_history(m);
        return 0;
    }
    known.classes = m->net.classes;
    snprintf(line, sizeof line, "headswap %s", ROTPIPE_VERSION);
    settings_line(&table, &known, line, sizeof line);
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
    if (swap_head(s, &m, e) == 0 && (!s->reinit || reinit(s, &m, e) == 0) &&
        (!(s->freeze.on || s->thaw) || freeze(s, &m, e) == 0) && describe(s, &m, e) == 0 &&
        (out = rts_create(result_path(), e)) && model_save(&m, out, e) == 0) {
        status = rts_finish(out, e);
        out = NULL;
    }
    rts_abandon(out);
    model_free(&m);
    return status;
}

/* Refuses options that exclude each other. */
static void check_settings(const struct settings *s)
{
    int seeded = settings_given(&table, "seed");

    if (s->list &&
        (s->fresh || seeded || s->names || s->reinit || s->freeze.on || s->thaw || s->no_history))
        misused("--list cannot be combined with options that change the model");
    if (s->freeze.on && s->thaw)
        misused("--freeze and --thaw are mutually exclusive");
    if (seeded && !s->drawn)
        misused("%s needs -c, --at or --reinit", as_typed('s'));
    if (s->fresh && s->freeze.layer && strcmp(s->freeze.layer, "head") == 0)
        misused("--freeze=head: a fresh head cannot be frozen");
}

int main(int argc, char **argv)
{
    struct settings s = {0};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    s.fresh = s.classes || s.at;
    s.drawn = s.fresh || s.reinit;
    check_settings(&s);
    if (argc - first > 1)
        misused("too many operands");
    if (s.list)
        start_text();
    if (run(&s, first < argc ? argv[first] : "-", &e) < 0)
        die(&e);
    if (s.list)
        finish_text();
    return EXIT_DONE;
}

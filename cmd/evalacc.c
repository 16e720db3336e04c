/* evalacc - accuracy of a model on labelled images */
#include "base/rate.h"
#include "cli/modeloptions.h"
#include "eval/score.h"

static const char usage[] =
    "usage: evalacc [-q] [-o file] -m model [-m model ...] [--flip] [--shift n]\n"
    "               [--confusion] [--report] [--json] [-j threads] [file ...]\n"
    "Classify labelled images with a model, or several; print the accuracy.\n";

struct settings {
    struct model_options models;
    int confusion, report, json;
};

/* clang-format off */
static const struct setting rows[] = {
    GROUP(models, model_rows),
    {"confusion", 0, NULL, "confusion matrix: one row per true class",
     SETTING_FREE, FLAG(confusion)},
    {"report", 0, NULL, "balanced accuracy; precision, recall and F1 of each class",
     SETTING_FREE, FLAG(report)},
    {"json", 0, NULL, "everything as one JSON object",
     SETTING_FREE, FLAG(json)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 23};

static int evaluate_chunk(struct ensemble *g, struct score *s, const struct source *in,
                          const struct chunk *c, struct error *e)
{
    for (uint64_t done = 0, n; done < c->n; done += n) {
        const uint32_t *label = c->label + done;
        n = c->n - done < ENSEMBLE_BLOCK ? c->n - done : ENSEMBLE_BLOCK;
        if (ensemble_judge(g, in, c, done, n, label, s->n, e) < 0)
            return -1;
        for (uint64_t i = 0; i < n; i++)
            score_add(s, (int)label[i], g->said[i], g->loss[i]);
    }
    return 0;
}

/* name: the name of the data in messages. */
static int evaluate(struct ensemble *g, struct score *s, struct source *in, const char *name,
                    struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0) {
        if (!c.label && c.n)
            return source_complain(in, e, "images without labels");
        if (ensemble_check(g, in, &c, e) < 0 || evaluate_chunk(g, s, in, &c, e) < 0)
            return -1;
    }
    if (got == 0 && s->n == 0)
        return error_set(e, "%s: contains no images", name);
    return got < 0 ? -1 : ensemble_check_names(g, in, e);
}

/* Tells of a model's dead features; of several models the one is named. */
static void warn_of_dead(const struct ensemble *g, const struct member *m)
{
    const struct activity *a = &m->activity;
    const char *name = strcmp(m->path, "-") == 0 ? "standard input" : m->path;

    note("%s%s" ACTIVITY_WARNING, g->members > 1 ? name : "", g->members > 1 ? ": " : "",
         activity_dead(a), activity_features(a), a->images);
}

/* Notes on signs that the models have learnt less than the accuracy suggests. */
static void warn(const struct ensemble *g, const struct score *s)
{
    char accuracy[RATE_BYTES], share[RATE_BYTES];
    int class;

    if (score_is_chance(s, &class))
        note("accuracy %s is within sampling error of always answering class %d (%s)",
             rate_text((double)s->correct / (double)s->n, 4, accuracy), class,
             rate_text((double)score_class(s, class).support / (double)s->n, 4, share));
    for (int i = 0; i < g->members; i++)
        if (activity_is_low(&g->member[i].activity))
            warn_of_dead(g, &g->member[i]);
}

static int run(const struct settings *s, char **paths, int n, struct error *e)
{
    unsigned parts = (s->confusion ? SCORE_CONFUSION : 0) | (s->report ? SCORE_REPORT : 0);
    struct ensemble g = {0};
    struct score score = {0};
    struct source *in = NULL;
    int status = -1;

    if (model_open(&s->models, &g, e) == 0 && (in = source_open(paths, n, e)) &&
        score_init(&score, g.classes, e) == 0 && ensemble_watch(&g, e) == 0)
        status = evaluate(&g, &score, in, n ? paths[0] : "standard input", e);
    if (status == 0 && s->json)
        score_print_json(&score, g.names, stdout);
    else if (status == 0)
        score_print(&score, g.names, parts, stdout);
    if (status == 0)
        warn(&g, &score);
    score_free(&score);
    ensemble_close(&g);
    source_close(in);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {0};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    model_settle(&s.models, argv + first, argc - first);
    start_text();
    if (run(&s, argv + first, argc - first, &e) < 0)
        die(&e);
    finish_text();
}

/* evalacc - accuracy of a model on labelled images */
#include "base/rate.h"
#include "cli/cli.h"
#include "cli/say.h"
#include "net/classifier.h"
#include "net/infer.h"
#include "net/score.h"

static const char help[] =
    "usage: evalacc [-q] [-o file] -m model [--confusion] [--report] [--json]\n"
    "               [-j threads] [file ...]\n"
    "Classify labelled images with a model; print the accuracy.\n"
    "\n"
    "  -m, --model FILE    model\n"
    "      --confusion     confusion matrix: one row per true class\n"
    "      --report        balanced accuracy; precision, recall and F1 of each class\n"
    "      --json          everything as one JSON object\n"
    "  -j, --threads N     number of threads (default: all available processors)\n"
    "  -o, --output FILE   write the result to FILE, complete or not at all\n"
    "  -q, --quiet         no progress, no notes on standard error\n"
    "  -h, --help          print this help\n"
    "      --version       print the version\n";

enum { OPT_CONFUSION = OPT_FIRST, OPT_REPORT, OPT_JSON };

static const struct option options[] = {
    {"model", required_argument, NULL, 'm'},   {"confusion", no_argument, NULL, OPT_CONFUSION},
    {"report", no_argument, NULL, OPT_REPORT}, {"json", no_argument, NULL, OPT_JSON},
    {"threads", required_argument, NULL, 'j'}, COMMON_OPTIONS};

struct evaluator {
    struct classifier c;
    uint16_t *label;
    struct prediction *prediction;
    uint64_t room;
    struct score score;
    struct activity activity;
};

static int reserve(struct evaluator *v, uint64_t n, struct error *e)
{
    if (n <= v->room)
        return 0;
    free(v->label);
    free(v->prediction);
    v->label = malloc(n * sizeof *v->label);
    v->prediction = malloc(n * sizeof *v->prediction);
    v->room = n;
    return v->label && v->prediction ? 0 : error_memory(e, "predictions");
}

/* name: the name of the data in messages. */
static int evaluate(struct evaluator *v, struct source *in, const char *name, struct error *e)
{
    struct chunk c;
    char what[INFER_WHAT_MAX];
    uint64_t bad;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0) {
        if (!c.label && c.n)
            return source_complain(in, e, "images without labels");
        if (classifier_check(&v->c, in, &c, e) < 0 || reserve(v, c.n, e) < 0)
            return -1;
        for (uint64_t i = 0; i < c.n; i++)
            v->label[i] = (uint16_t)c.label[i];
        bad = infer_predict(v->c.engine, v->c.table, c.data, v->label, c.n, v->prediction,
                            &v->activity);
        if (bad < c.n) {
            infer_not_finite(&v->c.model.net, v->score.n + bad, what, sizeof what);
            return source_complain(in, e, "%s", what);
        }
        v->activity.images += c.n;
        for (uint64_t i = 0; i < c.n; i++)
            score_add(&v->score, v->label[i], v->prediction[i].label, v->prediction[i].loss);
    }
    if (got == 0 && v->score.n == 0)
        return error_set(e, "%s: contains no images", name);
    return got < 0 ? -1 : classifier_check_names(&v->c, in, e);
}

/* Notes on signs that the model has learnt less than the accuracy suggests. */
static void warn(const struct evaluator *v)
{
    const struct score *s = &v->score;
    const struct activity *a = &v->activity;
    char accuracy[RATE_BYTES], share[RATE_BYTES];
    int class;

    if (score_is_chance(s, &class))
        note("accuracy %s is within sampling error of always answering class %d (%s)",
             rate_text((double)s->correct / (double)s->n, 4, accuracy), class,
             rate_text((double)score_class(s, class).support / (double)s->n, 4, share));
    if (activity_is_low(a))
        note(ACTIVITY_WARNING, activity_dead(a), activity_features(a), a->images);
}

static int run(const char *model, int threads, unsigned parts, int json, char **paths, int n,
               struct error *e)
{
    struct evaluator v = {0};
    const struct model *m = &v.c.model;
    struct source *in = NULL;
    int status = -1;

    if (classifier_open(&v.c, model, getenv("ROTPIPE_KERNELS"), threads, e) < 0)
        goto done;
    say_stopped(model, m->history.text);
    if ((in = source_open(paths, n, e)) && score_init(&v.score, m->net.classes, e) == 0 &&
        activity_start(&v.activity, v.c.engine, e) == 0)
        status = evaluate(&v, in, n ? paths[0] : "standard input", e);
    if (status == 0 && json)
        score_print_json(&v.score, m->names, stdout);
    else if (status == 0)
        score_print(&v.score, m->names, parts, stdout);
    if (status == 0)
        warn(&v);
done:
    score_free(&v.score);
    activity_free(&v.activity);
    classifier_close(&v.c);
    source_close(in);
    free(v.label);
    free(v.prediction);
    return status;
}

int main(int argc, char **argv)
{
    const char *model = NULL;
    struct error e;
    unsigned parts = 0;
    int option, threads = 0, json = 0;

    start(argv);
    while ((option = next_option(argc, argv, "m:j:", options)) != -1)
        switch (option) {
        case 'm':
            model = optarg;
            break;
        case OPT_CONFUSION:
            parts |= SCORE_CONFUSION;
            break;
        case OPT_REPORT:
            parts |= SCORE_REPORT;
            break;
        case OPT_JSON:
            json = 1;
            break;
        case 'j':
            threads = threads_argument(optarg);
            break;
        default:
            common_option(option, help);
        }
    if (!model)
        misused("-m: a model is needed");
    if (standard_inputs(argv + optind, argc - optind) + (strcmp(model, "-") == 0) > 1)
        misused("standard input can be only one of data and -m");
    start_text();
    if (run(model, threads, parts, json, argv + optind, argc - optind, &e) < 0)
        die(&e);
    finish_text();
}

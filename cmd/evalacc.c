/* evalacc - accuracy of a model on a labelled image stream */
#include "cmd.h"

#include "net/infer.h"
#include "net/model.h"
#include "net/score.h"
#include "rts/examples.h"

static const char help[] =
    "usage: evalacc -m model [--confusion] [--report] [--json] [-j threads] [file ...]\n"
    "Classify a labelled image stream and print how right the model is.\n"
    "\n"
    "  -m, --model FILE    the model\n"
    "      --confusion     the confusion matrix: a row a true class, a column a predicted one\n"
    "      --report        precision, recall and F1 of each class\n"
    "      --json          all of it as one JSON object\n"
    "  -j, --threads N     (default: the processors at hand)\n"
    "      --help          this text\n"
    "      --version       the version\n";

enum { OPT_CONFUSION = OPT_FIRST, OPT_REPORT, OPT_JSON };

static const struct option options[] = {
    {"model", required_argument, NULL, 'm'},   {"confusion", no_argument, NULL, OPT_CONFUSION},
    {"report", no_argument, NULL, OPT_REPORT}, {"json", no_argument, NULL, OPT_JSON},
    {"threads", required_argument, NULL, 'j'}, COMMON_OPTIONS};

struct evaluator {
    const struct model *m;
    struct engine *engine;
    float *table;
    uint16_t *label;
    struct prediction *prediction;
    uint64_t room;
    struct score score;
    int64_t largest; /* of the labels so far */
};

/* Names may come behind the labels that they are for: this is asked again at the end. */
static int check_names(const struct evaluator *v, const struct source *in, struct error *e)
{
    struct error why;

    if (model_check_names(v->m, source_names(in), v->largest, &why) < 0)
        return source_complain(in, e, "%s", why.text);
    return 0;
}

static int check_chunk(struct evaluator *v, const struct source *in, const struct chunk *c,
                       struct error *e)
{
    struct extent want = v->m->net.image;
    const uint64_t *shape = c->head.shape;

    if (!c->label && c->n)
        return source_complain(in, e, "images without labels");
    if (shape[1] != (uint64_t)want.h || shape[2] != (uint64_t)want.w ||
        shape[3] != (uint64_t)want.c)
        return source_complain(in, e,
                               "images of %" PRIu64 " x %" PRIu64 " x %" PRIu64
                               ", the model is for %d x %d x %d",
                               shape[1], shape[2], shape[3], want.h, want.w, want.c);
    for (uint64_t i = 0; i < c->n; i++) {
        if (c->label[i] >= (uint32_t)v->m->net.classes)
            return source_complain(in, e, "label %" PRIu32 ", the model's head has %d classes",
                                   c->label[i], v->m->net.classes);
        if (c->label[i] > v->largest)
            v->largest = c->label[i];
    }
    return check_names(v, in, e);
}

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

/* name: what the user calls the data. */
static int evaluate(struct evaluator *v, struct source *in, const char *name, struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0) {
        if (check_chunk(v, in, &c, e) < 0 || reserve(v, c.n, e) < 0)
            return -1;
        for (uint64_t i = 0; i < c.n; i++)
            v->label[i] = (uint16_t)c.label[i];
        infer_predict(v->engine, v->table, c.data, v->label, c.n, v->prediction);
        for (uint64_t i = 0; i < c.n; i++)
            score_add(&v->score, v->label[i], v->prediction[i].label, v->prediction[i].loss);
    }
    if (got == 0 && v->score.n == 0)
        return error_set(e, "%s: no images in it", name);
    return got < 0 ? -1 : check_names(v, in, e);
}

static int run(const char *model, int threads, unsigned parts, int json, char **paths, int n,
               struct error *e)
{
    const struct kernels *kernels = kernels_pick(getenv("ROTPIPE_KERNELS"));
    struct model m = {0};
    struct evaluator v = {.m = &m, .largest = -1};
    struct source *in = NULL;
    struct team *team = NULL;
    int status = -1;

    if (!kernels)
        return error_set(e, "ROTPIPE_KERNELS: '%s' cannot run here", getenv("ROTPIPE_KERNELS"));
    if (model_load(&m, model, e) < 0)
        return -1;
    if ((in = source_open(paths, n, e)) && (v.table = model_pixel_table(&m, e)) &&
        (team = team_new(threads ? threads : team_default_size(), e)) &&
        (v.engine = engine_new(&m.net, m.parameters, kernels, team, 0, e)) &&
        score_init(&v.score, m.net.classes, e) == 0)
        status = evaluate(&v, in, n ? paths[0] : "standard input", e);
    if (status == 0 && json)
        score_print_json(&v.score, m.names, stdout);
    else if (status == 0)
        score_print(&v.score, m.names, parts, stdout);
    score_free(&v.score);
    engine_free(v.engine);
    team_free(team);
    source_close(in);
    free(v.table);
    free(v.label);
    free(v.prediction);
    model_free(&m);
    return status;
}

int main(int argc, char **argv)
{
    const char *model = NULL;
    struct error e;
    unsigned parts = 0;
    int option, threads = 0, json = 0;

    start(argv);
    while ((option = getopt_long(argc, argv, "m:j:", options, NULL)) != -1)
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
            threads = (int)int_argument("-j", optarg, 1, 1024);
            break;
        default:
            common_option(option, help);
        }
    if (!model)
        misused("-m: a model is needed");
    if (standard_inputs(argv + optind, argc - optind) + (strcmp(model, "-") == 0) > 1)
        misused("standard input can be only one of data and -m");
    if (run(model, threads, parts, json, argv + optind, argc - optind, &e) < 0)
        die(&e);
    finish_text();
}

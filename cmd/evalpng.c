/* evalpng - images with the predictions of a model, as a contact sheet */
#include "cli/say.h"
#include "cli/sheetoptions.h"
#include "img/cards.h"
#include "net/classifier.h"
#include "net/infer.h"
#include "net/layers.h"

#include <math.h>

static const char help[] =
    "usage: evalpng [-q] [-o file] -m model [-n count] [--worst] [--bars]\n"
    "               [--columns n] [--border n] [--scale n] [--labels] [-j threads]\n"
    "               [file ...]\n"
    "Draw images with the predictions of a model, as PNG: a thin green frame is\n"
    "right, a thick red frame is wrong, a grey frame has no label.\n"
    "\n"
    "  -m, --model FILE     model\n"
    "  -n, --count N        number of images (default 100)\n"
    "      --worst          the images with the largest loss instead, worst first\n"
    "      --bars           probability of every class under every image\n" SHEET_HELP
    "  -j, --threads N      number of threads (default: all available processors)\n"
    "  -o, --output FILE    write the result to FILE, complete or not at all\n"
    "  -q, --quiet          no progress, no notes on standard error\n"
    "  -h, --help           print this help\n"
    "      --version        print the version\n";

enum { OPT_WORST = OPT_SHEET_END, OPT_BARS };

static const struct option options[] = {{"model", required_argument, NULL, 'm'},
                                        {"count", required_argument, NULL, 'n'},
                                        {"worst", no_argument, NULL, OPT_WORST},
                                        {"bars", no_argument, NULL, OPT_BARS},
                                        SHEET_OPTIONS,
                                        {"threads", required_argument, NULL, 'j'},
                                        COMMON_OPTIONS};

/* An image that may be drawn, and the head's outputs for it, in one block of memory. */
struct judged {
    double loss;       /* -log of the belief in the true class */
    uint64_t position; /* in the stream */
    int truth;         /* -1: no label */
    float *logits;
    uint8_t *pixels;
};

struct job {
    struct classifier c;
    uint64_t count, seen;
    int worst;
    struct sheet_style style;
    int bars;
    struct judged *kept;
    uint64_t n, room;
    float *logits; /* of a chunk */
    uint64_t logits_room;
};

/* ---- keeping images ---- */

/* The worst first, then in the order of the stream. */
static int by_loss(const void *a, const void *b)
{
    const struct judged *x = a, *y = b;

    if (x->loss != y->loss)
        return x->loss > y->loss ? -1 : 1;
    return x->position < y->position ? -1 : x->position > y->position;
}

/* Sorts, and drops what is beyond the count. */
static void settle(struct job *j)
{
    if (j->n)
        qsort(j->kept, j->n, sizeof *j->kept, by_loss);
    while (j->n > j->count)
        free(j->kept[--j->n].logits);
}

static int make_room(struct job *j, struct error *e)
{
    struct judged *more;

    if (j->n < j->room)
        return 0;
    /* Twice the count is enough: the worse half stays, and each is moved a few times only. */
    if (j->worst && j->n >= 2 * j->count) {
        settle(j);
        return 0;
    }
    j->room = j->room ? 2 * j->room : 64;
    more = realloc(j->kept, j->room * sizeof *more);
    if (!more)
        return error_memory(e, "images");
    j->kept = more;
    return 0;
}

static int keep(struct job *j, const uint8_t *pixels, uint64_t stride, const float *logits,
                const uint32_t *label, struct error *e)
{
    size_t classes = (size_t)j->c.model.net.classes;
    struct judged k = {.position = j->seen++, .truth = label ? (int)*label : -1};

    if (label)
        k.loss = softmax_cross_entropy(logits, (int)classes, k.truth, 1, NULL);
    if (make_room(j, e) < 0)
        return -1;
    k.logits = malloc(classes * sizeof *logits + stride);
    if (!k.logits)
        return error_memory(e, "images");
    k.pixels = (uint8_t *)(k.logits + classes);
    memcpy(k.logits, logits, classes * sizeof *logits);
    memcpy(k.pixels, pixels, stride);
    j->kept[j->n++] = k;
    return 0;
}

static int judge(struct job *j, const struct source *in, const struct chunk *c, uint64_t n,
                 struct error *e)
{
    size_t classes = (size_t)j->c.model.net.classes;
    char what[INFER_WHAT_MAX];
    uint64_t bad = 0;

    if (n > j->logits_room) {
        free(j->logits);
        j->logits = malloc(n * classes * sizeof *j->logits);
        j->logits_room = j->logits ? n : 0;
        if (!j->logits)
            return error_memory(e, "predictions");
    }
    if (n)
        bad = infer_features(j->c.engine, j->c.table, c->data, n, j->logits);
    if (bad < n) {
        infer_not_finite(&j->c.model.net, j->seen + bad, what, sizeof what);
        return source_complain(in, e, "%s", what);
    }
    for (uint64_t i = 0; i < n; i++)
        if (keep(j, (const uint8_t *)c->data + i * c->stride, c->stride, j->logits + i * classes,
                 c->label ? c->label + i : NULL, e) < 0)
            return -1;
    return 0;
}

/* Reads the stream to its end, since damage there counts. */
static int collect(struct job *j, struct source *in, struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0) {
        uint64_t wanted = j->worst ? c.n : j->count - j->n;
        if (j->worst && c.n && !c.label)
            return source_complain(in, e, "images without labels; --worst needs labels");
        if (classifier_check(&j->c, in, &c, e) < 0 ||
            judge(j, in, &c, c.n < wanted ? c.n : wanted, e) < 0)
            return -1;
    }
    if (got < 0)
        return -1;
    if (j->worst)
        settle(j);
    return classifier_check_names(&j->c, in, e);
}

/* ---- drawing them ---- */

/* What the model says: the class of the largest logit, the first of equals, and its beliefs. */
static void decide(struct card *card, const float *logits, float *belief, int classes)
{
    for (int k = 0; k < classes; k++) {
        double p = exp(-softmax_cross_entropy(logits, classes, k, 1, NULL));
        belief[k] = (float)p;
        if (logits[k] > logits[card->said])
            card->said = k;
    }
    card->belief = belief;
}

static int draw(const struct job *j, struct output *out, struct error *e)
{
    const struct model *m = &j->c.model;
    size_t classes = (size_t)m->net.classes, n = j->n ? j->n : 1;
    struct card *card = calloc(n, sizeof *card);
    float *belief = malloc(n * classes * sizeof *belief);
    struct cards cards = {.n = j->n,
                          .card = card,
                          .height = (uint64_t)m->net.image.h,
                          .width = (uint64_t)m->net.image.w,
                          .channels = (uint64_t)m->net.image.c,
                          .classes = m->net.classes,
                          .names = m->names,
                          .columns = j->style.columns,
                          .border = j->style.border,
                          .scale = j->style.scale,
                          .captions = j->style.captions,
                          .bars = j->bars};
    int status = card && belief ? 0 : error_memory(e, "predictions");

    for (uint64_t i = 0; status == 0 && i < j->n; i++) {
        card[i].pixels = j->kept[i].pixels;
        card[i].truth = j->kept[i].truth;
        decide(&card[i], j->kept[i].logits, belief + i * classes, m->net.classes);
    }
    if (status == 0)
        status = cards_write(&cards, out, e);
    free(belief);
    free(card);
    return status;
}

static int run(struct job *j, const char *model, int threads, char **paths, int n, struct error *e)
{
    struct source *in = NULL;
    struct output *out = NULL;
    int status = -1;

    if (classifier_open(&j->c, model, getenv("ROTPIPE_KERNELS"), threads, e) < 0)
        goto done;
    say_stopped(model, j->c.model.history.text);
    if ((in = source_open(paths, n, e)) && (out = output_open(result_path(), e)) &&
        collect(j, in, e) == 0)
        status = draw(j, out, e);
done:
    source_close(in);
    classifier_close(&j->c);
    for (uint64_t i = 0; i < j->n; i++)
        free(j->kept[i].logits);
    free(j->kept);
    free(j->logits);
    if (status == 0)
        return output_close(out, e);
    output_abandon(out);
    return -1;
}

int main(int argc, char **argv)
{
    struct job j = {.count = SHEET_DEFAULT_COUNT, .style = SHEET_DEFAULTS};
    const char *model = NULL;
    struct error e;
    int option, threads = 0;

    start(argv);
    while ((option = next_option(argc, argv, "m:n:j:", options)) != -1)
        switch (option) {
        case 'm':
            model = optarg;
            break;
        case 'n':
            j.count = (uint64_t)int_argument(optarg, 1, INT32_MAX);
            break;
        case 'j':
            threads = threads_argument(optarg);
            break;
        case OPT_WORST:
            j.worst = 1;
            break;
        case OPT_BARS:
            j.bars = 1;
            break;
        default:
            if (!sheet_option(&j.style, option, optarg))
                common_option(option, help);
        }
    if (!model)
        misused("-m: a model is needed");
    if (j.bars && j.style.captions)
        misused("--bars and --labels are mutually exclusive");
    if (standard_inputs(argv + optind, argc - optind) + (strcmp(model, "-") == 0) > 1)
        misused("standard input can be only one of data and -m");
    sheet_settle(&j.style, j.bars || j.style.captions);
    if (run(&j, model, threads, argv + optind, argc - optind, &e) < 0)
        die(&e);
    return EXIT_DONE;
}

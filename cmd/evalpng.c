/* evalpng - images with the predictions of a model, as a contact sheet */
#include "cli/modeloptions.h"
#include "cli/sheetoptions.h"
#include "draw/cards.h"

static const char help[] =
    "usage: evalpng [-q] [-o file] -m model [-m model ...] [--flip] [--shift n]\n"
    "               [-n count] [--worst] [--bars] [--columns n] [--border n]\n"
    "               [--scale n] [--labels] [--files] [-j threads] [file ...]\n"
    "Draw images with the predictions of a model, or several, as PNG: a thin green\n"
    "frame is right, a thick red frame is wrong, a grey frame has no label.\n"
    "\n" MODEL_HELP "  -n, --count N        number of images (default 100)\n"
    "      --worst          the images with the largest loss instead, worst first\n"
    "      --bars           probability of every class under every image\n" SHEET_HELP
    "      --files          write the name of its file under every image\n"
    "  -o, --output FILE    write the result to FILE, complete or not at all\n"
    "  -q, --quiet          no progress, no notes on standard error\n"
    "  -h, --help           print this help\n"
    "      --version        print the version\n";

enum { OPT_WORST = OPT_SHEET_END, OPT_BARS, OPT_FILES };

static const struct option options[] = {MODEL_OPTIONS,
                                        {"count", required_argument, NULL, 'n'},
                                        {"worst", no_argument, NULL, OPT_WORST},
                                        {"bars", no_argument, NULL, OPT_BARS},
                                        SHEET_OPTIONS,
                                        {"files", no_argument, NULL, OPT_FILES},
                                        COMMON_OPTIONS};

/* An image that may be drawn, and what the models say of it, in one block of memory. */
struct judged {
    double loss;       /* -log of the belief in the true class */
    uint64_t position; /* in the stream */
    int truth;         /* -1: no label */
    int said;
    float *belief; /* of every class; here the block begins */
    uint8_t *pixels;
    char *file;
};

struct job {
    struct ensemble models;
    uint64_t count, seen;
    int worst;
    struct sheet_style style;
    int bars, files;
    struct judged *kept;
    uint64_t n, room;
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
        free(j->kept[--j->n].belief);
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

/* Keeps image i of a chunk, which is number `at` of those that have been judged last. */
static int keep(struct job *j, const struct chunk *c, uint64_t i, uint64_t at, struct error *e)
{
    const struct ensemble *g = &j->models;
    size_t classes = (size_t)g->classes;
    const char *file = c->file && j->files ? c->file[i] : "";
    struct judged k = {.position = j->seen++,
                       .loss = g->loss[at],
                       .truth = c->label ? (int)c->label[i] : -1,
                       .said = g->said[at]};

    if (make_room(j, e) < 0)
        return -1;
    k.belief = malloc(classes * sizeof *k.belief + c->stride + strlen(file) + 1);
    if (!k.belief)
        return error_memory(e, "images");
    k.pixels = (uint8_t *)(k.belief + classes);
    k.file = (char *)k.pixels + c->stride;
    for (size_t n = 0; n < classes; n++)
        k.belief[n] = (float)g->belief[at * classes + n];
    memcpy(k.pixels, (const uint8_t *)c->data + i * c->stride, c->stride);
    strcpy(k.file, file);
    j->kept[j->n++] = k;
    return 0;
}

/* The first n images of a chunk. */
static int judge(struct job *j, const struct source *in, const struct chunk *c, uint64_t n,
                 struct error *e)
{
    for (uint64_t done = 0, part; done < n; done += part) {
        part = n - done < ENSEMBLE_BLOCK ? n - done : ENSEMBLE_BLOCK;
        if (ensemble_judge(&j->models, in, c, done, part, c->label ? c->label + done : NULL,
                           j->seen, e) < 0)
            return -1;
        for (uint64_t i = 0; i < part; i++)
            if (keep(j, c, done + i, i, e) < 0)
                return -1;
    }
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
        if (ensemble_check(&j->models, in, &c, e) < 0 ||
            judge(j, in, &c, c.n < wanted ? c.n : wanted, e) < 0)
            return -1;
    }
    if (got < 0)
        return -1;
    if (j->worst)
        settle(j);
    return ensemble_check_names(&j->models, in, e);
}

/* ---- drawing them ---- */

static int draw(const struct job *j, struct output *out, struct error *e)
{
    const struct ensemble *g = &j->models;
    struct card *card = calloc(j->n ? j->n : 1, sizeof *card);
    struct cards cards = {.n = j->n,
                          .card = card,
                          .height = (uint64_t)g->image.h,
                          .width = (uint64_t)g->image.w,
                          .channels = (uint64_t)g->image.c,
                          .classes = g->classes,
                          .names = g->names,
                          .columns = j->style.columns,
                          .border = j->style.border,
                          .scale = j->style.scale,
                          .captions = j->style.captions,
                          .bars = j->bars,
                          .files = j->files};
    int status;

    if (!card)
        return error_memory(e, "predictions");
    for (uint64_t i = 0; i < j->n; i++) {
        const struct judged *k = &j->kept[i];
        card[i] = (struct card){k->pixels, k->belief, k->said, k->truth, k->file};
    }
    status = cards_write(&cards, out, e);
    free(card);
    return status;
}

static int run(struct job *j, const struct model_options *models, char **paths, int n,
               struct error *e)
{
    struct source *in = NULL;
    struct output *out = NULL;
    int status = -1;

    if (model_open(models, &j->models, e) == 0 && (in = source_open(paths, n, e)) &&
        (out = output_open(result_path(), e)) && collect(j, in, e) == 0)
        status = draw(j, out, e);
    source_close(in);
    ensemble_close(&j->models);
    for (uint64_t i = 0; i < j->n; i++)
        free(j->kept[i].belief);
    free(j->kept);
    if (status == 0)
        return output_close(out, e);
    output_abandon(out);
    return -1;
}

int main(int argc, char **argv)
{
    struct job j = {.count = SHEET_DEFAULT_COUNT, .style = SHEET_DEFAULTS};
    struct model_options models = {0};
    struct error e;
    int option;

    start(argv);
    while ((option = next_option(argc, argv, "m:n:j:", options)) != -1)
        switch (option) {
        case 'n':
            j.count = (uint64_t)int_argument(optarg, 1, INT32_MAX);
            break;
        case OPT_WORST:
            j.worst = 1;
            break;
        case OPT_BARS:
            j.bars = 1;
            break;
        case OPT_FILES:
            j.files = 1;
            break;
        default:
            if (!model_option(&models, option, optarg) && !sheet_option(&j.style, option, optarg))
                common_option(option, help);
        }
    if (j.bars && j.style.captions)
        misused("--bars and --labels are mutually exclusive");
    model_settle(&models, argv + optind, argc - optind);
    sheet_settle(&j.style, j.bars || j.style.captions || j.files);
    if (run(&j, &models, argv + optind, argc - optind, &e) < 0)
        die(&e);
    return EXIT_DONE;
}

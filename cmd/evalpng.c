/* evalpng - images with the predictions of a model, as a contact sheet */
#include "cli/modeloptions.h"
#include "cli/sheetoptions.h"
#include "draw/cards.h"

static const char usage[] =
    "usage: evalpng [-q] [-o file] -m model [-m model ...] [--flip] [--shift n]\n"
    "               [-n count] [--worst] [--bars] [--columns n] [--border n]\n"
    "               [--scale n] [--labels] [--files] [-j threads] [file ...]\n"
    "Draw images with the predictions of a model, or several, as PNG: a thin green\n"
    "frame is right, a thick red frame is wrong, a grey frame has no label.\n";

struct settings {
    struct model_options models;
    struct sheet_style style;
    uint64_t count;
    int worst, bars, files;
};

/* clang-format off */
static const struct setting rows[] = {
    GROUP(models, model_rows),
    {"count", 'n', "N", "number of images (default 100)",
     SETTING_FREE, LONG(count, 1, INT32_MAX)},
    {"worst", 0, NULL, "the images with the largest loss instead, worst first",
     SETTING_FREE, FLAG(worst)},
    {"bars", 0, NULL, "probability of every class under every image",
     SETTING_FREE, FLAG(bars)},
    GROUP(style, sheet_rows),
    {"files", 0, NULL, "write the name of its file under every image",
     SETTING_FREE, FLAG(files)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 23};

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
    const struct settings *s;
    uint64_t seen;
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
    while (j->n > j->s->count)
        free(j->kept[--j->n].belief);
}

static int make_room(struct job *j, struct error *e)
{
    struct judged *more;

    if (j->n < j->room)
        return 0;
    /* Twice the count is enough: the worse half stays, and each is moved a few times only. */
    if (j->s->worst && j->n >= 2 * j->s->count) {
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
    const char *file = c->file && j->s->files ? c->file[i] : "";
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
        uint64_t wanted = j->s->worst ? c.n : j->s->count - j->n;
        if (j->s->worst && c.n && !c.label)
            return source_complain(in, e, "images without labels; --worst needs labels");
        if (ensemble_check(&j->models, in, &c, e) < 0 ||
            judge(j, in, &c, c.n < wanted ? c.n : wanted, e) < 0)
            return -1;
    }
    if (got < 0)
        return -1;
    if (j->s->worst)
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
                          .columns = j->s->style.columns,
                          .border = j->s->style.border,
                          .scale = j->s->style.scale,
                          .captions = j->s->style.captions,
                          .bars = j->s->bars,
                          .files = j->s->files};
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

static int run(const struct settings *s, char **paths, int n, struct error *e)
{
    struct job j = {.s = s};
    struct source *in = NULL;
    struct output *out = NULL;
    int status = -1;

    if (model_open(&s->models, &j.models, e) == 0 && (in = source_open(paths, n, e)) &&
        (out = output_open(result_path(), e)) && collect(&j, in, e) == 0)
        status = draw(&j, out, e);
    source_close(in);
    ensemble_close(&j.models);
    for (uint64_t i = 0; i < j.n; i++)
        free(j.kept[i].belief);
    free(j.kept);
    if (status == 0)
        return output_close(out, e);
    output_abandon(out);
    return -1;
}

int main(int argc, char **argv)
{
    struct settings s = {.count = SHEET_DEFAULT_COUNT, .style = SHEET_DEFAULTS};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    if (s.bars && s.style.captions)
        misused("--bars and --labels are mutually exclusive");
    model_settle(&s.models, argv + first, argc - first);
    sheet_settle(&s.style, s.bars || s.style.captions || s.files);
    if (run(&s, argv + first, argc - first, &e) < 0)
        die(&e);
    return EXIT_DONE;
}

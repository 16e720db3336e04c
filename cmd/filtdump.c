/* filtdump - the filters of a model's first convolution as images */
#include "cli/cli.h"
#include "cli/say.h"
#include "model/filters.h"
#include "model/model.h"
#include "rts/examples.h"

#include <math.h>

static const char usage[] =
    "usage: filtdump [-q] [-o file] [--each] [--no-history] [model]\n"
    "Write the filters of a model's first convolution as an image stream.\n";

struct settings {
    int each, no_history;
};

/* clang-format off */
static const struct setting rows[] = {
    {"each", 0, NULL, "scale the colours of every image separately",
     SETTING_CHANGED, FLAG(each)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, FLAG(no_history)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows};

/* The colours of -1, 0 and 1; colours between them are interpolated linearly. */
static const uint8_t low[FILTERS_RGB] = {0, 74, 134}, zero[FILTERS_RGB] = {230, 230, 230},
                     high[FILTERS_RGB] = {176, 64, 0};

static int gather(struct filters *f, const struct model *m, const char *name, struct error *e)
{
    int at = net_find(&m->net, "conv1");

    if (at < 0)
        return error_set(e, "%s: no convolution in '%s'", name, m->net.text);
    return filters_take(f, &m->net, at, m->parameters, e);
}

/* The largest magnitude. */
static float largest(const float *weight, size_t n)
{
    float most = 0;

    for (size_t i = 0; i < n; i++)
        if (fabsf(weight[i]) > most)
            most = fabsf(weight[i]);
    return most;
}

/* The level, 0 to 255, of x from -1 to 1, given the levels of -1, 0 and 1. */
static uint8_t shade(float x, int below, int middle, int above)
{
    float to = (float)(x < 0 ? below : above);

    return (uint8_t)((float)middle + fabsf(x) * (to - (float)middle) + 0.5f);
}

static void colour(const struct filters *f, size_t at, float most, uint8_t *to)
{
    float w = f->weight[at], x = most > 0 ? w / most : 0;

    if (f->rgb)
        *to = shade(x, 0, 128, 255);
    else
        for (int k = 0; k < FILTERS_RGB; k++)
            to[k] = shade(x, low[k], zero[k], high[k]);
}

/* Writes the filters, labelled by their numbers. */
static int put(const struct filters *f, int each, struct rts_writer *out, struct error *e)
{
    struct chunk c = chunk_like("image", RTS_U1, 4, (uint64_t[]){0, 3, 3, FILTERS_RGB});
    uint8_t *image = malloc(f->n * FILTERS_TAPS * FILTERS_RGB);
    uint32_t *label = malloc(f->n * sizeof *label);
    float most = largest(f->weight, f->n * f->stride);
    size_t step = f->rgb ? 1 : FILTERS_RGB;
    int status = image && label ? 0 : error_memory(e, "filters");

    c.n = f->n;
    c.data = image;
    c.label = label;
    for (uint64_t i = 0; status == 0 && i < f->n; i++) {
        label[i] = (uint32_t)i;
        if (each)
            most = largest(f->weight + i * f->stride, f->stride);
        for (size_t k = 0; k < f->stride; k++)
            colour(f, i * f->stride + k, most, image + i * FILTERS_TAPS * FILTERS_RGB + k * step);
    }
    if (status == 0)
        status = examples_put(out, &c, e);
    free(image);
    free(label);
    return status;
}

/* The provenance of the filters: the model's history, then this step. */
static int put_history(const struct settings *s, struct model *m, struct rts_writer *out,
                       struct error *e)
{
    char line[64];

    snprintf(line, sizeof line, "filtdump %s", ROTPIPE_VERSION);
    settings_line(&table, s, line, sizeof line);
    if (history_add(&m->history, "", line, e) < 0 ||
        (m->digest.text && rts_put_text(out, "digest", m->digest.text, e) < 0))
        return -1;
    return rts_put_text(out, "history", m->history.text, e);
}

static int run(const struct settings *s, const char *path, struct error *e)
{
    struct rts_writer *out = NULL;
    struct filters f = {0};
    struct model m;
    int status = -1;

    if (model_load(&m, path, e) < 0)
        return -1;
    say_stopped(path, m.history.text);
    if (gather(&f, &m, strcmp(path, "-") == 0 ? "standard input" : path, e) == 0 &&
        (out = rts_create(result_path(), e)) &&
        (s->no_history || put_history(s, &m, out, e) == 0) && put(&f, s->each, out, e) == 0) {
        status = rts_finish(out, e);
        out = NULL;
    }
    rts_abandon(out);
    filters_free(&f);
    model_free(&m);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {0};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    if (argc - first > 1)
        misused("too many operands");
    if (run(&s, first < argc ? argv[first] : "-", &e) < 0)
        die(&e);
    return EXIT_DONE;
}

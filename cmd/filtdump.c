/* filtdump - the filters of a model's first convolution as images */
#include "cli/cli.h"
#include "cli/say.h"
#include "net/model.h"
#include "rts/examples.h"

#include <math.h>

static const char help[] = "usage: filtdump [--each] [--no-history] [file]\n"
                           "Write the filters of a model's first convolution as images.\n"
                           "\n"
                           "      --each         every image has a scale of its own\n"
                           "      --no-history   write nothing of how it was made\n"
                           "  -o, --output FILE  write the result to FILE, complete or not at all\n"
                           "  -q, --quiet        no progress, no notes on standard error\n"
                           "  -h, --help         this text\n"
                           "      --version      the version\n";

enum { OPT_EACH = OPT_FIRST };

static const struct option options[] = {
    {"each", no_argument, NULL, OPT_EACH}, STREAM_OPTIONS, COMMON_OPTIONS};

enum { TAPS = 9, RGB = 3 };

/* The colours of -1, 0 and 1; between them it is a straight line. */
static const uint8_t low[RGB] = {0, 74, 134}, zero[RGB] = {230, 230, 230}, high[RGB] = {176, 64, 0};

/*
 * The filters as pictures of 3 x 3 pixels: of RGB images one a filter, whose channels are those of
 * the picture, 0 being the middle of each; of others one a filter and channel, in the above
 * colours.
 */
struct pictures {
    uint64_t n;
    int rgb;       /* the channels side by side */
    float *weight; /* [n][TAPS], or [n][TAPS][RGB] */
    size_t stride; /* floats of one picture */
};

static int gather(struct pictures *p, const struct model *m, const char *name, struct error *e)
{
    int at = net_find(&m->net, "conv1");
    const struct layer *l = at < 0 ? NULL : &m->net.layer[at];
    uint64_t total, channels;

    if (!l)
        return error_set(e, "%s: no convolution in '%s'", name, m->net.text);
    channels = (uint64_t)l->in.c;
    total = (uint64_t)l->out.c * channels * TAPS;
    p->rgb = channels == RGB;
    p->stride = p->rgb ? TAPS * RGB : TAPS;
    p->n = total / p->stride;
    p->weight = malloc(total * sizeof *p->weight);
    if (!p->weight)
        return error_memory(e, "filters");
    for (uint64_t i = 0; i < total; i++) {
        float w = m->parameters[l->weight + layer_weight_index(l, i)];
        uint64_t filter = i / (channels * TAPS), channel = i / TAPS % channels, tap = i % TAPS;
        p->weight[p->rgb ? (filter * TAPS + tap) * RGB + channel : i] = w;
    }
    return 0;
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

/* x from -1 to 1 as a number of 0 to 255 between those that -1, 0 and 1 have. */
static uint8_t shade(float x, int below, int middle, int above)
{
    float to = (float)(x < 0 ? below : above);

    return (uint8_t)((float)middle + fabsf(x) * (to - (float)middle) + 0.5f);
}

static void colour(const struct pictures *p, size_t at, float most, uint8_t *to)
{
    float w = p->weight[at], x = most > 0 ? w / most : 0;

    if (p->rgb)
        *to = shade(x, 0, 128, 255);
    else
        for (int k = 0; k < RGB; k++)
            to[k] = shade(x, low[k], zero[k], high[k]);
}

/* Writes them, labelled by their numbers. */
static int put(const struct pictures *p, int each, struct rts_writer *out, struct error *e)
{
    const uint64_t shape[4] = {0, 3, 3, RGB};
    uint8_t *image = malloc(p->n * TAPS * RGB);
    uint32_t *label = malloc(p->n * sizeof *label);
    float most = largest(p->weight, p->n * p->stride);
    size_t step = p->rgb ? 1 : RGB;
    struct rts_header h;
    int status = image && label ? 0 : error_memory(e, "filters");

    rts_describe(&h, "image", RTS_U1, 4, shape);
    for (uint64_t i = 0; status == 0 && i < p->n; i++) {
        label[i] = (uint32_t)i;
        if (each)
            most = largest(p->weight + i * p->stride, p->stride);
        for (size_t k = 0; k < p->stride; k++)
            colour(p, i * p->stride + k, most, image + i * TAPS * RGB + k * step);
    }
    if (status == 0)
        status = examples_put(out, &h, p->n, image, label, e);
    free(image);
    free(label);
    return status;
}

/* How they were made: the model's history, then this step. */
static int put_history(struct model *m, int each, struct rts_writer *out, struct error *e)
{
    char line[64];

    snprintf(line, sizeof line, "filtdump %s%s", ROTPIPE_VERSION, each ? " --each" : "");
    if (history_add(&m->history, "", line, e) < 0 ||
        (m->digest.text && rts_put_text(out, "digest", m->digest.text, e) < 0))
        return -1;
    return rts_put_text(out, "history", m->history.text, e);
}

static int run(const char *path, int each, int no_history, struct error *e)
{
    struct rts_writer *out = NULL;
    struct pictures p = {0};
    struct model m;
    int status = -1;

    if (model_load(&m, path, e) < 0)
        return -1;
    say_stopped(path, m.history.text);
    if (gather(&p, &m, strcmp(path, "-") == 0 ? "standard input" : path, e) == 0 &&
        (out = rts_create(result_path(), e)) &&
        (no_history || put_history(&m, each, out, e) == 0) && put(&p, each, out, e) == 0) {
        status = rts_finish(out, e);
        out = NULL;
    }
    rts_abandon(out);
    free(p.weight);
    model_free(&m);
    return status;
}

int main(int argc, char **argv)
{
    struct error e;
    int option, each = 0, no_history = 0;

    start(argv);
    while ((option = next_option(argc, argv, "", options)) != -1)
        switch (option) {
        case OPT_EACH:
            each = 1;
            break;
        case OPT_NO_HISTORY:
            no_history = 1;
            break;
        default:
            common_option(option, help);
        }
    if (argc - optind > 1)
        misused("one model at a time");
    if (run(optind < argc ? argv[optind] : "-", each, no_history, &e) < 0)
        die(&e);
    return EXIT_DONE;
}

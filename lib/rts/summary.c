/* The facts of a stream gathered from its records. */
#include "rts/summary.h"

#include "rts/examples.h"

#include <stdlib.h>
#include <string.h>

void summary_reset(struct summary *s)
{
    history_free(&s->history);
    history_free(&s->digest);
    history_seen_free(&s->history_seen);
    history_seen_free(&s->digest_seen);
    free(s->scratch);
    free(s->names);
    free(s->net);
    free(s->frozen);
    free(s->training);
    memset(s, 0, sizeof *s);
}

/* Loads a text record into *text, in the place of what was there. */
static int take_text(struct rts_reader *r, char **text, struct error *e)
{
    char *next = rts_load_text(r, RTS_TEXT_MAX, e);

    if (!next)
        return -1;
    free(*text);
    *text = next;
    return 0;
}

/* Records that streams of one origin, joined by cat, repeat: once is enough. */
static int take_lines(struct rts_reader *r, struct history_seen *seen, struct history *to,
                      struct error *e)
{
    char *lines = rts_load_text(r, RTS_TEXT_MAX, e);
    int status;

    if (!lines)
        return -1;
    status = history_seen(seen, lines, e);
    if (status == 0)
        status = history_add(to, "", lines, e);
    free(lines);
    return status < 0 ? -1 : 0;
}

static void take_examples(struct summary_examples *x, const struct rts_header *h)
{
    if (x->chunks++ == 0) {
        x->ndim = h->ndim;
        memcpy(x->shape, h->shape, sizeof x->shape);
    }
    x->mixed |= x->ndim != h->ndim ||
                memcmp(x->shape + 1, h->shape + 1, sizeof x->shape - sizeof x->shape[0]) != 0;
    x->count += h->shape[0];
}

static int take_labels(struct summary *s, struct rts_reader *r, const struct rts_header *h,
                       struct error *e)
{
    const uint32_t *label;

    /* Counted when the checksum has been verified, not while they come in. */
    if (rts_load(r, EXAMPLES_CHUNK_MAX, &s->scratch, &s->scratch_size, e) < 0)
        return -1;
    label = s->scratch;
    for (uint64_t i = 0; i < h->shape[0]; i++)
        if (label[i] < SUMMARY_CLASSES)
            s->class_count[label[i]]++;
        else
            s->other_labels++;
    s->labels += h->shape[0];
    return 0;
}

static int take_files(struct summary *s, struct rts_reader *r, const struct rts_header *h,
                      struct error *e)
{
    const char *text;

    if (rts_load(r, EXAMPLES_CHUNK_MAX, &s->scratch, &s->scratch_size, e) < 0)
        return -1;
    text = s->scratch;
    for (uint64_t i = 0; i < h->size; i++)
        s->files += text[i] == '\n';
    return 0;
}

/* input.mean and input.std: how many channels there are goes to *n. */
static int take_channels(struct rts_reader *r, const struct rts_header *h, float *to, uint64_t *n,
                         struct error *e)
{
    if (h->shape[0] > SUMMARY_CHANNELS)
        return rts_skip(r, e);
    *n = h->shape[0];
    return rts_read(r, to, h->size, e);
}

/* The length of the layer's name in a tensor's, LAYER.weight or LAYER.bias; 0 if it is none. */
static size_t layer_name(const char *tensor)
{
    const char *dot = strrchr(tensor, '.');

    if (!dot || (strcmp(dot, ".weight") != 0 && strcmp(dot, ".bias") != 0))
        return 0;
    return (size_t)(dot - tensor);
}

static struct summary_layer *find_layer(struct summary *s, const char *name, size_t n)
{
    for (unsigned i = s->layers; i-- > 0;)
        if (strncmp(s->layer[i].name, name, n) == 0 && s->layer[i].name[n] == '\0')
            return &s->layer[i];
    if (s->layers == SUMMARY_LAYERS)
        return NULL;
    memcpy(s->layer[s->layers].name, name, n);
    return &s->layer[s->layers++];
}

static void take_parameters(struct summary *s, const struct rts_header *h)
{
    size_t n = layer_name(h->name);
    uint64_t count = h->size / rts_dtype_size(h->dtype);
    struct summary_layer *layer = find_layer(s, h->name, n);

    if (!layer) {
        s->more_parameters += count;
        return;
    }
    layer->parameters += count;
    if (strcmp(h->name + n, ".weight") == 0) {
        layer->ndim = h->ndim;
        memcpy(layer->shape, h->shape, sizeof layer->shape);
    }
}

static int is(const struct rts_header *h, const char *name, enum rts_dtype dtype)
{
    return h->dtype == dtype && strcmp(h->name, name) == 0;
}

int summary_take(struct summary *s, struct rts_reader *r, const struct rts_header *h,
                 struct error *e)
{
    if (is(h, "history", RTS_TEXT))
        return take_lines(r, &s->history_seen, &s->history, e);
    if (is(h, "digest", RTS_TEXT))
        return take_lines(r, &s->digest_seen, &s->digest, e);
    if (is(h, "names", RTS_TEXT))
        return take_text(r, &s->names, e);
    if (is(h, "net", RTS_TEXT))
        return take_text(r, &s->net, e);
    if (is(h, "frozen", RTS_TEXT))
        return take_text(r, &s->frozen, e);
    if (is(h, "train.settings", RTS_TEXT))
        return take_text(r, &s->training, e);
    if (is(h, "train.position", RTS_U8) && h->ndim == 1 && h->size == sizeof s->position)
        return rts_read(r, s->position, h->size, e);
    if (is(h, "label", RTS_U4) && h->ndim == 1 && h->size <= EXAMPLES_CHUNK_MAX)
        return take_labels(s, r, h, e);
    if (is(h, "file", RTS_TEXT) && h->size <= EXAMPLES_CHUNK_MAX)
        return take_files(s, r, h, e);
    if (is(h, "input.shape", RTS_U8) && h->ndim == 1 && h->shape[0] == 3)
        return rts_read(r, s->input_shape, h->size, e);
    if (is(h, "input.mean", RTS_F4) && h->ndim == 1)
        return take_channels(r, h, s->mean, &s->means, e);
    if (is(h, "input.std", RTS_F4) && h->ndim == 1)
        return take_channels(r, h, s->std, &s->stds, e);
    if (rts_skip(r, e) < 0)
        return -1;
    if (is(h, "soft", RTS_F4) && h->ndim == 2 && h->shape[1] && h->size <= EXAMPLES_CHUNK_MAX) {
        s->softs += h->shape[0];
        s->soft_classes = h->shape[1];
    }
    if (is(h, "image", RTS_U1) && h->ndim == 4)
        take_examples(&s->images, h);
    else if (is(h, "feature", RTS_F4) && h->ndim >= 2)
        take_examples(&s->features, h);
    else if (h->dtype != RTS_OTHER && h->dtype != RTS_TEXT && layer_name(h->name))
        take_parameters(s, h);
    return 0;
}

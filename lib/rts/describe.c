/* The overview that rtsinfo prints. */
#include "rts/describe.h"

#include "base/utf8.h"

#include "base/decimal.h"
#include "rts/examples.h"
#include "rts/names.h"

#include <inttypes.h>
#include <string.h>

void describe_text(FILE *to, const char *text, size_t n)
{
    uint32_t point;

    for (size_t i = 0, length; i < n; i += length ? length : 1) {
        length = utf8_length(text + i, n - i, &point);
        if (length == 0 || utf8_is_control(point))
            putc('?', to);
        else
            fwrite(text + i, 1, length, to);
    }
}

const char *describe_shape(const struct rts_header *h, char text[DESCRIBE_SHAPE_BYTES])
{
    char *p = text;

    *p++ = '[';
    for (uint32_t i = 0; i < h->ndim; i++) {
        if (i)
            *p++ = ',';
        p += decimal_unsigned(h->shape[i], p);
    }
    *p++ = ']';
    *p = '\0';
    return text;
}

/* The first word of a line. */
static void key(FILE *to, const char *word)
{
    fprintf(to, "%-11s ", word);
}

/* The lines of a text, each behind a key. */
static void print_lines(FILE *to, const char *word, const char *lines)
{
    while (lines && *lines) {
        size_t n = strcspn(lines, "\n");
        key(to, word);
        describe_text(to, lines, n);
        putc('\n', to);
        lines += n + (lines[n] == '\n');
    }
}

static void print_examples(FILE *to, const char *word, const struct summary_examples *x)
{
    if (x->chunks == 0)
        return;
    key(to, word);
    fprintf(to, "%" PRIu64 " of ", x->count);
    for (uint32_t i = 1; i < x->ndim; i++)
        fprintf(to, "%s%" PRIu64, i > 1 ? " x " : "", x->shape[i]);
    fputs(x->mixed ? ", others have a different shape\n" : "\n", to);
}

static uint64_t classes_seen(const struct summary *s)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < SUMMARY_CLASSES; i++)
        n += s->class_count[i] > 0;
    return n;
}

/* A line for every class that has a name or an example: number, examples, name. */
static void print_classes(FILE *to, const struct summary *s)
{
    const char *rest = s->names; /* the line of class i and those after it */
    uint64_t named = names_count(rest);

    for (uint64_t i = 0; i < named || i < SUMMARY_CLASSES; i++) {
        int length;
        const char *name = names_line(rest, 0, &length);
        uint64_t count = i < SUMMARY_CLASSES ? s->class_count[i] : 0;
        if (name)
            rest = name + length + (name[length] == '\n');
        if (!name && !count)
            continue;
        key(to, "class");
        fprintf(to, "%3" PRIu64 " ", i);
        if (s->labels)
            fprintf(to, "%8" PRIu64, count);
        else
            fprintf(to, "%8s", "-");
        if (name) {
            fputs("  ", to);
            describe_text(to, name, (size_t)length);
        }
        putc('\n', to);
    }
}

static void print_data(FILE *to, const struct summary *s)
{
    uint64_t examples = s->images.count + s->features.count;

    print_examples(to, "images", &s->images);
    print_examples(to, "features", &s->features);
    if (s->labels) {
        key(to, "labels");
        fprintf(to, "%" PRIu64 " in %" PRIu64 " classes", s->labels, classes_seen(s));
        if (s->other_labels)
            fprintf(to, ", %" PRIu64 " of them %d or more", s->other_labels, SUMMARY_CLASSES);
        putc('\n', to);
    }
    if (s->softs) {
        key(to, "soft");
        fprintf(to, "%" PRIu64 " of %" PRIu64 " classes\n", s->softs, s->soft_classes);
    }
    if (s->files) {
        key(to, "files");
        fprintf(to, "%" PRIu64 " named\n", s->files);
    }
    if (examples > s->labels) {
        key(to, "unlabelled");
        fprintf(to, "%" PRIu64 "\n", examples - s->labels);
    }
}

static void print_floats(FILE *to, const char *word, const float *x, uint64_t n)
{
    char text[DECIMAL_BYTES];

    if (n == 0)
        return;
    fprintf(to, ", %s", word);
    for (uint64_t i = 0; i < n; i++)
        fprintf(to, " %.*s", (int)decimal_float(x[i], text), text);
}

/* True if one of the lines is name. */
static int has_line(const char *lines, const char *name)
{
    size_t n = strlen(name);

    while (lines && *lines) {
        size_t length = strcspn(lines, "\n");
        if (length == n && memcmp(lines, name, n) == 0)
            return 1;
        lines += length + (lines[length] == '\n');
    }
    return 0;
}

static void print_layer(FILE *to, const struct summary_layer *layer, int frozen)
{
    struct rts_header like = {.ndim = layer->ndim};
    char shape[DESCRIBE_SHAPE_BYTES];

    memcpy(like.shape, layer->shape, sizeof like.shape);
    key(to, "layer");
    fprintf(to, "%-10s %8" PRIu64 "  %s%s\n", layer->name, layer->parameters,
            describe_shape(&like, shape), frozen ? "  frozen" : "");
}

static void print_model(FILE *to, const struct summary *s)
{
    uint64_t total = s->more_parameters, frozen = 0;

    print_lines(to, "model", s->net);
    if (s->input_shape[0]) {
        key(to, "input");
        fprintf(to, "%" PRIu64 " x %" PRIu64 " x %" PRIu64, s->input_shape[0], s->input_shape[1],
                s->input_shape[2]);
        print_floats(to, "mean", s->mean, s->means);
        print_floats(to, "std", s->std, s->stds);
        putc('\n', to);
    }
    for (unsigned i = 0; i < s->layers; i++) {
        int is_frozen = has_line(s->frozen, s->layer[i].name);
        print_layer(to, &s->layer[i], is_frozen);
        total += s->layer[i].parameters;
        frozen += is_frozen ? s->layer[i].parameters : 0;
    }
    key(to, "parameters");
    fprintf(to, "%" PRIu64, total);
    if (frozen)
        fprintf(to, ", %" PRIu64 " of them frozen", frozen);
    putc('\n', to);
}

/* A state that rottrain has saved: how far it had come, and with what settings. */
static void print_training(FILE *to, const struct summary *s)
{
    key(to, "training");
    fprintf(to, "step %" PRIu64 ", epoch %" PRIu64 ", %" PRIu64 " images into it\n", s->position[0],
            s->position[1], s->position[2]);
    print_lines(to, "settings", s->training);
}

void describe_summary(FILE *to, const struct summary *s)
{
    if (s->training)
        print_training(to, s);
    if (s->net)
        print_model(to, s);
    print_data(to, s);
    print_classes(to, s);
    print_lines(to, "digest", s->digest.text);
    print_lines(to, "history", s->history.text);
}

void describe_history(FILE *to, const struct summary *s)
{
    if (s->digest.text)
        fputs(s->digest.text, to);
    if (s->history.text)
        fputs(s->history.text, to);
}

/* rts2idx - an image or feature stream to IDX files: examples, and their labels */
#include "base/path.h"
#include "cli/cli.h"
#include "export/idx.h"
#include "rts/reread.h"

static const char usage[] = "usage: rts2idx [-q] [--labels file] [-o file] [file ...]\n"
                            "Convert a stream of images, or of features, to an IDX file.\n";

struct settings {
    const char *labels;
};

/* clang-format off */
static const struct setting rows[] = {
    {"labels", 0, "FILE", "write the labels to FILE, as an IDX file of their own",
     SETTING_FREE, TEXT(labels)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows};

struct job {
    struct reread operands;
    struct settings s;
    struct output *out, *labels; /* labels: NULL if not written */
    uint64_t n, done;            /* examples there are, and written */
    int begun;                   /* the first chunk has come: */
    struct rts_header head;      /* of it */
    uint32_t largest;            /* label */
    unsigned label_type;
};

/* Refuses a chunk that cannot lie beside those before. */
static int check(const struct job *j, const struct source *in, const struct chunk *c,
                 struct error *e)
{
    if (!chunk_same_shape(&j->head, &c->head))
        return source_complain(in, e,
                               "another shape than the examples before; an IDX file has one shape");
    if (j->s.labels && c->n && !c->label)
        return source_complain(in, e, "examples without labels, which --labels needs");
    return 0;
}

/* The first reading: how many there are, and the largest label. */
static int survey(void *context, struct source *in, struct rts_writer *copy, struct error *e)
{
    struct job *j = context;
    struct chunk c;
    int got;

    while ((got = source_next(in, &c, e)) > 0) {
        if (!j->begun) {
            j->begun = 1;
            j->head = c.head;
        }
        if (check(j, in, &c, e) < 0)
            return -1;
        j->n += c.n;
        for (uint64_t i = 0; c.label && i < c.n; i++)
            if (c.label[i] > j->largest)
                j->largest = c.label[i];
        j->label_type = idx_label_type(j->largest);
        if (j->s.labels && !j->label_type)
            return source_complain(in, e, "label %lu, but labels of an IDX file are at most %ld",
                                   (unsigned long)j->largest, (long)INT32_MAX);
        if (copy && examples_put_chunk(copy, &c, e) < 0)
            return -1;
    }
    return got;
}

/* Grey images are of three dimensions, all others of as many as in the stream. */
static int put_headers(struct job *j, struct error *e)
{
    struct rts_header *h = &j->head;
    int images = h->dtype == RTS_U1;
    uint32_t ndim = images && h->shape[3] == 1 ? 3 : h->ndim;

    h->shape[0] = j->n;
    if (idx_put_header(j->out, images ? ELEMENT_UNSIGNED_BYTE : ELEMENT_FLOAT, ndim, h->shape, e) <
        0)
        return -1;
    return j->labels ? idx_put_header(j->labels, j->label_type, 1, &j->n, e) : 0;
}

static int put_chunk(struct job *j, const struct chunk *c, struct error *e)
{
    uint64_t size = c->n * c->stride;
    int status = c->kind == CHUNK_IMAGES ? output_write(j->out, c->data, size, e)
                                         : idx_put_floats(j->out, c->data, size / sizeof(float), e);

    if (status < 0 || !j->labels)
        return status;
    return idx_put_labels(j->labels, j->label_type, c->label, c->n, e);
}

/* The last reading: writes what the first has seen. */
static int convert(struct job *j, struct source *in, struct error *e)
{
    struct chunk c;
    int got;

    if (put_headers(j, e) < 0)
        return -1;
    while ((got = source_next(in, &c, e)) > 0) {
        if (check(j, in, &c, e) < 0)
            return -1;
        j->done += c.n;
        for (uint64_t i = 0; c.label && i < c.n; i++)
            if (c.label[i] > j->largest)
                j->done = UINT64_MAX;
        if (j->done > j->n)
            break;
        if (put_chunk(j, &c, e) < 0)
            return -1;
    }
    if (got < 0)
        return -1;
    return j->done == j->n ? 0 : error_set(e, "input: changed while it was read");
}

static int run(struct job *j, struct error *e)
{
    struct source *in;
    int status;

    /* Opened first, so that nobody waits for a result that has nowhere to go. */
    if (!(j->out = output_open(result_path(), e)) ||
        (j->s.labels && !(j->labels = output_open(j->s.labels, e))) ||
        reread_pass(&j->operands, survey, j, e) < 0 || !(in = reread_last(&j->operands, NULL, e)))
        return -1;
    status = convert(j, in, e);
    source_close(in);
    return status;
}

/* Puts both files in their places, or none: all that may well fail comes before the first. */
static int finish(struct job *j, struct error *e)
{
    struct output *labels = j->labels, *out = j->out;

    if (output_settle(out, e) < 0 || (labels && output_settle(labels, e) < 0))
        return -1;
    j->labels = NULL;
    if (labels && output_close(labels, e) < 0)
        return -1;
    j->out = NULL;
    return output_close(out, e);
}

static int is_standard(const char *path)
{
    return !path || strcmp(path, "-") == 0;
}

int main(int argc, char **argv)
{
    struct error e;
    struct job j = {0};
    const char *labels, *result;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &j.s);
    labels = j.s.labels;
    result = result_path();
    if (labels && *labels == '\0')
        misused("--labels: the name of the file is empty");
    if (labels && (is_standard(result) ? is_standard(labels)
                                       : !is_standard(labels) && path_same_file(result, labels)))
        misused("--labels: '%s' is also the output", labels);

    reread_plan(&j.operands, argv + first, argc - first, "", SOURCE_DROP_HISTORY);
    if (run(&j, &e) == 0 && finish(&j, &e) == 0)
        return EXIT_DONE;
    output_abandon(j.labels);
    output_abandon(j.out);
    die(&e);
}

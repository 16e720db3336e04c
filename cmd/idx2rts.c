/* idx2rts - IDX images and labels, as in MNIST, to an image stream */
#include "cli/pixeloptions.h"
#include "import/idx.h"
#include "import/import.h"
#include "rts/names.h"

static const char usage[] =
    "usage: idx2rts [-q] [-o file] [--names file] [--range low:high] [--no-history]\n"
    "               [images [labels]]\n"
    "Convert IDX images, and their labels, to an image stream.\n";

struct settings {
    const char *names;
    struct idx_range range;
    int no_history;
};

/* clang-format off */
static const struct setting rows[] = {
    {"names", 0, "FILE", "class names, one per line",
     SETTING_FREE, TEXT(names)},
    {"range", 0, "LOW:HIGH", "scale pixels of any IDX type: LOW becomes 0, HIGH 255",
     SETTING_GIVEN, CALL(range, take_range, put_range)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, FLAG(no_history)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows};

/* The files on their way into a stream. */
struct job {
    struct settings s;
    struct idx_pair pair;
    uint64_t classes; /* that have names; 0: any */
    uint8_t *image;   /* room for a chunk, as for its labels */
    uint32_t *label;
    struct chunk like;
};

static void describe(const struct job *j, const char *names, char *step, size_t size)
{
    const struct idx *i = &j->pair.images;

    snprintf(step, size, "idx2rts %s %" PRIu64 "x%" PRIu64 "x%" PRIu64 "%s%s", ROTPIPE_VERSION,
             i->height, i->width, i->channels, j->pair.labelled ? " labels" : "",
             names ? " names" : "");
    settings_line(&table, &j->s, step, size);
}

static int next(void *context, struct chunk *c, struct error *e)
{
    struct job *j = context;
    uint64_t left = j->pair.images.n - j->pair.images.done;
    uint64_t most = examples_per_chunk(j->like.stride);

    *c = j->like;
    c->n = left < most ? left : most;
    if (c->n == 0)
        return idx_pair_end(&j->pair, e);
    return idx_pair_read(&j->pair, c->n, j->image, j->label, j->classes, e) < 0 ? -1 : 1;
}

static int digest(void *context, struct history *d, struct error *e)
{
    const struct idx_pair *p = &((struct job *)context)->pair;

    if (import_digest_add(d, "images", p->images.n, p->images.crc, e) < 0)
        return -1;
    return p->labelled ? import_digest_add(d, "labels", p->labels.n, p->labels.crc, e) : 0;
}

static int convert(struct job *j, const char *names, struct rts_writer *out, struct error *e)
{
    const struct idx *images = &j->pair.images;
    uint64_t shape[4] = {0, images->height, images->width, images->channels}, most;
    char step[192];
    struct importer importer = {
        .step = step, .names = names, .context = j, .next = next, .digest = digest};

    j->like = chunk_like("image", RTS_U1, 4, shape);
    most = examples_per_chunk(j->like.stride);
    j->classes = names_count(names);
    j->like.data = j->image = malloc(most * j->like.stride);
    j->label = malloc(most * sizeof *j->label);
    if (!j->image || !j->label)
        return error_memory(e, "images");
    j->like.label = j->pair.labelled ? j->label : NULL;
    importer.like = j->like;
    describe(j, names, step, sizeof step);
    return import_write(&importer, out, !j->s.no_history, e);
}

int main(int argc, char **argv)
{
    struct error e;
    struct job j = {0};
    const struct idx_range *range;
    struct rts_writer *out = NULL;
    char *names = NULL;
    int first, status = -1;

    start(argv);
    first = settings_read(&table, argc, argv, &j.s);
    argc -= first;
    argv += first;
    if (argc > 2)
        misused("too many operands");
    if (argc == 2 && strcmp(argv[0], "-") == 0 && strcmp(argv[1], "-") == 0)
        misused("images and labels cannot both be standard input");

    range = settings_given(&table, "range") ? &j.s.range : NULL;
    if ((!j.s.names || (names = names_load(j.s.names, &e))) &&
        idx_pair_open(&j.pair, argc > 0 ? argv[0] : "-", argc > 1 ? argv[1] : NULL, range, &e) ==
            0 &&
        (out = rts_create(result_path(), &e)))
        status = convert(&j, names, out, &e);
    idx_pair_close(&j.pair);
    free(j.image);
    free(j.label);
    free(names);
    if (status == 0 && rts_finish(out, &e) == 0)
        return EXIT_DONE;
    if (status != 0)
        rts_abandon(out);
    die(&e);
}

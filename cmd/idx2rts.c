/* idx2rts - IDX images and labels, as in MNIST, to an image stream */
#include "cli/cli.h"
#include "import/idx.h"
#include "import/import.h"
#include "rts/names.h"

static const char help[] =
    "usage: idx2rts [-q] [-o file] [--names file] [--range low:high] [--no-history]\n"
    "               [images [labels]]\n"
    "Convert IDX images, and their labels, to an image stream.\n"
    "\n"
    "      --names FILE      class names, one per line\n"
    "      --range LOW:HIGH  scale pixels of any IDX type: LOW becomes 0, HIGH 255\n"
    "      --no-history      omit provenance records\n"
    "  -o, --output FILE     write the result to FILE, complete or not at all\n"
    "  -q, --quiet           no progress, no notes on standard error\n"
    "  -h, --help            print this help\n"
    "      --version         print the version\n";

enum { OPT_NAMES = OPT_FIRST, OPT_RANGE };

static const struct option options[] = {{"names", required_argument, NULL, OPT_NAMES},
                                        {"range", required_argument, NULL, OPT_RANGE},
                                        STREAM_OPTIONS,
                                        COMMON_OPTIONS};

/* The files on their way into a stream. */
struct job {
    struct idx_pair pair;
    uint64_t classes; /* that have names; 0: any */
    uint8_t *image;   /* room for a chunk, as for its labels */
    uint32_t *label;
    struct chunk like;
};

static void describe(const struct idx_pair *p, const char *names, char *step, size_t size)
{
    char range[64] = "";

    if (p->images.ranged)
        snprintf(range, sizeof range, " --range %.15g:%.15g", p->images.range.low,
                 p->images.range.high);
    snprintf(step, size, "idx2rts %s %" PRIu64 "x%" PRIu64 "x%" PRIu64 "%s%s%s", ROTPIPE_VERSION,
             p->images.height, p->images.width, p->images.channels, p->labelled ? " labels" : "",
             names ? " names" : "", range);
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

static int convert(struct job *j, const char *names, int provenance, struct rts_writer *out,
                   struct error *e)
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
    describe(&j->pair, names, step, sizeof step);
    return import_write(&importer, out, provenance, e);
}

int main(int argc, char **argv)
{
    struct error e;
    struct job j = {0};
    struct idx_range range, *scaled = NULL;
    struct rts_writer *out = NULL;
    const char *names_path = NULL;
    char *names = NULL;
    int option, provenance = 1, status = -1;

    start(argv);
    while ((option = next_option(argc, argv, "", options)) != -1)
        if (option == OPT_NAMES)
            names_path = optarg;
        else if (option == OPT_RANGE && idx_range_parse(optarg, &range) == 0)
            scaled = &range;
        else if (option == OPT_RANGE)
            misused("--range: '%s' is not LOW:HIGH, two numbers with LOW less than HIGH", optarg);
        else if (option == OPT_NO_HISTORY)
            provenance = 0;
        else
            common_option(option, help);
    argc -= optind;
    argv += optind;
    if (argc > 2)
        misused("too many operands");
    if (argc == 2 && strcmp(argv[0], "-") == 0 && strcmp(argv[1], "-") == 0)
        misused("images and labels cannot both be standard input");

    if ((!names_path || (names = names_load(names_path, &e))) &&
        idx_pair_open(&j.pair, argc > 0 ? argv[0] : "-", argc > 1 ? argv[1] : NULL, scaled, &e) ==
            0 &&
        (out = rts_create(result_path(), &e)))
        status = convert(&j, names, provenance, out, &e);
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

/* idx2rts - IDX images and labels, as in MNIST, to an image stream */
#include "cli/cli.h"
#include "img/idx.h"
#include "rts/examples.h"

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

/* What made the stream; the checksums of the sources are known at its end only: put_digest. */
static int put_history(struct rts_writer *out, const struct idx_pair *p, const char *names,
                       struct error *e)
{
    char step[192], range[64] = "";

    if (p->images.ranged)
        snprintf(range, sizeof range, " --range %.15g:%.15g", p->images.range.low,
                 p->images.range.high);
    snprintf(step, sizeof step, "idx2rts %s %" PRIu64 "x%" PRIu64 "x%" PRIu64 "%s%s%s\n",
             ROTPIPE_VERSION, p->images.height, p->images.width, p->images.channels,
             p->labelled ? " labels" : "", names ? " names" : "", range);
    return rts_put_text(out, "history", step, e);
}

static int put_examples(struct rts_writer *out, struct idx_pair *p, uint64_t classes,
                        struct error *e)
{
    uint64_t stride = p->images.stride, most = examples_per_chunk(stride), n;
    uint64_t shape[] = {0, p->images.height, p->images.width, p->images.channels};
    uint8_t *image = malloc(most * stride);
    uint32_t *label = malloc(most * sizeof *label);
    struct rts_header like;
    int status = -1;

    rts_describe(&like, "image", RTS_U1, 4, shape);
    if (!image || !label)
        error_memory(e, "images");
    else
        do { /* at least once: no images are an empty chunk */
            n = p->images.n - p->images.done < most ? p->images.n - p->images.done : most;
            status = idx_pair_read(p, n, image, label, classes, e);
            if (status == 0)
                status = examples_put(out, &like, n, image, p->labelled ? label : NULL, e);
        } while (status == 0 && p->images.done < p->images.n);
    free(image);
    free(label);
    return status;
}

/* A line for each source file: how much it held and its CRC-32 before compression. */
static int put_digest(struct rts_writer *out, const struct idx_pair *p, struct error *e)
{
    char text[128];
    int n = snprintf(text, sizeof text, "images %" PRIu64 " crc32 %08" PRIx32 "\n", p->images.n,
                     p->images.crc);

    if (p->labelled)
        snprintf(text + n, sizeof text - (size_t)n, "labels %" PRIu64 " crc32 %08" PRIx32 "\n",
                 p->labels.n, p->labels.crc);
    return rts_put_text(out, "digest", text, e);
}

static int put_all(struct rts_writer *out, struct idx_pair *p, const char *names, int provenance,
                   struct error *e)
{
    if ((provenance && put_history(out, p, names, e) < 0) ||
        (names && rts_put_text(out, "names", names, e) < 0) ||
        put_examples(out, p, names_count(names), e) < 0 || idx_pair_end(p, e) < 0)
        return -1;
    return provenance ? put_digest(out, p, e) : 0;
}

int main(int argc, char **argv)
{
    struct error e;
    struct idx_pair p = {0};
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
        idx_pair_open(&p, argc > 0 ? argv[0] : "-", argc > 1 ? argv[1] : NULL, scaled, &e) == 0 &&
        (out = rts_create(result_path(), &e)))
        status = put_all(out, &p, names, provenance, &e);
    idx_pair_close(&p);
    free(names);
    if (status == 0 && rts_finish(out, &e) == 0)
        return EXIT_DONE;
    if (status != 0)
        rts_abandon(out);
    die(&e);
}

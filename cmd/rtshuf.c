/* rtshuf - the examples of a stream in a random order */
#include "base/parse.h"
#include "cli/cli.h"
#include "rts/shuffle.h"

static const char help[] =
    "usage: rtshuf [-q] [-s seed] [--memory size] [--no-history] [-o file] [file ...]\n"
    "Write the examples of a stream in a random order.\n"
    "\n"
    "  -s, --seed N       seed of the order (default 0)\n"
    "      --memory SIZE  memory for the examples, such as 64M or 2G (default 256M);\n"
    "                     where they take more, temporary files hold them\n"
    "      --no-history   omit provenance records\n"
    "  -o, --output FILE  write the result to FILE, complete or not at all\n"
    "  -q, --quiet        no progress, no notes on standard error\n"
    "  -h, --help         print this help\n"
    "      --version      print the version\n";

enum { OPT_MEMORY = OPT_FIRST };

static const struct option options[] = {{"seed", required_argument, NULL, 's'},
                                        {"memory", required_argument, NULL, OPT_MEMORY},
                                        STREAM_OPTIONS,
                                        COMMON_OPTIONS};

static const uint64_t memory_default = 256 << 20, memory_most = (uint64_t)1 << 50;

/* Reads all examples; the other records go to the output by themselves. */
static int read_all(struct source *in, struct shuffle *s, struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next(in, &c, e)) > 0) {
        if (shuffle_check(s, &c, e) < 0)
            return source_complain(in, e, "%s", e->text);
        if (shuffle_add(s, &c, e) < 0)
            return -1;
    }
    return got;
}

int main(int argc, char **argv)
{
    struct error e;
    struct rts_writer *out = NULL;
    struct source *in = NULL;
    struct shuffle *s;
    uint64_t seed = 0, memory = memory_default;
    unsigned drop = 0;
    char step[64];
    int option, status = -1;

    start(argv);
    while ((option = next_option(argc, argv, "s:", options)) != -1)
        if (option == 's')
            seed = seed_argument(optarg);
        else if (option == OPT_MEMORY) {
            if (parse_bytes(optarg, SHUFFLE_MEMORY_MIN, memory_most, &memory) < 0)
                misused("--memory: '%s' is not a size of at least 1M, such as 64M or 2G", optarg);
        } else if (option == OPT_NO_HISTORY)
            drop = SOURCE_DROP_HISTORY;
        else
            common_option(option, help);
    snprintf(step, sizeof step, "rtshuf %s -s %" PRIu64, ROTPIPE_VERSION, seed);

    s = shuffle_new(seed, memory, &e);
    if (s && (in = source_open(argv + optind, argc - optind, &e)) &&
        (out = rts_create(result_path(), &e)) && source_pass(in, out, step, drop, &e) == 0 &&
        read_all(in, s, &e) == 0)
        status = shuffle_put(s, out, &e);
    source_close(in);
    shuffle_free(s);
    if (status == 0 && rts_finish(out, &e) == 0)
        return EXIT_DONE;
    if (status != 0)
        rts_abandon(out);
    die(&e);
}

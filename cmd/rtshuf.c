/* rtshuf - the examples of a stream in a random order */
#include "base/parse.h"
#include "cli/cli.h"
#include "rts/shuffle.h"

static const char usage[] =
    "usage: rtshuf [-q] [-s seed] [--memory size] [--no-history] [-o file] [file ...]\n"
    "Write the examples of a stream in a random order.\n";

struct settings {
    uint64_t seed, memory;
    unsigned drop; /* of what is passed on */
};

static void take_memory(void *bytes, const struct setting *s, char *text)
{
    (void)s;
    if (parse_bytes(text, SHUFFLE_MEMORY_MIN, (uint64_t)1 << 50, bytes) < 0)
        misused("--memory: '%s' is not a size of at least 1M, such as 64M or 2G", text);
}

/* clang-format off */
static const struct setting rows[] = {
    {"seed", 's', "N", "seed of the order (default 0)",
     SETTING_ALWAYS, SEED(seed)},
    {"memory", 0, "SIZE",
     "memory for the examples, such as 64M or 2G (default 256M);\n"
     "where they take more, temporary files hold them",
     SETTING_FREE, CALL(memory, take_memory, NULL)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, VALUE(drop, SOURCE_DROP_HISTORY)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows};

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
    struct shuffle *shuffle;
    struct settings s = {.memory = 256 << 20};
    char step[64];
    int first, status = -1;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    snprintf(step, sizeof step, "rtshuf %s", ROTPIPE_VERSION);
    settings_line(&table, &s, step, sizeof step);

    shuffle = shuffle_new(s.seed, s.memory, &e);
    if (shuffle && (in = source_open(argv + first, argc - first, &e)) &&
        (out = rts_create(result_path(), &e)) && source_pass(in, out, step, s.drop, &e) == 0 &&
        read_all(in, shuffle, &e) == 0)
        status = shuffle_put(shuffle, out, &e);
    source_close(in);
    shuffle_free(shuffle);
    if (status == 0 && rts_finish(out, &e) == 0)
        return EXIT_DONE;
    if (status != 0)
        rts_abandon(out);
    die(&e);
}

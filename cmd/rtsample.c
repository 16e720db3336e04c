/* rtsample - a random sample of a stream, evenly over its classes; or all but that */
#include "cli/cli.h"
#include "img/sample.h"
#include "rts/gather.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const char help[] =
    "usage: rtsample -n count | -k count [-v] [-s seed] [--no-history] [file ...]\n"
    "Write a random sample of a stream's examples, in their order.\n"
    "\n"
    "  -n, --count N      N examples in all, evenly over the classes\n"
    "  -k, --per-class K  K examples of every class\n"
    "  -v, --invert       all the others instead\n"
    "  -s, --seed N       seed of the choice (default 0)\n"
    "      --no-history   write nothing of how it was made\n"
    "  -o, --output FILE  write the result to FILE, complete or not at all\n"
    "  -q, --quiet        no progress, no notes on standard error\n"
    "  -h, --help         this text\n"
    "      --version      the version\n";

static const struct option options[] = {{"count", required_argument, NULL, 'n'},
                                        {"per-class", required_argument, NULL, 'k'},
                                        {"invert", no_argument, NULL, 'v'},
                                        {"seed", required_argument, NULL, 's'},
                                        STREAM_OPTIONS,
                                        COMMON_OPTIONS};

/* What a pass over the examples has seen: the second must see what the first has. */
struct tally {
    uint64_t count, labels;
};

struct job {
    char **paths;
    int operands;
    int invert;
    unsigned drop; /* of what is passed on */
    struct sample *sample;
    char step[96]; /* for the history */
    int64_t start; /* where standard input stood */
    struct tally first, second;
};

/*
 * The sample is known at the end of the stream only, so the stream is read twice: where all files
 * allow that, from them; otherwise from a spool, to which the first reading copies it, but for
 * those examples that have no chance any more.
 */
static int can_read_twice(struct job *j)
{
    struct stat st;

    j->start = lseek(STDIN_FILENO, 0, SEEK_CUR);
    for (int i = 0; i < (j->operands ? j->operands : 1); i++) {
        const char *path = j->operands ? j->paths[i] : "-";
        int standard = strcmp(path, "-") == 0;
        if ((standard ? fstat(STDIN_FILENO, &st) : stat(path, &st)) < 0)
            continue; /* opening it will say why */
        if (!S_ISREG(st.st_mode) || (standard && j->start < 0))
            return 0;
    }
    return 1;
}

static void count_example(struct tally *t, const struct chunk *c, uint64_t i)
{
    t->count++;
    t->labels = t->labels * 6364136223846793005u + (c->label ? c->label[i] + 1 : 0);
}

/* Moves example `from` of a chunk to place `to` before it. */
static void move_example(struct chunk *c, uint64_t to, uint64_t from)
{
    if (to == from)
        return;
    memcpy((char *)c->data + to * c->stride, (char *)c->data + from * c->stride, c->stride);
    if (c->label)
        c->label[to] = c->label[from];
}

/* Writes a chunk as one record, so that a spool has the chunks that its source has. */
static int put_whole(struct rts_writer *spool, const struct chunk *c, uint64_t kept,
                     struct error *e)
{
    struct rts_header h = c->head;

    h.shape[0] = kept;
    if (rts_put(spool, &h, c->data, e) < 0)
        return -1;
    if (!c->label)
        return 0;
    rts_describe(&h, "label", RTS_U4, 1, &kept);
    return rts_put(spool, &h, c->label, e);
}

/* The first pass: offers all examples to the sample and copies them to `spool`, if there is one. */
static int survey(struct job *j, struct source *in, struct rts_writer *spool, struct error *e)
{
    int all = !spool || j->invert, got, begun = 0;
    struct chunk c;

    while ((got = source_next(in, &c, e)) > 0) {
        uint64_t kept = 0;
        for (uint64_t i = 0; i < c.n; i++) {
            int chance = sample_offer(j->sample, j->first.count, c.label ? &c.label[i] : NULL, e);
            if (chance < 0)
                return source_complain(in, e, "%s", e->text);
            if (!chance && !all)
                continue;
            count_example(&j->first, &c, i);
            move_example(&c, kept++, i);
        }
        if (spool && (kept || !begun) && put_whole(spool, &c, kept, e) < 0)
            return -1;
        begun = 1;
    }
    return got < 0 ? -1 : sample_settle(j->sample, source_names(in), e);
}

/* The second pass: gives `out` what is in the sample, or what is not. */
static int choose(struct job *j, struct source *in, struct gather *out, struct error *e)
{
    struct rts_header like = {0};
    uint32_t *label = NULL, none = 0;
    int got, begun = 0, written = 0;
    struct chunk c;

    while ((got = source_next(in, &c, e)) > 0) {
        uint64_t kept = 0;
        for (uint64_t i = 0; i < c.n; i++) {
            int chosen = sample_has(j->sample, j->second.count);
            count_example(&j->second, &c, i);
            if (chosen != j->invert)
                move_example(&c, kept++, i);
        }
        if (!begun) {
            like = c.head;
            label = c.label ? &none : NULL;
        }
        begun = 1;
        if (gather_add(out, &c, kept, e) < 0)
            return -1;
        written |= kept > 0;
    }
    if (got < 0 || gather_flush(out, e) < 0)
        return -1;
    if (j->first.count != j->second.count || j->first.labels != j->second.labels)
        return error_set(e, "input: changed while it was read");
    return written ? 0 : examples_put(out->out, &like, 0, NULL, label, e);
}

/* The first pass over what can be read once: what it copies becomes standard input. */
static int survey_to_spool(struct job *j, struct error *e)
{
    int fd = -1, status = -1;
    struct source *in = source_open(j->paths, j->operands, e);
    struct output *file = in ? output_open_spool(&fd, e) : NULL;
    struct rts_writer *spool = file ? rts_create_on(file, e) : NULL;

    if (spool && source_pass(in, spool, j->step, j->drop, e) == 0 && survey(j, in, spool, e) == 0)
        status = rts_finish(spool, e);
    else
        rts_abandon(spool);
    source_close(in);
    if (status == 0 && (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0))
        status = error_set(e, "temporary file: cannot be read back");
    if (fd >= 0)
        close(fd);
    /* The history that the spool carries tells of this program already. */
    j->step[0] = '\0';
    j->operands = 0;
    return status;
}

static int survey_in_place(struct job *j, struct error *e)
{
    struct source *in = source_open(j->paths, j->operands, e);
    int status = in ? survey(j, in, NULL, e) : -1;

    source_close(in);
    if (j->start >= 0)
        lseek(STDIN_FILENO, j->start, SEEK_SET);
    return status;
}

static int run(struct job *j, struct rts_writer *out, struct error *e)
{
    struct gather gather = {.out = out};
    struct source *in;
    int status = can_read_twice(j) ? survey_in_place(j, e) : survey_to_spool(j, e);

    if (status < 0)
        return -1;
    in = source_open(j->paths, j->operands, e);
    if (!in)
        return -1;
    status = source_pass(in, out, j->step, j->drop, e);
    source_before(in, gather_before, &gather);
    if (status == 0)
        status = choose(j, in, &gather, e);
    source_close(in);
    gather_free(&gather);
    return status;
}

int main(int argc, char **argv)
{
    struct error e;
    struct job j = {0};
    struct rts_writer *out = NULL;
    int64_t count = -1, each = -1;
    uint64_t seed = 0;
    int option, status = -1;

    start(argv);
    while ((option = next_option(argc, argv, "k:n:s:v", options)) != -1)
        switch (option) {
        case 'k':
            each = int_argument(optarg, 0, INT64_MAX);
            break;
        case 'n':
            count = int_argument(optarg, 0, INT64_MAX);
            break;
        case 's':
            seed = seed_argument(optarg);
            break;
        case 'v':
            j.invert = 1;
            break;
        case OPT_NO_HISTORY:
            j.drop = SOURCE_DROP_HISTORY;
            break;
        default:
            common_option(option, help);
        }
    if ((count < 0) == (each < 0))
        misused("one of -n and -k is needed");
    snprintf(j.step, sizeof j.step, "rtsample %s %s %" PRId64 "%s -s %" PRIu64, ROTPIPE_VERSION,
             each < 0 ? "-n" : "-k", each < 0 ? count : each, j.invert ? " -v" : "", seed);
    j.paths = argv + optind;
    j.operands = argc - optind;
    j.sample = sample_new((uint64_t)(each < 0 ? count : each), each >= 0, seed, &e);
    out = j.sample ? rts_create(result_path(), &e) : NULL;
    if (out)
        status = run(&j, out, &e);
    sample_free(j.sample);
    if (status == 0 && rts_finish(out, &e) == 0)
        return EXIT_DONE;
    if (status != 0)
        rts_abandon(out);
    die(&e);
}

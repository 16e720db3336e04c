/* rtsample - a random sample of a stream, a part of it, or its beginning; or all but that */
#include "cli/cli.h"
#include "rts/gather.h"
#include "rts/reread.h"
#include "rts/sample.h"

static const char help[] =
    "usage: rtsample [-q] -n count | -k count | --at-most count | --share share |\n"
    "                --fold i/k | --first count\n"
    "                [-v] [-s seed] [--no-history] [-o file] [file ...]\n"
    "Write a random sample of the examples of a stream, in their order.\n"
    "\n"
    "  -n, --count N      N examples in total, evenly over the classes\n"
    "  -k, --per-class N  N examples of every class\n"
    "      --at-most N    N examples of every class, or all if there are fewer\n"
    "      --share SHARE  a share of the examples of every class: 20% or 0.2\n"
    "      --fold I/K     part I of K random parts, each evenly over the classes\n"
    "      --first N      the first N examples\n"
    "  -v, --invert       write all other examples instead\n"
    "  -s, --seed N       seed of the choice (default 0)\n"
    "      --no-history   omit provenance records\n"
    "  -o, --output FILE  write the result to FILE, complete or not at all\n"
    "  -q, --quiet        no progress, no notes on standard error\n"
    "  -h, --help         print this help\n"
    "      --version      print the version\n";

enum { OPT_AT_MOST = OPT_FIRST, OPT_SHARE, OPT_FOLD, OPT_BEGINNING };

static const struct option options[] = {{"count", required_argument, NULL, 'n'},
                                        {"per-class", required_argument, NULL, 'k'},
                                        {"at-most", required_argument, NULL, OPT_AT_MOST},
                                        {"share", required_argument, NULL, OPT_SHARE},
                                        {"fold", required_argument, NULL, OPT_FOLD},
                                        {"first", required_argument, NULL, OPT_BEGINNING},
                                        {"invert", no_argument, NULL, 'v'},
                                        {"seed", required_argument, NULL, 's'},
                                        STREAM_OPTIONS,
                                        COMMON_OPTIONS};

/* What a reading of the examples has seen: the last must see what the first has. */
struct tally {
    uint64_t count, labels;
};

struct job {
    struct reread operands;
    struct sample_rule rule;
    int choices; /* how many of the options that say how were given */
    int invert, seeded;
    struct sample *sample;
    char step[128]; /* for the history */
    struct tally first, second;
};

static void count_example(struct tally *t, const struct chunk *c, uint64_t i)
{
    t->count++;
    t->labels = t->labels * 6364136223846793005u + (c->label ? c->label[i] + 1 : 0);
}

/* The reading before the first, for a share: counts the examples of each class. */
static int count(void *context, struct source *in, struct rts_writer *copy, struct error *e)
{
    struct job *j = context;
    struct chunk c;
    int got;

    while ((got = source_next(in, &c, e)) > 0) {
        for (uint64_t i = 0; i < c.n; i++)
            if (sample_count(j->sample, c.label ? &c.label[i] : NULL, e) < 0)
                return source_complain(in, e, "%s", e->text);
        if (copy && examples_put_chunk(copy, &c, e) < 0)
            return -1;
    }
    return got;
}

/* Says which classes have names only; a note, not an error. */
static int tell_passed_over(const struct job *j, const char *names, struct error *e)
{
    char list[400];
    struct error line;
    int64_t n = sample_passed_over(j->sample, names, list, sizeof list, e);

    if (n <= 0)
        return (int)n;
    /* Names come from outside: they may hold anything, but an error's text is one line. */
    error_set(&line, "%" PRId64 " class%s no examples and %s passed over: %s", n,
              n > 1 ? "es have" : " has", n > 1 ? "are" : "is", list);
    note("%s", line.text);
    return 0;
}

/*
 * The first reading: offers all examples to the sample. The copy, if there is one, gets those that
 * may be written in the end, in the chunks that they came in.
 */
static int survey(void *context, struct source *in, struct rts_writer *copy, struct error *e)
{
    struct job *j = context;
    int all = !copy || j->invert, got, begun = 0;
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
            chunk_move(&c, kept++, i);
        }
        c.n = kept;
        if (copy && (kept || !begun) && examples_put_chunk(copy, &c, e) < 0)
            return -1;
        begun = 1;
    }
    if (got < 0 || sample_settle(j->sample, source_names(in), e) < 0)
        return -1;
    return tell_passed_over(j, source_names(in), e);
}

/* After the last example: there are as many as were wanted, or were there before. */
static int check_end(const struct job *j, struct error *e)
{
    if (j->rule.how == SAMPLE_FIRST)
        return j->second.count >= j->rule.n
                   ? 0
                   : error_set(e, "too few examples: %" PRIu64 ", but %" PRIu64 " are needed",
                               j->second.count, j->rule.n);
    if (j->first.count != j->second.count || j->first.labels != j->second.labels)
        return error_set(e, "input: changed while it was read");
    return 0;
}

/* The last reading: gives `out` what is in the sample, or what is not. */
static int choose(struct job *j, struct source *in, struct gather *out, struct error *e)
{
    int got;
    struct chunk c;

    while ((got = source_next(in, &c, e)) > 0) {
        uint64_t kept = 0;
        for (uint64_t i = 0; i < c.n; i++) {
            int chosen = sample_has(j->sample, j->second.count);
            count_example(&j->second, &c, i);
            if (chosen != j->invert)
                chunk_move(&c, kept++, i);
        }
        if (gather_add(out, &c, kept, e) < 0)
            return -1;
    }
    if (got < 0)
        return -1;
    return check_end(j, e) < 0 ? -1 : gather_finish(out, e);
}

static int run(struct job *j, struct rts_writer *out, struct error *e)
{
    struct gather gather = {.out = out};
    struct source *in;
    int status;

    if (j->rule.how == SAMPLE_SHARE && reread_pass(&j->operands, count, j, e) < 0)
        return -1;
    if (j->rule.how != SAMPLE_FIRST && reread_pass(&j->operands, survey, j, e) < 0)
        return -1;
    if (!(in = reread_last(&j->operands, out, e)))
        return -1;
    source_before(in, gather_before, &gather);
    status = choose(j, in, &gather, e);
    source_close(in);
    gather_free(&gather);
    return status;
}

/* One of the options that say how many. */
static void take_choice(struct job *j, enum sample_how how, uint64_t n)
{
    j->rule.how = how;
    j->rule.n = n;
    j->choices++;
}

static void take_option(struct job *j, int option, unsigned *drop)
{
    uint64_t share;

    switch (option) {
    case 'k':
        take_choice(j, SAMPLE_PER_CLASS, (uint64_t)int_argument(optarg, 0, INT64_MAX));
        break;
    case 'n':
        take_choice(j, SAMPLE_COUNT, (uint64_t)int_argument(optarg, 0, INT64_MAX));
        break;
    case OPT_AT_MOST:
        take_choice(j, SAMPLE_AT_MOST, (uint64_t)int_argument(optarg, 0, INT64_MAX));
        break;
    case OPT_SHARE:
        if (sample_parse_share(optarg, &share) < 0)
            misused("--share: '%s' is not a share between 0%% and 100%%, or 0 and 1 with at most"
                    " nine decimals",
                    optarg);
        take_choice(j, SAMPLE_SHARE, share);
        break;
    case OPT_FOLD:
        if (sample_parse_fold(optarg, &j->rule) < 0)
            misused("--fold: '%s' is not a part I/K, with K from 2 to %d and I from 1 to K", optarg,
                    SAMPLE_FOLDS_MAX);
        take_choice(j, SAMPLE_FOLD, j->rule.n);
        break;
    case OPT_BEGINNING:
        take_choice(j, SAMPLE_FIRST, (uint64_t)int_argument(optarg, 0, INT64_MAX));
        break;
    case 's':
        j->rule.seed = seed_argument(optarg);
        j->seeded = 1;
        break;
    case 'v':
        j->invert = 1;
        break;
    case OPT_NO_HISTORY:
        *drop = SOURCE_DROP_HISTORY;
        break;
    default:
        common_option(option, help);
    }
}

/* The line of the history: all that decides the result. */
static void describe(struct job *j)
{
    static const char *const names[] = {"-n", "-k", "--at-most", "--share", "--fold", "--first"};
    const struct sample_rule *r = &j->rule;
    char n[48], seed[32] = "";

    if (r->how == SAMPLE_SHARE)
        snprintf(n, sizeof n, "%.9g", (double)r->n / SAMPLE_WHOLE);
    else if (r->how == SAMPLE_FOLD)
        snprintf(n, sizeof n, "%" PRIu64 "/%" PRIu64, r->part + 1, r->n);
    else
        snprintf(n, sizeof n, "%" PRIu64, r->n);
    if (r->how != SAMPLE_FIRST)
        snprintf(seed, sizeof seed, " -s %" PRIu64, r->seed);
    snprintf(j->step, sizeof j->step, "rtsample %s %s %s%s%s", ROTPIPE_VERSION, names[r->how], n,
             j->invert ? " -v" : "", seed);
}

int main(int argc, char **argv)
{
    struct error e;
    struct job j = {0};
    struct rts_writer *out = NULL;
    unsigned drop = 0;
    int option, status = -1;

    start(argv);
    while ((option = next_option(argc, argv, "k:n:s:v", options)) != -1)
        take_option(&j, option, &drop);
    if (j.choices != 1)
        misused("one of -n, -k, --at-most, --share, --fold and --first is needed");
    if (j.rule.how == SAMPLE_FIRST && j.seeded)
        misused("%s has no meaning with --first", as_typed('s'));
    describe(&j);
    reread_plan(&j.operands, argv + optind, argc - optind, j.step, drop);
    j.sample = sample_new(&j.rule, &e);
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

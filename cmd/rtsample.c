/* rtsample - a random sample of a stream, a part of it, or its beginning; or all but that */
#include "cli/cli.h"
#include "rts/gather.h"
#include "rts/reread.h"
#include "rts/sample.h"

static const char usage[] =
    "usage: rtsample [-q] -n count | -k count | --at-most count | --share share |\n"
    "                --fold i/k | --first count\n"
    "                [-v] [-s seed] [--no-history] [-o file] [file ...]\n"
    "Write a random sample of the examples of a stream, in their order.\n";

/* How the sample is chosen, and how many of the options that say so were given. */
struct choice {
    struct sample_rule rule;
    int given;
};

struct settings {
    struct choice choice;
    int invert;
    int draws;     /* the choice is random */
    unsigned drop; /* of what is passed on */
};

/* Of these rows, `lowest` is a sample_how. */
static void take_choice(void *at, const struct setting *s, char *text)
{
    struct choice *c = at;
    struct sample_rule *r = &c->rule;

    r->how = (enum sample_how)s->lowest;
    c->given++;
    if (r->how == SAMPLE_SHARE && sample_parse_share(text, &r->n) < 0)
        misused("--share: '%s' is not a share between 0%% and 100%%, or 0 and 1 with at most"
                " nine decimals",
                text);
    if (r->how == SAMPLE_FOLD && sample_parse_fold(text, r) < 0)
        misused("--fold: '%s' is not a part I/K, with K from 2 to %d and I from 1 to K", text,
                SAMPLE_FOLDS_MAX);
    if (r->how != SAMPLE_SHARE && r->how != SAMPLE_FOLD)
        r->n = (uint64_t)int_argument(text, 0, INT64_MAX);
}

static int put_choice(const void *at, char *text, size_t size)
{
    const struct sample_rule *r = &((const struct choice *)at)->rule;

    if (r->how == SAMPLE_SHARE)
        return snprintf(text, size, " %.9g", (double)r->n / SAMPLE_WHOLE);
    if (r->how == SAMPLE_FOLD)
        return snprintf(text, size, " %" PRIu64 "/%" PRIu64, r->part + 1, r->n);
    return snprintf(text, size, " %" PRIu64, r->n);
}

#define CHOOSE(HOW) SETTING_GIVEN, CALL(choice, take_choice, put_choice), .lowest = (HOW)

/* clang-format off */
static const struct setting rows[] = {
    {"count", 'n', "N", "N examples in total, evenly over the classes",
     CHOOSE(SAMPLE_COUNT)},
    {"per-class", 'k', "N", "N examples of every class",
     CHOOSE(SAMPLE_PER_CLASS)},
    {"at-most", 0, "N", "N examples of every class, or all if there are fewer",
     CHOOSE(SAMPLE_AT_MOST)},
    {"share", 0, "SHARE", "a share of the examples of every class: 20% or 0.2",
     CHOOSE(SAMPLE_SHARE)},
    {"fold", 0, "I/K", "part I of K random parts, each evenly over the classes",
     CHOOSE(SAMPLE_FOLD)},
    {"first", 0, "N", "the first N examples",
     CHOOSE(SAMPLE_FIRST)},
    {"invert", 'v', NULL, "write all other examples instead",
     SETTING_CHANGED, FLAG(invert)},
    {"seed", 's', "N", "seed of the choice (default 0)",
     WITH(draws), SEED(choice.rule.seed)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, VALUE(drop, SOURCE_DROP_HISTORY)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows};

/* What a reading of the examples has seen: the last must see what the first has. */
struct tally {
    uint64_t count, labels;
};

struct job {
    struct reread operands;
    struct settings s;
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
    int all = !copy || j->s.invert, got, begun = 0;
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
    if (j->s.choice.rule.how == SAMPLE_FIRST)
        return j->second.count >= j->s.choice.rule.n
                   ? 0
                   : error_set(e, "too few examples: %" PRIu64 ", but %" PRIu64 " are needed",
                               j->second.count, j->s.choice.rule.n);
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
            if (chosen != j->s.invert)
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

    if (j->s.choice.rule.how == SAMPLE_SHARE && reread_pass(&j->operands, count, j, e) < 0)
        return -1;
    if (j->s.choice.rule.how != SAMPLE_FIRST && reread_pass(&j->operands, survey, j, e) < 0)
        return -1;
    if (!(in = reread_last(&j->operands, out, e)))
        return -1;
    source_before(in, gather_before, &gather);
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
    int first, status = -1;

    start(argv);
    first = settings_read(&table, argc, argv, &j.s);
    if (j.s.choice.given != 1)
        misused("one of -n, -k, --at-most, --share, --fold and --first is needed");
    j.s.draws = j.s.choice.rule.how != SAMPLE_FIRST;
    if (!j.s.draws && settings_given(&table, "seed"))
        misused("%s has no meaning with --first", as_typed('s'));
    snprintf(j.step, sizeof j.step, "rtsample %s", ROTPIPE_VERSION);
    settings_line(&table, &j.s, j.step, sizeof j.step);
    reread_plan(&j.operands, argv + first, argc - first, j.step, j.s.drop);
    j.sample = sample_new(&j.s.choice.rule, &e);
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

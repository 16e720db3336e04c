/* rtsinfo - what a stream holds, as text; and whether it is whole */
#include "cli/cli.h"
#include "cli/say.h"
#include "rts/describe.h"
#include "rts/summary.h"

static const char usage[] =
    "usage: rtsinfo [-q] [-r | --history] [-o file] [file ...]\n"
    "Describe and verify streams: data sets, models and any other stream.\n";

struct settings {
    int records, history;
};

/* clang-format off */
static const struct setting rows[] = {
    {"records", 'r', NULL, "list every record: index, offset, name, dtype, shape, bytes",
     SETTING_FREE, FLAG(records)},
    {"history", 0, NULL, "print only how the stream was made",
     SETTING_FREE, FLAG(history)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows};

enum mode { OVERVIEW, RECORDS, HISTORY };

/* Consecutive chunks of a data set, most of them alike: listed once, with how many there were. */
enum { KINDS = 8 };

struct fold {
    struct rts_header kind[KINDS];
    uint64_t count[KINDS];
    int kinds;
};

struct info {
    enum mode mode;
    struct rts_reader *in;
    uint64_t records;
    struct fold fold;
    struct summary summary;
};

static void print_record(const struct rts_header *h, uint64_t count)
{
    char shape[DESCRIBE_SHAPE_BYTES];

    printf("%-15s %-5s %-19s %10" PRIu64, h->name, h->dtype_text, describe_shape(h, shape),
           h->size);
    if (count > 1)
        printf(" x %" PRIu64, count);
    putchar('\n');
}

static void unfold(struct fold *f)
{
    for (int i = 0; i < f->kinds; i++)
        print_record(&f->kind[i], f->count[i]);
    f->kinds = 0;
}

static int is_chunk(const struct rts_header *h)
{
    return strcmp(h->name, "image") == 0 || strcmp(h->name, "feature") == 0 ||
           strcmp(h->name, "label") == 0 || strcmp(h->name, "soft") == 0;
}

static int are_alike(const struct rts_header *a, const struct rts_header *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->dtype_text, b->dtype_text) == 0 &&
           a->ndim == b->ndim && memcmp(a->shape, b->shape, sizeof a->shape) == 0 &&
           a->size == b->size;
}

static void list(struct fold *f, const struct rts_header *h)
{
    if (!is_chunk(h)) {
        unfold(f);
        print_record(h, 1);
        return;
    }
    for (int i = 0; i < f->kinds; i++)
        if (are_alike(&f->kind[i], h)) {
            f->count[i]++;
            return;
        }
    if (f->kinds == KINDS)
        unfold(f);
    f->kind[f->kinds] = *h;
    f->count[f->kinds++] = 1;
}

static void print_line(const struct info *i, const struct rts_header *h)
{
    char shape[DESCRIBE_SHAPE_BYTES];

    printf("%" PRIu64 "\t%" PRIu64 "\t%s\t%s\t%s\t%" PRIu64 "\n", h->index,
           rts_record_offset(i->in), h->name, h->dtype_text, describe_shape(h, shape), h->size);
}

/* What is known of the streams read so far; then a new one begins. */
static void print_summary(struct info *i)
{
    if (i->summary.net && !i->summary.training) {
        say_stopped(rts_file_name(i->in), i->summary.history.text);
        say_findings(rts_file_name(i->in), i->summary.history.text);
    }
    if (i->mode == HISTORY)
        describe_history(stdout, &i->summary);
    if (i->mode == OVERVIEW) {
        unfold(&i->fold);
        if (i->records)
            putchar('\n');
        describe_summary(stdout, &i->summary);
    }
    summary_reset(&i->summary);
}

static int take_record(struct info *i, const struct rts_header *h, struct error *e)
{
    /* Data sets joined by cat are one; a model stands for itself. */
    if (h->index == 0 && i->summary.net) {
        print_summary(i);
        if (i->mode == OVERVIEW)
            putchar('\n');
    }
    /* A record is listed when all of it has been read and verified. */
    if (summary_take(&i->summary, i->in, h, e) < 0)
        return -1;
    i->records++;
    if (i->mode == OVERVIEW)
        list(&i->fold, h);
    if (i->mode == RECORDS)
        print_line(i, h);
    return ferror(stdout) ? error_set(e, "%s: cannot write", text_name()) : 0;
}

static int read_records(struct info *i, struct error *e)
{
    struct rts_header h;
    int got;

    while ((got = rts_next(i->in, &h, e)) > 0)
        if (take_record(i, &h, e) < 0)
            return -1;
    return got;
}

/* The file's records and summary, and whether it is whole. */
static int show(struct info *i, const char *path, struct error *e)
{
    int status;

    i->records = 0;
    i->in = rts_open(path, e);
    if (!i->in)
        return -1;
    status = read_records(i, e);
    /* A history that has lost its end looks like a whole one. */
    if (status == 0 || i->mode != HISTORY)
        print_summary(i);
    else
        summary_reset(&i->summary); /* nor may it pass for the next file's */
    if (i->mode == OVERVIEW && status == 0)
        printf("%-11s %" PRIu64 " records in %" PRIu64 " stream%s, %" PRIu64 " bytes\n", "whole",
               i->records, rts_streams(i->in), rts_streams(i->in) == 1 ? "" : "s",
               rts_offset(i->in));
    else if (i->mode == OVERVIEW)
        printf("%-11s after %" PRIu64 " whole records\n", "damaged", i->records);
    rts_close(i->in);
    return status;
}

int main(int argc, char **argv)
{
    static char *standard_input[] = {"-"};
    static struct info info;
    struct settings s = {0};
    struct error e;
    int first, status = EXIT_DONE;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    if (s.records && s.history)
        misused("-r and --history are mutually exclusive");
    info.mode = s.records ? RECORDS : s.history ? HISTORY : OVERVIEW;
    start_text();
    argc -= first;
    argv += first;
    if (argc == 0) {
        argc = 1;
        argv = standard_input;
    }
    for (int n = 0; n < argc; n++) {
        if (argc > 1) {
            printf("%s==> ", n ? "\n" : "");
            describe_text(stdout, argv[n], strlen(argv[n]));
            puts(" <==");
        }
        if (show(&info, argv[n], &e) < 0) {
            fflush(stdout);
            complain("%s", e.text);
            status = EXIT_FAILED;
        }
        if (ferror(stdout))
            break;
    }
    if (status != EXIT_DONE) {
        fclose(stdout);
        return status;
    }
    finish_text();
}

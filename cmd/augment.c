/* augment - the images of a stream changed at random, as rottrain --augment changes them */
#include "augment/augment.h"
#include "cli/cli.h"
#include "cli/settings.h"
#include "rts/gather.h"

static const char usage[] =
    "usage: augment [-q] [-n copies] [-s seed] [--epoch number] [--original]\n"
    "               [--no-history] [-o file] string [file ...]\n"
    "Change the images of a stream at random, as rottrain sees them.\n"
    "The words of the string name the changes; help: list them.\n";

struct settings {
    uint64_t seed;
    int copies, epoch, original, no_history;
    struct augments augments;
};

/* clang-format off */
static const struct setting rows[] = {
    {"count", 'n', "N", "changed copies of each image (default 1)",
     SETTING_CHANGED, INT(copies, 1, 1000000)},
    {"seed", 's', "N", "seed of the changes (default 0)",
     SETTING_ALWAYS, SEED(seed)},
    {"epoch", 0, "N", "as in this epoch of rottrain, the next copy as in\nthe next (default 1)",
     SETTING_CHANGED, INT(epoch, 1, 1000000)},
    {"original", 0, NULL, "write each image itself, too, before its copies",
     SETTING_CHANGED, FLAG(original)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, FLAG(no_history)},
    {0}};
/* clang-format on */

static const struct settings defaults = {.copies = 1, .epoch = 1};
static const struct settings_table table = {.usage = usage, .row = rows, .defaults = &defaults};

struct job {
    const struct settings *s;
    struct gather out;
    uint64_t number; /* of the next image in all that is read */
    uint8_t *room;   /* for two images of this size: */
    uint64_t room_stride;
};

/* The shape of a chunk can be changed, and there is room for its images. */
static int prepare(struct job *j, const struct source *in, const struct chunk *c, struct error *e)
{
    const uint64_t *shape = c->head.shape;

    if (augments_check(&j->s->augments, shape[1], shape[2], shape[3], e) < 0)
        return source_complain(in, e, "%s", e->text);
    if (j->room_stride >= c->stride)
        return 0;
    free(j->room);
    j->room_stride = c->stride;
    j->room = malloc(2 * c->stride);
    return j->room ? 0 : error_memory(e, "images");
}

/* Writes the copies of the one image of a chunk. */
static int put_copies(struct job *j, const struct chunk *c, struct error *e)
{
    const struct settings *s = j->s;
    const uint64_t *shape = c->head.shape;
    struct pixels from = {c->data, (int)shape[2], (int)shape[1], (int)shape[3]};
    struct chunk copy = *c;

    if (s->original && gather_add(&j->out, c, 1, e) < 0)
        return -1;
    copy.data = j->room;
    for (int k = 0; k < s->copies; k++) {
        augments_apply(&s->augments, from, s->seed, (uint64_t)s->epoch + (uint64_t)k, j->number,
                       j->room, j->room + c->stride);
        if (gather_add(&j->out, &copy, 1, e) < 0)
            return -1;
    }
    j->number++;
    return 0;
}

static int convert(struct job *j, struct source *in, struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0) {
        if (prepare(j, in, &c, e) < 0 || (c.n == 0 && gather_add(&j->out, &c, 0, e) < 0))
            return -1;
        for (uint64_t i = 0; i < c.n; i++) {
            struct chunk one = chunk_part(&c, i, 1);
            if (put_copies(j, &one, e) < 0)
                return -1;
        }
    }
    return got < 0 ? -1 : gather_finish(&j->out, e);
}

/* The line of the history. */
static void describe(const struct settings *s, char *line, size_t size)
{
    char text[AUGMENT_TEXT_MAX];

    augments_text(&s->augments, text);
    snprintf(line, size, "augment %s '%s'", ROTPIPE_VERSION, text);
    settings_line(&table, s, line, size);
}

static int run(struct job *j, char **paths, int n, struct error *e)
{
    char step[AUGMENT_TEXT_MAX + 256];
    struct source *in = source_open(paths, n, e);
    int status = -1;

    describe(j->s, step, sizeof step);
    if (in && (j->out.out = rts_create(result_path(), e)) &&
        source_pass(in, j->out.out, step, j->s->no_history ? SOURCE_DROP_HISTORY : SOURCE_KEEP_ALL,
                    e) == 0) {
        source_before(in, gather_before, &j->out);
        status = convert(j, in, e);
    }
    source_close(in);
    gather_free(&j->out);
    free(j->room);
    if (status == 0)
        return rts_finish(j->out.out, e);
    rts_abandon(j->out.out);
    return -1;
}

int main(int argc, char **argv)
{
    struct settings s = defaults;
    struct job job = {.s = &s};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    if (first == argc)
        misused("the changes are missing, such as 'shift2 flip' ('augment help' lists them)");
    if (strcmp(argv[first], "help") == 0) {
        start_text();
        augments_list(stdout);
        finish_text();
    }
    if (augments_parse(&s.augments, argv[first], &e) < 0)
        misused("%s", e.text);
    if (s.augments.n == 0)
        misused("the string names no changes ('augment help' lists them)");
    if (run(&job, argv + first + 1, argc - first - 1, &e) < 0)
        die(&e);
    return EXIT_DONE;
}

/* rtsmap - a stream with other labels and class names, with other images, or without labels */
#include "cli/pixeloptions.h"
#include "img/imagemap.h"
#include "rts/answers.h"
#include "rts/gather.h"
#include "rts/names.h"
#include "rts/relabel.h"
#include "rts/reread.h"

static const char usage[] =
    "usage: rtsmap [-q] [--answers file | [--shift n] [--table file]] [--names file]\n"
    "              [--compact] [--grey | --rgb] [--transpose] [--crop geometry]\n"
    "              [--size size] [--fit crop|pad|stretch] [--pad size]\n"
    "              [--background colour] [--unlabel] [--no-history] [-o file]\n"
    "              [file ...]\n"
    "Change the labels, the class names or the images of a stream.\n"
    "Changes are made in the order of this list, in any order of the options.\n";

struct settings {
    const char *answers, *table, *names; /* files */
    int64_t shift;
    int compact, unlabel;
    struct imagemap images;
    int sizes, borders; /* what --fit and --background are for */
    unsigned drop;      /* of what is passed on */
};

static void take_colour(void *at, const struct setting *s, char *none)
{
    int *colour = at;

    (void)none;
    if (*colour != COLOUR_KEPT && *colour != (int)s->lowest)
        misused("--grey and --rgb cannot both be given");
    *colour = (int)s->lowest;
}

static void take_size(void *frame, const struct setting *s, char *text)
{
    if (frame_parse(text, 0, frame) < 0)
        misused("--%s: '%s' is not a size N or WxH", s->name, text);
}

static void take_crop(void *frame, const struct setting *s, char *text)
{
    if (frame_parse(text, 1, frame) < 0)
        misused("--%s: '%s' is not a size N, WxH or WxH+X+Y", s->name, text);
}

static int put_frame(const void *frame, char *text, size_t size)
{
    char form[FRAME_TEXT];

    frame_format(frame, form);
    return snprintf(text, size, " %s", form);
}

static int put_background(const void *colour, char *text, size_t size)
{
    const uint8_t *c = colour;

    return snprintf(text, size, " %d,%d,%d", c[0], c[1], c[2]);
}

/* clang-format off */
static const struct setting rows[] = {
    {"answers", 0, "FILE",
     "label by lines EXAMPLE<tab>CLASS: file or number, and\n"
     "class; a CLASS of - drops the example",
     SETTING_CHANGED, WORD(answers)},
    {"shift", 0, "N", "add N to every label; N may be negative: --shift=-1",
     SETTING_GIVEN, LONG(shift, -(int64_t)UINT32_MAX, UINT32_MAX)},
    {"table", 0, "FILE", "relabel by lines OLD<tab>NEW; a NEW of - drops examples",
     SETTING_CHANGED, WORD(table)},
    {"names", 0, "FILE", "replace the class names, one per line",
     SETTING_NAMED, TEXT(names)},
    {"compact", 0, NULL, "drop classes without examples, renumber the others from 0",
     SETTING_CHANGED, FLAG(compact)},
    {"grey", 0, NULL, "make colour images grey",
     SETTING_GIVEN, CALL(images.colour, take_colour, NULL), .lowest = COLOUR_GREY},
    {"rgb", 0, NULL, "make grey images colour images, of three equal channels",
     SETTING_GIVEN, CALL(images.colour, take_colour, NULL), .lowest = COLOUR_RGB},
    {"transpose", 0, NULL, "swap the rows and columns of every image",
     SETTING_CHANGED, FLAG(images.transpose)},
    {"crop", 0, "N|WxH",
     "cut N x N, or W x H, pixels out of the middle of every\n"
     "image; WxH+X+Y: X from the left and Y from the top",
     SETTING_GIVEN, CALL(images.crop, take_crop, put_frame)},
    {"size", 0, "N|WxH", "scale every image to N x N, or W x H, pixels",
     SETTING_GIVEN, CALL(images.size, take_size, put_frame)},
    {"fit", 0, "crop|pad|stretch",
     "how images of another shape get that size: cut at\n"
     "two sides, with borders, or distorted (default: crop)",
     WITH(sizes), CHOICE(images.fit, fit_names)},
    {"pad", 0, "N|WxH",
     "put a border around every image, which is then in the\nmiddle of N x N, or W x H, pixels",
     SETTING_GIVEN, CALL(images.pad, take_size, put_frame)},
    {"background", 0, "COLOUR",
     "of borders: #rrggbb, R,G,B, 0 to 255, black or white\n(default: black)",
     WITH(borders), CALL(images.background, take_background, put_background)},
    {"unlabel", 0, NULL, "drop all labels",
     SETTING_CHANGED, FLAG(unlabel)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, VALUE(drop, SOURCE_DROP_HISTORY)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 23};

struct job {
    const struct settings *s;
    struct reread operands;
    struct relabel relabel;
    char *names;       /* the new ones */
    int maps;          /* labels change */
    int begun;         /* relabel_begin has been called: */
    const char *known; /* with these names of the stream, or NULL */
    int named;         /* the names have been written */
    struct answers *answers;
    uint64_t answered; /* examples of this reading that have their answer */
    uint32_t *label;   /* [room]: the answers for a chunk */
    uint64_t room;
    struct imagemap images;
};

/* ---- labels ---- */

/* For every chunk: passes on the class names that have been read by now. */
static int begin(struct job *j, const struct source *in, struct error *e)
{
    const char *names = source_names(in);

    if (j->begun && names == j->known)
        return 0;
    j->begun = 1;
    j->known = names;
    if (relabel_begin(&j->relabel, names, e) < 0)
        return -1;
    return j->answers ? answers_resolve(j->answers, j->names ? j->names : names, e) : 0;
}

/* Gives the examples of a chunk the labels of their answers, if there are any; those without one
 * to be dropped stay. */
static int answer(struct job *j, const struct source *in, struct chunk *c, struct error *e)
{
    uint64_t kept = 0, n = c->n;

    if (!j->answers)
        return 0;
    if (n > j->room || !j->label) {
        free(j->label);
        j->room = n ? n : 1;
        if (!(j->label = calloc(j->room, sizeof *j->label)))
            return error_memory(e, "labels");
    }
    c->label = j->label;
    for (uint64_t i = 0; i < n; i++) {
        uint32_t label;
        int stays = answers_find(j->answers, j->answered++, c->file ? c->file[i] : NULL, &label, e);
        if (stays < 0)
            return source_complain(in, e, "%s", e->text);
        if (!stays)
            continue;
        chunk_move(c, kept, i);
        c->label[kept++] = label;
    }
    c->n = kept;
    return 0;
}

/* Refuses examples without the labels that are to be mapped. */
static int check_labels(const struct source *in, const struct chunk *c, struct error *e)
{
    return c->label || !c->n ? 0 : source_complain(in, e, "examples without labels to change");
}

/* The reading before the last, for --compact: sees which labels there are. */
static int look(void *context, struct source *in, struct rts_writer *copy, struct error *e)
{
    struct job *j = context;
    struct chunk c;
    uint32_t label;
    int got, kept;

    while ((got = source_next(in, &c, e)) > 0) {
        if (copy && examples_put_chunk(copy, &c, e) < 0)
            return -1;
        if (begin(j, in, e) < 0 || answer(j, in, &c, e) < 0 || check_labels(in, &c, e) < 0)
            return -1;
        for (uint64_t i = 0; i < c.n; i++) {
            kept = relabel_map(&j->relabel, c.label[i], &label, e);
            if (kept < 0 || (kept && relabel_see(&j->relabel, label, e) < 0))
                return source_complain(in, e, "%s", e->text);
        }
    }
    return got < 0 ? -1 : relabel_settle(&j->relabel, e);
}

/* Gives the examples of a chunk their new labels; those that stay move to its front. */
static int map_chunk(const struct job *j, const struct source *in, struct chunk *c, uint64_t *kept,
                     struct error *e)
{
    *kept = 0;
    if (check_labels(in, c, e) < 0)
        return -1;
    for (uint64_t i = 0; i < c->n; i++) {
        uint32_t label;
        int stays = relabel_map(&j->relabel, c->label[i], &label, e);
        if (stays < 0)
            return source_complain(in, e, "%s", e->text);
        if (!stays)
            continue;
        if (j->s->compact && relabel_compact(&j->relabel, &label, e) < 0)
            return -1;
        chunk_move(c, *kept, i);
        c->label[(*kept)++] = label;
    }
    return 0;
}

/* Writes the names, once they are known. */
static int put_names(struct job *j, struct rts_writer *out, struct error *e)
{
    const char *names = relabel_names(&j->relabel);

    if (!(j->operands.drop & SOURCE_DROP_NAMES) || j->named || !names)
        return 0;
    j->named = 1;
    return rts_put_text(out, "names", names, e);
}

/* ---- the stream ---- */

/* Changes the labels of a chunk as the settings want it; its first `kept` examples stay. */
static int change(struct job *j, const struct source *in, struct chunk *c, uint64_t *kept,
                  struct error *e)
{
    if ((!j->s->compact && begin(j, in, e) < 0) || answer(j, in, c, e) < 0)
        return -1;
    *kept = c->n;
    if ((j->maps || (j->s->names && c->label)) && map_chunk(j, in, c, kept, e) < 0)
        return -1;
    if (j->s->unlabel)
        c->label = NULL;
    /* Soft labels are about the classes as they were. */
    if (j->s->unlabel || j->maps)
        c->soft = NULL;
    return 0;
}

/* Writes the first n examples of a chunk with other images. */
static int put_images(struct job *j, const struct source *in, const struct chunk *c, uint64_t n,
                      struct gather *out, struct error *e)
{
    uint64_t most = imagemap_most(&j->images, c, e), done = 0;

    if (!most)
        return source_complain(in, e, "%s", e->text);
    do {
        uint64_t take = n - done < most ? n - done : most;
        struct chunk part = chunk_part(c, done, take);
        part.n = take;
        if (imagemap_apply(&j->images, &part, e) < 0 || gather_add(out, &part, take, e) < 0)
            return -1;
        done += take;
    } while (done < n);
    return 0;
}

/* True if examples may be dropped. */
static int drops(const struct job *j)
{
    return (j->relabel.table && labeltable_drops(j->relabel.table)) ||
           (j->answers && answers_drop(j->answers));
}

/* Writes the first n examples of a chunk. */
static int put_chunk(struct job *j, const struct source *in, struct chunk *c, uint64_t n,
                     struct gather *out, struct error *e)
{
    if (imagemap_resizes(&j->images))
        return put_images(j, in, c, n, out, e);
    if (imagemap_apply(&j->images, c, e) < 0)
        return -1;
    /* Where none are dropped, chunks stay as they are. */
    if (drops(j))
        return gather_add(out, c, n, e);
    return examples_put_chunk(out->out, c, e);
}

static int convert(struct job *j, struct source *in, struct gather *out, struct error *e)
{
    int (*next)(struct source *, struct chunk *, struct error *) =
        imagemap_changes(&j->images) ? source_next_images : source_next;
    struct chunk c;
    uint64_t kept;
    int got;

    j->answered = 0;
    while ((got = next(in, &c, e)) > 0)
        if (change(j, in, &c, &kept, e) < 0 || put_names(j, out->out, e) < 0 ||
            put_chunk(j, in, &c, kept, out, e) < 0)
            return -1;
    if (got < 0 || gather_flush(out, e) < 0)
        return -1;
    if (!j->s->compact && begin(j, in, e) < 0)
        return -1;
    if (put_names(j, out->out, e) < 0 || (j->answers && answers_finish(j->answers, e) < 0))
        return -1;
    return gather_finish(out, e);
}

static int run(struct job *j, struct rts_writer *out, struct error *e)
{
    struct gather gather = {.out = out};
    struct source *in;
    int status;

    if (j->s->compact && reread_pass(&j->operands, look, j, e) < 0)
        return -1;
    if (!(in = reread_last(&j->operands, out, e)))
        return -1;
    source_before(in, gather_before, &gather);
    status = convert(j, in, &gather, e);
    source_close(in);
    gather_free(&gather);
    return status;
}

/* ---- options ---- */

/* The line of the history: all that decides the result but the names, which are in the stream. */
static void describe(const struct job *j, char *line, size_t size)
{
    const struct labeltable *t = j->relabel.table;
    struct settings known = *j->s;
    char crc[16];

    /* Not both of them are there. */
    if (t || j->answers)
        snprintf(crc, sizeof crc, "crc32=%08" PRIx32,
                 t ? labeltable_crc(t) : answers_crc(j->answers));
    if (t)
        known.table = crc;
    if (j->answers)
        known.answers = crc;
    snprintf(line, size, "rtsmap %s", ROTPIPE_VERSION);
    settings_line(&table, &known, line, size);
}

static int map_stream(const struct settings *s, char **paths, int n, struct error *e)
{
    int shifts = settings_given(&table, "shift");
    struct job j = {
        .s = s, .images = s->images, .maps = shifts || s->answers || s->table || s->compact};
    struct rts_writer *out = NULL;
    unsigned renames = shifts || s->names || s->compact ? SOURCE_DROP_NAMES : 0;
    char step[1024];
    int status = -1;

    j.relabel = (struct relabel){.shift = s->shift, .compact = s->compact};
    if ((!s->names || (j.relabel.names = j.names = names_load(s->names, e))) &&
        (!s->table || (j.relabel.table = labeltable_load(s->table, e))) &&
        (!s->answers || (j.answers = answers_load(s->answers, e)))) {
        describe(&j, step, sizeof step);
        reread_plan(&j.operands, paths, n, step, s->drop | renames);
        if ((out = rts_create(result_path(), e)))
            status = run(&j, out, e);
    }
    relabel_free(&j.relabel);
    labeltable_free(j.relabel.table);
    answers_free(j.answers);
    free(j.label);
    free(j.names);
    imagemap_free(&j.images);
    if (status == 0)
        return rts_finish(out, e);
    rts_abandon(out);
    return -1;
}

static void check_settings(const struct settings *s, char **operands, int n)
{
    int inputs = standard_inputs(operands, n);

    if (settings_given(&table, "fit") && !s->sizes)
        misused("--fit needs --size");
    if (settings_given(&table, "background") && !s->borders)
        misused("--background needs --pad or --fit pad");
    if (s->answers && (s->table || settings_given(&table, "shift")))
        misused("--answers cannot be given with --shift or --table");
    if (!(settings_given(&table, "shift") || s->answers || s->table || s->names || s->compact ||
          imagemap_changes(&s->images) || s->unlabel))
        misused("nothing to change: give at least one of --answers, --shift, --table, --names, "
                "--compact,"
                " --grey, --rgb, --transpose, --crop, --size, --pad and --unlabel");
    inputs += s->answers && strcmp(s->answers, "-") == 0;
    inputs += s->table && strcmp(s->table, "-") == 0;
    inputs += s->names && strcmp(s->names, "-") == 0;
    if (inputs > 1)
        misused("standard input can be only one of data, --answers, --table and --names");
}

int main(int argc, char **argv)
{
    struct settings s = {0};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    s.sizes = s.images.size.width != 0;
    s.borders = imagemap_borders(&s.images);
    check_settings(&s, argv + first, argc - first);
    if (map_stream(&s, argv + first, argc - first, &e) < 0)
        die(&e);
    return EXIT_DONE;
}

/* rtsmap - a stream with other labels and class names, with other images, or without labels */
#include "cli/cli.h"
#include "img/colour.h"
#include "img/imagemap.h"
#include "rts/gather.h"
#include "rts/names.h"
#include "rts/relabel.h"
#include "rts/reread.h"

static const char help[] =
    "usage: rtsmap [-q] [--shift n] [--table file] [--names file] [--compact]\n"
    "              [--grey | --rgb] [--transpose] [--crop geometry]\n"
    "              [--size size] [--fit crop|pad|stretch] [--pad size]\n"
    "              [--background colour] [--unlabel] [--no-history] [-o file]\n"
    "              [file ...]\n"
    "Change the labels, the class names or the images of a stream.\n"
    "Changes are made in the order of this list, in any order of the options.\n"
    "\n"
    "      --shift N        add N to every label; N may be negative: --shift=-1\n"
    "      --table FILE     relabel by lines OLD<tab>NEW; a NEW of - drops examples\n"
    "      --names FILE     replace the class names, one per line\n"
    "      --compact        drop classes without examples, renumber the others from 0\n"
    "      --grey           make colour images grey\n"
    "      --rgb            make grey images colour images, of three equal channels\n"
    "      --transpose      swap the rows and columns of every image\n"
    "      --crop N|WxH     cut N x N, or W x H, pixels out of the middle of every\n"
    "                       image; WxH+X+Y: X from the left and Y from the top\n"
    "      --size N|WxH     scale every image to N x N, or W x H, pixels\n"
    "      --fit crop|pad|stretch   how images of another shape get that size: cut at\n"
    "                       two sides, with borders, or distorted (default: crop)\n"
    "      --pad N|WxH      put a border around every image, which is then in the\n"
    "                       middle of N x N, or W x H, pixels\n"
    "      --background COLOUR   of borders: #rrggbb, R,G,B, 0 to 255, black or white\n"
    "                       (default: black)\n"
    "      --unlabel        drop all labels\n"
    "      --no-history     omit provenance records\n"
    "  -o, --output FILE    write the result to FILE, complete or not at all\n"
    "  -q, --quiet          no progress, no notes on standard error\n"
    "  -h, --help           print this help\n"
    "      --version        print the version\n";

enum {
    OPT_SHIFT = OPT_FIRST,
    OPT_TABLE,
    OPT_NAMES,
    OPT_COMPACT,
    OPT_GREY,
    OPT_RGB,
    OPT_TRANSPOSE,
    OPT_CROP,
    OPT_SIZE,
    OPT_FIT,
    OPT_PAD,
    OPT_BACKGROUND,
    OPT_UNLABEL
};

static const struct option options[] = {{"shift", required_argument, NULL, OPT_SHIFT},
                                        {"table", required_argument, NULL, OPT_TABLE},
                                        {"names", required_argument, NULL, OPT_NAMES},
                                        {"compact", no_argument, NULL, OPT_COMPACT},
                                        {"grey", no_argument, NULL, OPT_GREY},
                                        {"rgb", no_argument, NULL, OPT_RGB},
                                        {"transpose", no_argument, NULL, OPT_TRANSPOSE},
                                        {"crop", required_argument, NULL, OPT_CROP},
                                        {"size", required_argument, NULL, OPT_SIZE},
                                        {"fit", required_argument, NULL, OPT_FIT},
                                        {"pad", required_argument, NULL, OPT_PAD},
                                        {"background", required_argument, NULL, OPT_BACKGROUND},
                                        {"unlabel", no_argument, NULL, OPT_UNLABEL},
                                        STREAM_OPTIONS,
                                        COMMON_OPTIONS};

struct settings {
    const char *table, *names; /* files */
    int64_t shift;
    int shifts, compact, unlabel;
    struct imagemap images;
    int fit, background; /* those of images were given */
    unsigned drop;       /* of what is passed on */
};

struct job {
    const struct settings *s;
    struct reread operands;
    struct relabel relabel;
    char *names;       /* the new ones */
    int maps;          /* labels change */
    int begun;         /* relabel_begin has been called: */
    const char *known; /* with these names of the stream, or NULL */
    int named;         /* the names have been written */
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
    return relabel_begin(&j->relabel, names, e);
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
        if (check_labels(in, &c, e) < 0 || begin(j, in, e) < 0)
            return -1;
        for (uint64_t i = 0; i < c.n; i++) {
            kept = relabel_map(&j->relabel, c.label[i], &label, e);
            if (kept < 0 || (kept && relabel_see(&j->relabel, label, e) < 0))
                return source_complain(in, e, "%s", e->text);
        }
        if (copy && examples_put_chunk(copy, &c, e) < 0)
            return -1;
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
    *kept = c->n;
    if (!j->s->compact && begin(j, in, e) < 0)
        return -1;
    if ((j->maps || (j->s->names && c->label)) && map_chunk(j, in, c, kept, e) < 0)
        return -1;
    if (j->s->unlabel)
        c->label = NULL;
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

/* Writes the first n examples of a chunk. */
static int put_chunk(struct job *j, const struct source *in, struct chunk *c, uint64_t n,
                     struct gather *out, struct error *e)
{
    if (imagemap_resizes(&j->images))
        return put_images(j, in, c, n, out, e);
    if (imagemap_apply(&j->images, c, e) < 0)
        return -1;
    /* Where none are dropped, chunks stay as they are. */
    if (j->relabel.table && labeltable_drops(j->relabel.table))
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

    while ((got = next(in, &c, e)) > 0)
        if (change(j, in, &c, &kept, e) < 0 || put_names(j, out->out, e) < 0 ||
            put_chunk(j, in, &c, kept, out, e) < 0)
            return -1;
    if (got < 0 || gather_flush(out, e) < 0)
        return -1;
    if (!j->s->compact && begin(j, in, e) < 0)
        return -1;
    if (put_names(j, out->out, e) < 0)
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
static void describe(const struct settings *s, const struct labeltable *t, char *line, size_t size)
{
    char shift[32] = "", table[40] = "", images[IMAGEMAP_TEXT];

    if (s->shifts)
        snprintf(shift, sizeof shift, " --shift %" PRId64, s->shift);
    if (t)
        snprintf(table, sizeof table, " --table crc32=%08" PRIx32, labeltable_crc(t));
    imagemap_format(&s->images, images);
    snprintf(line, size, "rtsmap %s%s%s%s%s%s%s", ROTPIPE_VERSION, shift, table,
             s->names ? " --names" : "", s->compact ? " --compact" : "", images,
             s->unlabel ? " --unlabel" : "");
}

static int map_stream(const struct settings *s, char **paths, int n, struct error *e)
{
    struct job j = {.s = s, .images = s->images, .maps = s->shifts || s->table || s->compact};
    struct rts_writer *out = NULL;
    unsigned renames = s->shifts || s->names || s->compact ? SOURCE_DROP_NAMES : 0;
    char step[160 + IMAGEMAP_TEXT];
    int status = -1;

    j.relabel = (struct relabel){.shift = s->shift, .compact = s->compact};
    if ((!s->names || (j.relabel.names = j.names = names_load(s->names, e))) &&
        (!s->table || (j.relabel.table = labeltable_load(s->table, e)))) {
        describe(s, j.relabel.table, step, sizeof step);
        reread_plan(&j.operands, paths, n, step, s->drop | renames);
        if ((out = rts_create(result_path(), e)))
            status = run(&j, out, e);
    }
    relabel_free(&j.relabel);
    labeltable_free(j.relabel.table);
    free(j.names);
    imagemap_free(&j.images);
    if (status == 0)
        return rts_finish(out, e);
    rts_abandon(out);
    return -1;
}

static void take_colour(struct settings *s, int option)
{
    int colour = option == OPT_GREY ? COLOUR_GREY : COLOUR_RGB;

    if (s->images.colour != COLOUR_KEPT && (int)s->images.colour != colour)
        misused("--grey and --rgb cannot both be given");
    s->images.colour = colour;
}

static void take_option(struct settings *s, int option)
{
    switch (option) {
    case OPT_SHIFT:
        s->shift = int_argument(optarg, -(int64_t)UINT32_MAX, UINT32_MAX);
        s->shifts = 1;
        break;
    case OPT_TABLE:
        s->table = optarg;
        break;
    case OPT_NAMES:
        s->names = optarg;
        break;
    case OPT_COMPACT:
        s->compact = 1;
        break;
    case OPT_GREY:
    case OPT_RGB:
        take_colour(s, option);
        break;
    case OPT_TRANSPOSE:
        s->images.transpose = 1;
        break;
    case OPT_CROP:
        if (frame_parse(optarg, 1, &s->images.crop) < 0)
            misused("--crop: '%s' is not a size N, WxH or WxH+X+Y", optarg);
        break;
    case OPT_SIZE:
        if (frame_parse(optarg, 0, &s->images.size) < 0)
            misused("--size: '%s' is not a size N or WxH", optarg);
        break;
    case OPT_FIT:
        s->images.fit = (enum fit)choice_argument(optarg, fit_names, 3);
        s->fit = 1;
        break;
    case OPT_PAD:
        if (frame_parse(optarg, 0, &s->images.pad) < 0)
            misused("--pad: '%s' is not a size N or WxH", optarg);
        break;
    case OPT_BACKGROUND:
        if (colour_parse(optarg, s->images.background) < 0)
            misused("--background: '%s' is not a colour: " COLOUR_FORMS, optarg);
        s->background = 1;
        break;
    case OPT_UNLABEL:
        s->unlabel = 1;
        break;
    case OPT_NO_HISTORY:
        s->drop = SOURCE_DROP_HISTORY;
        break;
    default:
        common_option(option, help);
    }
}

int main(int argc, char **argv)
{
    struct settings s = {0};
    struct error e;
    int option, inputs;

    start(argv);
    while ((option = next_option(argc, argv, "", options)) != -1)
        take_option(&s, option);
    if (s.fit && !s.images.size.width)
        misused("--fit needs --size");
    if (s.background && !imagemap_borders(&s.images))
        misused("--background needs --pad or --fit pad");
    if (!(s.shifts || s.table || s.names || s.compact || imagemap_changes(&s.images) || s.unlabel))
        misused("nothing to change: give at least one of --shift, --table, --names, --compact,"
                " --grey, --rgb, --transpose, --crop, --size, --pad and --unlabel");
    inputs = standard_inputs(argv + optind, argc - optind);
    inputs += s.table && strcmp(s.table, "-") == 0;
    inputs += s.names && strcmp(s.names, "-") == 0;
    if (inputs > 1)
        misused("standard input can be only one of data, --table and --names");
    if (map_stream(&s, argv + optind, argc - optind, &e) < 0)
        die(&e);
    return EXIT_DONE;
}

/* img2rts - PNG and JPEG files, whose folders are the classes, to an image stream */
#include "base/progress.h"
#include "base/threads.h"
#include "cli/pixeloptions.h"
#include "img/frame.h"
#include "import/photos.h"

static const char usage[] =
    "usage: img2rts [-0q] [-j threads] [-o file] [--background colour]\n"
    "               [--files-from file] [--fit crop|pad|stretch] [--flat]\n"
    "               [--grey | --rgb] [--no-history] [--no-orient] [--size n|wxh]\n"
    "               [--skip-broken | --strict] [folder ... | file ...]\n"
    "Convert PNG and JPEG files to an image stream; folders are classes.\n";

struct settings {
    struct gallery_plan gallery;
    struct photos_plan photos;
    int skip_broken, no_history;
};

static void take_size(void *at, const struct setting *s, char *text)
{
    struct photo_form *form = at;
    struct frame size;

    if (frame_parse(text, 0, &size) < 0)
        misused("--%s: '%s' is not a size N or WxH", s->name, text);
    form->sized = 1;
    form->width = (int)size.width;
    form->height = (int)size.height;
}

static int put_background(const void *colour, char *text, size_t size)
{
    const uint8_t *c = colour;

    return snprintf(text, size, " #%02x%02x%02x", c[0], c[1], c[2]);
}

/* clang-format off */
static const struct setting rows[] = {
    {"size", 0, "N, --size WxH",
     "width and height of all images\n"
     "(default: those of the first picture)",
     SETTING_FREE, CALL(photos.form, take_size, NULL)},
    {"fit", 0, "crop|pad|stretch",
     "how pictures of another shape get it: cut at two\n"
     "sides, with borders, or distorted (default: crop)",
     SETTING_ALWAYS, CHOICE(photos.form.fit, fit_names)},
    {"background", 0, "COLOUR",
     "of borders and behind transparent pixels: #rrggbb,\n"
     "R,G,B, 0 to 255, black or white (default: white)",
     SETTING_ALWAYS, CALL(photos.form.background, take_background, put_background)},
    {"grey", 0, NULL, "grey images (the default)",
     SETTING_FREE, VALUE(photos.form.channels, 1)},
    {"rgb", 0, NULL, "colour images",
     SETTING_FREE, VALUE(photos.form.channels, 3)},
    {"no-orient", 0, NULL, "leave pictures as they lie, whatever EXIF says",
     SETTING_GIVEN, VALUE(photos.form.upright, 0)},
    {"flat", 0, NULL, "take all pictures below the folders, unlabelled",
     SETTING_CHANGED, FLAG(gallery.flat)},
    {"files-from", 0, "FILE",
     "read the paths from FILE, one per line, and maybe\n"
     "the class of each, behind a tab",
     SETTING_FREE, TEXT(gallery.list)},
    {"null", '0', NULL, "paths in FILE end in NUL instead of newline",
     SETTING_FREE, FLAG(gallery.nul)},
    {"strict", 0, NULL, "stop at the first broken file, without a result",
     SETTING_FREE, FLAG(photos.strict)},
    {"skip-broken", 0, NULL, "exit status 0 even if files are broken",
     SETTING_FREE, FLAG(skip_broken)},
    {"threads", 'j', "N", "number of threads (default: all processors)",
     SETTING_FREE, THREADS(photos.threads)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, FLAG(no_history)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .formats = photo_formats};

struct job {
    struct settings s;
    struct progress progress;
};

static void check_settings(const struct settings *s)
{
    const struct photo_form *form = &s->photos.form;

    if (s->gallery.list && s->gallery.count)
        misused("operands and --files-from exclude each other");
    if (s->gallery.nul && !s->gallery.list)
        misused("%s needs --files-from", as_typed('0'));
    if (s->gallery.flat && s->gallery.list)
        misused("--flat is for folders, not for --files-from");
    if (s->photos.strict && s->skip_broken)
        misused("--strict and --skip-broken exclude each other");
    if (!s->gallery.list && standard_inputs(s->gallery.operands, s->gallery.count) > 1)
        misused("standard input can be read only once");
    if (form->width && photo_stride(form) > EXAMPLES_CHUNK_MAX)
        misused("--size: %d x %d pixels take more than %d bytes", form->width, form->height,
                EXAMPLES_CHUNK_MAX);
}

/* ---- work ---- */

static void tell_broken(void *context, const char *text)
{
    struct job *j = context;

    progress_clear(&j->progress);
    complain("%s", text);
}

static void tell_progress(void *context, uint64_t done)
{
    struct job *j = context;

    progress_count(&j->progress, "reading", done, "files", NULL);
}

static void describe(const struct job *j, const struct photo_form *form, int labelled, char *step,
                     size_t size)
{
    snprintf(step, size, "img2rts %s %dx%dx%d%s", ROTPIPE_VERSION, form->height, form->width,
             form->channels, labelled ? " labels names" : "");
    settings_line(&table, &j->s, step, size);
}

static int convert(struct job *j, struct gallery *g, struct photos *p, struct rts_writer *out,
                   struct error *e)
{
    struct importer importer = {0};
    char step[256];
    int status;

    photos_importer(p, &importer);
    describe(j, photos_form(p), gallery_names(g) != NULL, step, sizeof step);
    importer.step = step;
    status = import_write(&importer, out, !j->s.no_history, e);
    progress_clear(&j->progress);
    return status;
}

static void note_skipped(const struct gallery *g)
{
    char text[256];

    if (folder_skipped_count(gallery_skipped(g)) == 0)
        return;
    folder_skipped_say(gallery_skipped(g), text, sizeof text);
    note("%s", text);
}

/* The stream is whole; whether all of it is there is what the exit status tells. */
_Noreturn static void finish(const struct job *j, uint64_t files, uint64_t broken)
{
    if (broken && j->s.skip_broken)
        note("%" PRIu64 " of %" PRIu64 " files broken, and left out", broken, files);
    if (broken == 0 || j->s.skip_broken)
        exit(EXIT_DONE);
    complain("the result is whole, but without the broken files: %" PRIu64 " of %" PRIu64
             " (--skip-broken makes this a success)",
             broken, files);
    exit(EXIT_FAILED);
}

static void run(struct job *j)
{
    struct error e;
    struct gallery *g = gallery_open(&j->s.gallery, &e);
    struct rts_writer *out = g ? rts_create(result_path(), &e) : NULL;
    struct photos *p = out ? photos_open(g, &j->s.photos, &e) : NULL;
    int status = p ? convert(j, g, p, out, &e) : -1;
    uint64_t files = p ? photos_files(p) : 0, broken = p ? photos_broken(p) : 0;

    photos_close(p);
    if (status == 0)
        note_skipped(g);
    gallery_close(g);
    if (status == 0 && rts_finish(out, &e) == 0)
        finish(j, files, broken);
    if (status != 0)
        rts_abandon(out);
    die(&e);
}

int main(int argc, char **argv)
{
    static char dash[] = "-", *standard_input[] = {dash};
    struct job j = {0};
    struct gallery_plan *gallery = &j.s.gallery;
    int first;

    start(argv);
    j.s.photos =
        (struct photos_plan){.form = {.channels = 1, .upright = 1, .background = {255, 255, 255}},
                             .threads = team_default_size(),
                             .broken = tell_broken,
                             .progress = tell_progress,
                             .context = &j};
    first = settings_read(&table, argc, argv, &j.s);
    gallery->operands = argv + first;
    gallery->count = argc - first;
    check_settings(&j.s);
    if (gallery->count == 0 && !gallery->list) {
        gallery->operands = standard_input;
        gallery->count = 1;
    }
    j.s.photos.name = gallery->list ? gallery->list : gallery->operands[0];
    progress_start(&j.progress, is_quiet());
    run(&j);
}

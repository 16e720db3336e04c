/* img2rts - PNG and JPEG files, whose folders are the classes, to an image stream */
#include "base/progress.h"
#include "base/threads.h"
#include "cli/cli.h"
#include "img/colour.h"
#include "img/frame.h"
#include "import/photos.h"

static const char help[] =
    "usage: img2rts [-0q] [-j threads] [-o file] [--background colour]\n"
    "               [--files-from file] [--fit crop|pad|stretch] [--flat]\n"
    "               [--grey | --rgb] [--no-history] [--no-orient] [--size n|wxh]\n"
    "               [--skip-broken | --strict] [folder ... | file ...]\n"
    "Convert PNG and JPEG files to an image stream; folders are classes.\n"
    "\n"
    "      --size N, --size WxH    width and height of all images\n"
    "                              (default: those of the first picture)\n"
    "      --fit crop|pad|stretch  how pictures of another shape get it: cut at two\n"
    "                              sides, with borders, or distorted (default: crop)\n"
    "      --background COLOUR     of borders and behind transparent pixels: #rrggbb,\n"
    "                              R,G,B, 0 to 255, black or white (default: white)\n"
    "      --grey                  grey images (the default)\n"
    "      --rgb                   colour images\n"
    "      --no-orient             leave pictures as they lie, whatever EXIF says\n"
    "      --flat                  take all pictures below the folders, unlabelled\n"
    "      --files-from FILE       read the paths from FILE, one per line, and maybe\n"
    "                              the class of each, behind a tab\n"
    "  -0, --null                  paths in FILE end in NUL instead of newline\n"
    "      --strict                stop at the first broken file, without a result\n"
    "      --skip-broken           exit status 0 even if files are broken\n"
    "  -j, --threads N             number of threads (default: all processors)\n"
    "      --no-history            omit provenance records\n"
    "  -o, --output FILE           write the result to FILE, complete or not at all\n"
    "  -q, --quiet                 no progress, no notes on standard error\n"
    "  -h, --help                  print this help\n"
    "      --version               print the version, and the formats that are read\n";

enum {
    OPT_BACKGROUND = OPT_FIRST,
    OPT_FILES_FROM,
    OPT_FIT,
    OPT_FLAT,
    OPT_GREY,
    OPT_NO_ORIENT,
    OPT_RGB,
    OPT_SIZE,
    OPT_SKIP_BROKEN,
    OPT_STRICT
};

static const struct option options[] = {{"background", required_argument, NULL, OPT_BACKGROUND},
                                        {"files-from", required_argument, NULL, OPT_FILES_FROM},
                                        {"fit", required_argument, NULL, OPT_FIT},
                                        {"flat", no_argument, NULL, OPT_FLAT},
                                        {"grey", no_argument, NULL, OPT_GREY},
                                        {"no-orient", no_argument, NULL, OPT_NO_ORIENT},
                                        {"null", no_argument, NULL, '0'},
                                        {"rgb", no_argument, NULL, OPT_RGB},
                                        {"size", required_argument, NULL, OPT_SIZE},
                                        {"skip-broken", no_argument, NULL, OPT_SKIP_BROKEN},
                                        {"strict", no_argument, NULL, OPT_STRICT},
                                        {"threads", required_argument, NULL, 'j'},
                                        STREAM_OPTIONS,
                                        COMMON_OPTIONS};

struct job {
    struct gallery_plan gallery;
    struct photos_plan photos;
    int skip_broken, provenance;
    struct progress progress;
};

/* ---- options ---- */

static void read_size(const char *text, struct photo_form *form)
{
    struct frame size;

    if (frame_parse(text, 0, &size) < 0)
        misused("--size: '%s' is not a size N or WxH", text);
    form->sized = 1;
    form->width = (int)size.width;
    form->height = (int)size.height;
}

static void read_background(const char *text, uint8_t colour[3])
{
    if (colour_parse(text, colour) < 0)
        misused("--background: '%s' is not a colour: " COLOUR_FORMS, text);
}

_Noreturn static void print_version(void)
{
    printf("%s (rotpipe) %s\nreads %s\n", program, ROTPIPE_VERSION, photo_formats());
    finish_text();
}

static void take_option(struct job *j, int option)
{
    struct photo_form *form = &j->photos.form;

    switch (option) {
    case OPT_BACKGROUND:
        read_background(optarg, form->background);
        break;
    case OPT_FILES_FROM:
        j->gallery.list = optarg;
        break;
    case OPT_FIT:
        form->fit = (enum fit)choice_argument(optarg, fit_names, 3);
        break;
    case OPT_FLAT:
        j->gallery.flat = 1;
        break;
    case OPT_GREY:
        form->channels = 1;
        break;
    case OPT_NO_ORIENT:
        form->upright = 0;
        break;
    case OPT_RGB:
        form->channels = 3;
        break;
    case OPT_SIZE:
        read_size(optarg, form);
        break;
    case OPT_SKIP_BROKEN:
        j->skip_broken = 1;
        break;
    case OPT_STRICT:
        j->photos.strict = 1;
        break;
    case '0':
        j->gallery.nul = 1;
        break;
    case 'j':
        j->photos.threads = threads_argument(optarg);
        break;
    case OPT_NO_HISTORY:
        j->provenance = 0;
        break;
    case OPT_VERSION:
        print_version();
    default:
        common_option(option, help);
    }
}

static void check_options(const struct job *j)
{
    const struct photo_form *form = &j->photos.form;

    if (j->gallery.list && j->gallery.count)
        misused("operands and --files-from exclude each other");
    if (j->gallery.nul && !j->gallery.list)
        misused("%s needs --files-from", as_typed('0'));
    if (j->gallery.flat && j->gallery.list)
        misused("--flat is for folders, not for --files-from");
    if (j->photos.strict && j->skip_broken)
        misused("--strict and --skip-broken exclude each other");
    if (!j->gallery.list && standard_inputs(j->gallery.operands, j->gallery.count) > 1)
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
    const uint8_t *b = form->background;
    char colour[8];

    snprintf(colour, sizeof colour, "#%02x%02x%02x", b[0], b[1], b[2]);
    snprintf(step, size, "img2rts %s %dx%dx%d%s --fit %s --background %s%s%s", ROTPIPE_VERSION,
             form->height, form->width, form->channels, labelled ? " labels names" : "",
             fit_names[form->fit], colour, form->upright ? "" : " --no-orient",
             j->gallery.flat ? " --flat" : "");
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
    status = import_write(&importer, out, j->provenance, e);
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
    if (broken && j->skip_broken)
        note("%" PRIu64 " of %" PRIu64 " files broken, and left out", broken, files);
    if (broken == 0 || j->skip_broken)
        exit(EXIT_DONE);
    complain("the result is whole, but without the broken files: %" PRIu64 " of %" PRIu64
             " (--skip-broken makes this a success)",
             broken, files);
    exit(EXIT_FAILED);
}

static void run(struct job *j)
{
    struct error e;
    struct gallery *g = gallery_open(&j->gallery, &e);
    struct rts_writer *out = g ? rts_create(result_path(), &e) : NULL;
    struct photos *p = out ? photos_open(g, &j->photos, &e) : NULL;
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
    struct job j = {.provenance = 1};
    int option;

    start(argv);
    j.photos =
        (struct photos_plan){.form = {.channels = 1, .upright = 1, .background = {255, 255, 255}},
                             .threads = team_default_size(),
                             .broken = tell_broken,
                             .progress = tell_progress,
                             .context = &j};
    while ((option = next_option(argc, argv, "0j:", options)) != -1)
        take_option(&j, option);
    j.gallery.operands = argv + optind;
    j.gallery.count = argc - optind;
    check_options(&j);
    if (j.gallery.count == 0 && !j.gallery.list) {
        j.gallery.operands = standard_input;
        j.gallery.count = 1;
    }
    j.photos.name = j.gallery.list ? j.gallery.list : j.gallery.operands[0];
    progress_start(&j.progress, is_quiet());
    run(&j);
}

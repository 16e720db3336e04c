/* idx2png - IDX images as a contact sheet, or as a PNG each */
#include "cli/sheetoptions.h"
#include "import/idx.h"
#include "rts/examples.h"
#include "rts/names.h"

#include <errno.h>
#include <sys/stat.h>

static const char help[] =
    "usage: idx2png [-q] [-o file] [-n count] [--columns n] [--border n] [--scale n]\n"
    "               [--labels] [--names file] [--range low:high] [images [labels]]\n"
    "       idx2png [-q] -d folder [-f] [-n count] [--scale n] [--names file]\n"
    "               [--range low:high] [images [labels]]\n"
    "Draw IDX images side by side, as PNG; or write one PNG file per image.\n"
    "\n"
    "  -n, --count N        number of images (default 100; all with -d)\n" SHEET_HELP
    "      --names FILE     class names, one per line\n"
    "      --range LOW:HIGH\n"
    "                       scale pixels of any IDX type: LOW becomes 0, HIGH 255\n"
    "  -d, --directory DIR  write one PNG per image to DIR, named by index and label\n"
    "  -f, --force          with -d, replace existing files\n"
    "  -o, --output FILE    write the result to FILE, complete or not at all\n"
    "  -q, --quiet          no progress, no notes on standard error\n"
    "  -h, --help           print this help\n"
    "      --version        print the version\n";

enum { OPT_NAMES = OPT_SHEET_END, OPT_RANGE };

static const struct option options[] = {{"count", required_argument, NULL, 'n'},
                                        {"directory", required_argument, NULL, 'd'},
                                        {"force", no_argument, NULL, 'f'},
                                        {"names", required_argument, NULL, OPT_NAMES},
                                        {"range", required_argument, NULL, OPT_RANGE},
                                        SHEET_OPTIONS,
                                        COMMON_OPTIONS};

struct job {
    struct idx_pair in;
    struct sheet_style style;
    uint64_t count;
    char *names;
    const char *folder; /* NULL: a contact sheet on standard output */
    int force;
};

/* One image, the only one of `sheet`, to a file of its own. */
static int put_file(const struct job *j, const struct sheet *sheet, uint64_t index, struct error *e)
{
    unsigned how = OUTPUT_UNSYNCED | (j->force ? OUTPUT_SAFE : OUTPUT_NEW);
    size_t room = strlen(j->folder) + 64;
    char *path = malloc(room);
    struct output *out = NULL;
    int n, status = -1;

    if (!path)
        return error_memory(e, "path");
    n = snprintf(path, room, "%s/%06" PRIu64, j->folder, index);
    if (j->in.labelled)
        n += snprintf(path + n, room - (size_t)n, "-%" PRIu32, sheet->label[0]);
    snprintf(path + n, room - (size_t)n, ".png");
    out = output_open_how(path, how, e);
    if (out && sheet_write(sheet, &j->style, NULL, out, e) == 0)
        status = output_close(out, e);
    else
        output_abandon(out);
    free(path);
    return status;
}

static int put_files(const struct job *j, const uint8_t *image, const uint32_t *label, uint64_t n,
                     uint64_t first, struct error *e)
{
    const struct idx *f = &j->in.images;

    for (uint64_t i = 0; i < n; i++) {
        struct sheet one = {0};
        int status = sheet_add(&one, f->height, f->width, f->channels, 1, image + i * f->stride,
                               j->in.labelled ? label + i : NULL, e);
        if (status == 0)
            status = put_file(j, &one, first + i, e);
        sheet_free(&one);
        if (status < 0)
            return -1;
    }
    return 0;
}

/* Reads the file to its end; the first `count` images go to files or into the sheet. */
static int collect(struct job *j, struct sheet *sheet, struct error *e)
{
    const struct idx *f = &j->in.images;
    uint64_t most = examples_per_chunk(f->stride);
    uint8_t *image = malloc(most * f->stride);
    uint32_t *label = malloc(most * sizeof *label);
    int status = image && label ? 0 : error_memory(e, "images");

    while (status == 0 && f->done < f->n) {
        uint64_t first = f->done, n = f->n - first < most ? f->n - first : most;
        uint64_t wanted = first < j->count ? j->count - first : 0;
        status = idx_pair_read(&j->in, n, image, label, names_count(j->names), e);
        if (n > wanted)
            n = wanted;
        if (status < 0 || n == 0)
            continue;
        if (j->folder)
            status = put_files(j, image, label, n, first, e);
        else
            status = sheet_add(sheet, f->height, f->width, f->channels, n, image,
                               j->in.labelled ? label : NULL, e);
    }
    free(image);
    free(label);
    return status == 0 ? idx_pair_end(&j->in, e) : -1;
}

static int make_folder(const char *path, struct error *e)
{
    struct stat st;

    if (mkdir(path, 0777) == 0)
        return 0;
    if (errno == EEXIST && stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
        errno = ENOTDIR;
    return errno == EEXIST ? 0 : error_set(e, "%s: %s", path, strerror(errno));
}

static int run(struct job *j, struct error *e)
{
    struct sheet sheet = {0};
    struct output *out = NULL;
    int status = -1;

    if (j->folder)
        return make_folder(j->folder, e) < 0 ? -1 : collect(j, NULL, e);
    out = output_open(result_path(), e);
    if (out && collect(j, &sheet, e) == 0)
        status = sheet_write(&sheet, &j->style, j->names, out, e);
    sheet_free(&sheet);
    if (status == 0)
        return output_close(out, e);
    output_abandon(out);
    return -1;
}

/* Refuses options and operands that cannot be combined. */
static void check_use(const struct job *j, int named, char **operand, int operands)
{
    if (operands > 2)
        misused("too many operands");
    if (operands == 2 && strcmp(operand[0], "-") == 0 && strcmp(operand[1], "-") == 0)
        misused("images and labels cannot both be standard input");
    if (j->folder &&
        (j->style.captions || j->style.columns || j->style.border != SHEET_BORDER_UNSET))
        misused("%s cannot be combined with --labels, --columns or --border", as_typed('d'));
    if (!j->folder && j->force)
        misused("%s needs -d", as_typed('f'));
    if (j->folder && result_path())
        misused("%s and %s are mutually exclusive", as_typed('d'), as_typed('o'));
    if (j->style.captions && operands < 2)
        misused("--labels needs a file of labels");
    if (named && operands < 2)
        misused("--names needs a file of labels");
}

int main(int argc, char **argv)
{
    struct error e;
    struct job j = {.style = SHEET_DEFAULTS};
    const char *names_path = NULL;
    struct idx_range range, *scaled = NULL;
    int option, status = -1;

    start(argv);
    while ((option = next_option(argc, argv, "d:fn:", options)) != -1)
        switch (option) {
        case 'd':
            j.folder = optarg;
            break;
        case 'f':
            j.force = 1;
            break;
        case 'n':
            j.count = (uint64_t)int_argument(optarg, 1, INT64_MAX);
            break;
        case OPT_NAMES:
            names_path = optarg;
            break;
        case OPT_RANGE:
            if (idx_range_parse(optarg, &range) < 0)
                misused("--range: '%s' is not LOW:HIGH, two numbers with LOW less than HIGH",
                        optarg);
            scaled = &range;
            break;
        default:
            if (!sheet_option(&j.style, option, optarg))
                common_option(option, help);
        }
    argc -= optind;
    argv += optind;
    check_use(&j, names_path != NULL, argv, argc);
    if (j.count == 0)
        j.count = j.folder ? UINT64_MAX : SHEET_DEFAULT_COUNT;
    if (j.folder)
        j.style.border = 0;
    sheet_settle(&j.style, j.style.captions);

    if ((!names_path || (j.names = names_load(names_path, &e))) &&
        idx_pair_open(&j.in, argc > 0 ? argv[0] : "-", argc > 1 ? argv[1] : NULL, scaled, &e) == 0)
        status = run(&j, &e);
    idx_pair_close(&j.in);
    free(j.names);
    if (status == 0)
        return EXIT_DONE;
    die(&e);
}

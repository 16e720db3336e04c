/* idx2png - IDX images as a contact sheet, or as a PNG each */
#include "cli/pixeloptions.h"
#include "cli/sheetoptions.h"
#include "import/idx.h"
#include "rts/examples.h"
#include "rts/names.h"

#include <errno.h>
#include <sys/stat.h>

static const char usage[] =
    "usage: idx2png [-q] [-o file] [-n count] [--columns n] [--border n] [--scale n]\n"
    "               [--labels] [--names file] [--range low:high] [images [labels]]\n"
    "       idx2png [-q] -d folder [-f] [-n count] [--scale n] [--names file]\n"
    "               [--range low:high] [images [labels]]\n"
    "Draw IDX images side by side, as PNG; or write one PNG file per image.\n";

struct settings {
    struct sheet_style style;
    uint64_t count;
    const char *names, *folder; /* folder NULL: a contact sheet on standard output */
    struct idx_range range;
    int force;
};

/* clang-format off */
static const struct setting rows[] = {
    {"count", 'n', "N", "number of images (default 100; all with -d)",
     SETTING_FREE, LONG(count, 1, INT64_MAX)},
    GROUP(style, sheet_rows),
    {"names", 0, "FILE", "class names, one per line",
     SETTING_FREE, TEXT(names)},
    {"range", 0, "LOW:HIGH", "\nscale pixels of any IDX type: LOW becomes 0, HIGH 255",
     SETTING_FREE, CALL(range, take_range, NULL)},
    {"directory", 'd', "DIR", "write one PNG per image to DIR, named by index and label",
     SETTING_FREE, TEXT(folder)},
    {"force", 'f', NULL, "with -d, replace existing files",
     SETTING_FREE, FLAG(force)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 23};

struct job {
    struct idx_pair in;
    struct settings s;
    char *names;
};

/* One image, the only one of `sheet`, to a file of its own. */
static int put_file(const struct job *j, const struct sheet *sheet, uint64_t index, struct error *e)
{
    unsigned how = OUTPUT_UNSYNCED | (j->s.force ? OUTPUT_SAFE : OUTPUT_NEW);
    size_t room = strlen(j->s.folder) + 64;
    char *path = malloc(room);
    struct output *out = NULL;
    int n, status = -1;

    if (!path)
        return error_memory(e, "path");
    n = snprintf(path, room, "%s/%06" PRIu64, j->s.folder, index);
    if (j->in.labelled)
        n += snprintf(path + n, room - (size_t)n, "-%" PRIu32, sheet->label[0]);
    snprintf(path + n, room - (size_t)n, ".png");
    out = output_open_how(path, how, e);
    if (out && sheet_write(sheet, &j->s.style, NULL, out, e) == 0)
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
        uint64_t wanted = first < j->s.count ? j->s.count - first : 0;
        status = idx_pair_read(&j->in, n, image, label, names_count(j->names), e);
        if (n > wanted)
            n = wanted;
        if (status < 0 || n == 0)
            continue;
        if (j->s.folder)
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

    if (j->s.folder)
        return make_folder(j->s.folder, e) < 0 ? -1 : collect(j, NULL, e);
    out = output_open(result_path(), e);
    if (out && collect(j, &sheet, e) == 0)
        status = sheet_write(&sheet, &j->s.style, j->names, out, e);
    sheet_free(&sheet);
    if (status == 0)
        return output_close(out, e);
    output_abandon(out);
    return -1;
}

/* Refuses options and operands that cannot be combined. */
static void check_use(const struct settings *s, char **operand, int operands)
{
    if (operands > 2)
        misused("too many operands");
    if (operands == 2 && strcmp(operand[0], "-") == 0 && strcmp(operand[1], "-") == 0)
        misused("images and labels cannot both be standard input");
    if (s->folder &&
        (s->style.captions || s->style.columns || s->style.border != SHEET_BORDER_UNSET))
        misused("%s cannot be combined with --labels, --columns or --border", as_typed('d'));
    if (!s->folder && s->force)
        misused("%s needs -d", as_typed('f'));
    if (s->folder && result_path())
        misused("%s and %s are mutually exclusive", as_typed('d'), as_typed('o'));
    if (s->style.captions && operands < 2)
        misused("--labels needs a file of labels");
    if (s->names && operands < 2)
        misused("--names needs a file of labels");
}

int main(int argc, char **argv)
{
    struct error e;
    struct job j = {.s = {.style = SHEET_DEFAULTS}};
    struct settings *s = &j.s;
    const struct idx_range *range;
    int first, status = -1;

    start(argv);
    first = settings_read(&table, argc, argv, s);
    argc -= first;
    argv += first;
    check_use(s, argv, argc);
    if (s->count == 0)
        s->count = s->folder ? UINT64_MAX : SHEET_DEFAULT_COUNT;
    if (s->folder)
        s->style.border = 0;
    sheet_settle(&s->style, s->style.captions);
    range = settings_given(&table, "range") ? &s->range : NULL;
    if ((!s->names || (j.names = names_load(s->names, &e))) &&
        idx_pair_open(&j.in, argc > 0 ? argv[0] : "-", argc > 1 ? argv[1] : NULL, range, &e) == 0)
        status = run(&j, &e);
    idx_pair_close(&j.in);
    free(j.names);
    if (status == 0)
        return EXIT_DONE;
    die(&e);
}

/* rts2png - the images of a stream as a contact sheet */
#include "cli/sheetoptions.h"
#include "rts/examples.h"

static const char usage[] =
    "usage: rts2png [-q] [-n count] [--columns n] [--border n] [--scale n]\n"
    "               [--labels] [-o file] [file ...]\n"
    "Draw the images of a stream as one PNG, a contact sheet.\n";

struct settings {
    struct sheet_style style;
    uint64_t count;
};

/* clang-format off */
static const struct setting rows[] = {
    {"count", 'n', "N", "draw the first N images (default 100)",
     SETTING_FREE, LONG(count, 1, INT64_MAX)},
    GROUP(style, sheet_rows),
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 23};

/* Keeps the first `count` images; those after them are read too, since damage there counts. */
static int collect(struct source *in, struct sheet *sheet, uint64_t count, struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0) {
        uint64_t wanted = count - sheet->n, n = c.n < wanted ? c.n : wanted;
        const uint64_t *d = c.head.shape;
        if (n && sheet_add(sheet, d[1], d[2], d[3], n, c.data, c.label, e) < 0)
            return -1;
    }
    return got;
}

int main(int argc, char **argv)
{
    struct error e;
    struct sheet sheet = {0};
    struct settings s = {.style = SHEET_DEFAULTS, .count = SHEET_DEFAULT_COUNT};
    struct source *in;
    struct output *out = NULL;
    int first, status = -1;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    sheet_settle(&s.style, s.style.captions);
    in = source_open(argv + first, argc - first, &e);
    if (in && (out = output_open(result_path(), &e)) && collect(in, &sheet, s.count, &e) == 0)
        status = sheet_write(&sheet, &s.style, source_names(in), out, &e);
    sheet_free(&sheet);
    source_close(in);
    if (status == 0 && output_close(out, &e) == 0)
        return EXIT_DONE;
    if (status != 0)
        output_abandon(out);
    die(&e);
}

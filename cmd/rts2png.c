/* rts2png - the images of a stream as a contact sheet */
#include "cli/sheetoptions.h"
#include "rts/examples.h"

static const char usage[] =
    "usage: rts2png [-q] [-n count] [--columns n] [--border n] [--scale n]\n"
    "               [--labels | --numbers] [-o file] [file ...]\n"
    "Draw the images of a stream as one PNG, a contact sheet.\n";

struct settings {
    struct sheet_style style;
    uint64_t count;
    int numbers;
};

/* clang-format off */
static const struct setting rows[] = {
    {"count", 'n', "N", "draw the first N images (default 100)",
     SETTING_FREE, LONG(count, 1, INT64_MAX)},
    GROUP(style, sheet_rows),
    {"numbers", 0, NULL, "write its number, from 0, under every image",
     SETTING_FREE, FLAG(numbers)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 23};

/* Adds the first n images of a chunk, with their numbers for labels if they are to be shown. */
static int add(struct sheet *sheet, const struct chunk *c, uint64_t n, int numbers, struct error *e)
{
    const uint64_t *d = c->head.shape;
    uint32_t *number = numbers ? malloc(n * sizeof *number) : c->label;
    int status;

    if (numbers && !number)
        return error_memory(e, "numbers");
    for (uint64_t i = 0; numbers && i < n; i++)
        number[i] = (uint32_t)(sheet->n + i);
    status = sheet_add(sheet, d[1], d[2], d[3], n, c->data, number, e);
    if (numbers)
        free(number);
    return status;
}

/* Keeps the first `count` images; those after them are read too, since damage there counts. */
static int collect(struct source *in, struct sheet *sheet, const struct settings *s,
                   struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0) {
        uint64_t wanted = s->count - sheet->n, n = c.n < wanted ? c.n : wanted;
        if (n && add(sheet, &c, n, s->numbers, e) < 0)
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
    if (s.numbers && s.style.captions)
        misused("--labels and --numbers cannot both be given");
    s.style.captions |= s.numbers;
    sheet_settle(&s.style, s.style.captions);
    in = source_open(argv + first, argc - first, &e);
    if (in && (out = output_open(result_path(), &e)) && collect(in, &sheet, &s, &e) == 0)
        status = sheet_write(&sheet, &s.style, s.numbers ? NULL : source_names(in), out, &e);
    sheet_free(&sheet);
    source_close(in);
    if (status == 0 && output_close(out, &e) == 0)
        return EXIT_DONE;
    if (status != 0)
        output_abandon(out);
    die(&e);
}

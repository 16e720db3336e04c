/* rts2png - the images of a stream as a contact sheet */
#include "cli/sheetoptions.h"
#include "rts/examples.h"

static const char help[] =
    "usage: rts2png [-q] [-n count] [--columns n] [--border n] [--scale n]\n"
    "               [--labels] [-o file] [file ...]\n"
    "Draw the images of a stream as one PNG, a contact sheet.\n"
    "\n"
    "  -n, --count N        draw the first N images (default 100)\n" SHEET_HELP
    "  -o, --output FILE    write the result to FILE, complete or not at all\n"
    "  -q, --quiet          no progress, no notes on standard error\n"
    "  -h, --help           print this help\n"
    "      --version        print the version\n";

static const struct option options[] = {
    {"count", required_argument, NULL, 'n'}, SHEET_OPTIONS, COMMON_OPTIONS};

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
    struct sheet_style style = SHEET_DEFAULTS;
    struct source *in;
    struct output *out = NULL;
    uint64_t count = SHEET_DEFAULT_COUNT;
    int option, status = -1;

    start(argv);
    while ((option = next_option(argc, argv, "n:", options)) != -1)
        if (option == 'n')
            count = (uint64_t)int_argument(optarg, 1, INT64_MAX);
        else if (!sheet_option(&style, option, optarg))
            common_option(option, help);

    sheet_settle(&style, style.captions);
    in = source_open(argv + optind, argc - optind, &e);
    if (in && (out = output_open(result_path(), &e)) && collect(in, &sheet, count, &e) == 0)
        status = sheet_write(&sheet, &style, source_names(in), out, &e);
    sheet_free(&sheet);
    source_close(in);
    if (status == 0 && output_close(out, &e) == 0)
        return EXIT_DONE;
    if (status != 0)
        output_abandon(out);
    die(&e);
}

/* rts2tsv - the examples of a stream as text: a line each, the label first, then the values */
#include "base/decimal.h"
#include "cli/cli.h"
#include "rts/examples.h"
#include "rts/names.h"

#include <errno.h>

static const char help[] =
    "usage: rts2tsv [-q] [--names] [--files] [-n count] [-o file] [file ...]\n"
    "Write a stream as text, one example per line: its label, then its values.\n"
    "\n"
    "  -n, --count N      write the first N examples only; verify the rest\n"
    "      --names        write class names instead of class numbers\n"
    "      --files        write the name of the example's file behind its label\n"
    "  -o, --output FILE  write the result to FILE, complete or not at all\n"
    "  -q, --quiet        no progress, no notes on standard error\n"
    "  -h, --help         print this help\n"
    "      --version      print the version\n";

enum { OPT_NAMES = OPT_FIRST, OPT_FILES };

static const struct option options[] = {{"count", required_argument, NULL, 'n'},
                                        {"names", no_argument, NULL, OPT_NAMES},
                                        {"files", no_argument, NULL, OPT_FILES},
                                        COMMON_OPTIONS};

/* What each line has beside the values. */
struct form {
    int with_names, with_files;
    struct names_table names;
};

/* Text on its way to standard output. */
struct text {
    size_t used;
    char bytes[1 << 16];
};

/* Room for a label, a tab and a value, whatever they are. */
enum { ROOM = 64 };

static int flush_text(struct text *t, struct error *e)
{
    size_t put = fwrite(t->bytes, 1, t->used, stdout);
    int whole = put == t->used;

    t->used = 0;
    return whole ? 0 : error_set(e, "%s: %s", text_name(), strerror(errno));
}

static int put_char(struct text *t, char c, struct error *e)
{
    if (t->used > sizeof t->bytes - ROOM && flush_text(t, e) < 0)
        return -1;
    t->bytes[t->used++] = c;
    return 0;
}

/* A name: what would break the line or the terminal becomes '?'. */
static int put_name(struct text *t, const char *name, int n, struct error *e)
{
    for (int i = 0; i < n; i++) {
        unsigned char c = (unsigned char)name[i];
        if (put_char(t, (char)(c < 0x20 || c == 0x7f ? '?' : c), e) < 0)
            return -1;
    }
    return 0;
}

/* The label of example i, "-" if it has none. */
static int put_label(struct text *t, const struct chunk *c, uint64_t i,
                     const struct names_table *names, struct error *e)
{
    const char *name;
    int length;

    if (!c->label)
        return put_char(t, '-', e);
    name = names_table_line(names, c->label[i], &length);
    if (name)
        return put_name(t, name, length, e);
    if (t->used > sizeof t->bytes - ROOM && flush_text(t, e) < 0)
        return -1;
    t->used += decimal_unsigned(c->label[i], t->bytes + t->used);
    return 0;
}

/* A tab and the file of example i, "-" if that is not known. */
static int put_file(struct text *t, const struct chunk *c, uint64_t i, struct error *e)
{
    const char *name = c->file && *c->file[i] ? c->file[i] : "-";

    return put_char(t, '\t', e) < 0 ? -1 : put_name(t, name, (int)strlen(name), e);
}

static int put_pixels(struct text *t, const uint8_t *pixel, uint64_t n, struct error *e)
{
    for (uint64_t i = 0; i < n; i++) {
        unsigned v = pixel[i];
        if (t->used > sizeof t->bytes - ROOM && flush_text(t, e) < 0)
            return -1;
        char *p = t->bytes + t->used;
        *p++ = '\t';
        if (v >= 100)
            *p++ = (char)('0' + v / 100);
        if (v >= 10)
            *p++ = (char)('0' + v / 10 % 10);
        *p++ = (char)('0' + v % 10);
        t->used = (size_t)(p - t->bytes);
    }
    return 0;
}

static int put_floats(struct text *t, const float *value, uint64_t n, struct error *e)
{
    for (uint64_t i = 0; i < n; i++) {
        if (t->used > sizeof t->bytes - ROOM && flush_text(t, e) < 0)
            return -1;
        t->bytes[t->used++] = '\t';
        t->used += decimal_float(value[i], t->bytes + t->used);
    }
    return 0;
}

static int put_example(struct text *t, const struct chunk *c, uint64_t i, const struct form *form,
                       struct error *e)
{
    const char *data = (const char *)c->data + i * c->stride;
    int status;

    if (put_label(t, c, i, &form->names, e) < 0 || (form->with_files && put_file(t, c, i, e) < 0))
        return -1;
    if (c->kind == CHUNK_IMAGES)
        status = put_pixels(t, (const uint8_t *)data, c->stride, e);
    else
        status = put_floats(t, (const float *)data, c->stride / sizeof(float), e);
    return status < 0 ? -1 : put_char(t, '\n', e);
}

/* Writes the examples of a chunk, at most `left`; whoever waits for them gets them at once. */
static int put_chunk(struct text *t, const struct chunk *c, uint64_t *left, const struct form *form,
                     struct error *e)
{
    for (uint64_t i = 0; i < c->n && *left; i++, --*left)
        if (put_example(t, c, i, form, e) < 0)
            return -1;
    if (flush_text(t, e) < 0)
        return -1;
    return fflush(stdout) == 0 ? 0 : error_set(e, "%s: %s", text_name(), strerror(errno));
}

/* The lines of the stream's names, when they have come: which are the same from then on. */
static int take_names(struct names_table *names, const struct source *in, struct error *e)
{
    const char *text = source_names(in);

    if (text && !names->start && names_table_make(names, text, e) < 0)
        return -1;
    names->names = text;
    return 0;
}

int main(int argc, char **argv)
{
    static struct text text;
    struct error e;
    struct chunk c;
    struct form form = {0};
    struct source *in;
    uint64_t left = UINT64_MAX;
    int option, got = -1;

    start(argv);
    while ((option = next_option(argc, argv, "n:", options)) != -1)
        switch (option) {
        case 'n':
            left = (uint64_t)int_argument(optarg, 0, INT64_MAX);
            break;
        case OPT_NAMES:
            form.with_names = 1;
            break;
        case OPT_FILES:
            form.with_files = 1;
            break;
        default:
            common_option(option, help);
        }
    start_text();
    in = source_open(argv + optind, argc - optind, &e);
    while (in && (got = source_next(in, &c, &e)) > 0)
        if ((form.with_names && take_names(&form.names, in, &e) < 0) ||
            put_chunk(&text, &c, &left, &form, &e) < 0) {
            got = -1;
            break;
        }
    source_close(in);
    names_table_free(&form.names);
    if (got < 0) {
        fflush(stdout);
        die(&e);
    }
    finish_text();
}

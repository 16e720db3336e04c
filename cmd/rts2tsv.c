/* rts2tsv - the examples of a stream as text: a line each, the label first, then the values */
#include "base/decimal.h"
#include "cli/cli.h"
#include "rts/examples.h"
#include "rts/names.h"

#include <errno.h>

static const char usage[] =
    "usage: rts2tsv [-q] [--names] [--files] [-n count] [-o file] [file ...]\n"
    "Write a stream as text, one example per line: its label, then its values.\n";

struct settings {
    uint64_t count;
    int names, files;
};

/* clang-format off */
static const struct setting rows[] = {
    {"count", 'n', "N", "write the first N examples only; verify the rest",
     SETTING_FREE, LONG(count, 0, INT64_MAX)},
    {"names", 0, NULL, "write class names instead of class numbers",
     SETTING_FREE, FLAG(names)},
    {"files", 0, NULL, "write the name of the example's file behind its label",
     SETTING_FREE, FLAG(files)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows};

/* What each line has beside the values. */
struct form {
    const struct settings *s;
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

    if (put_label(t, c, i, &form->names, e) < 0 || (form->s->files && put_file(t, c, i, e) < 0))
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
    struct settings s = {.count = UINT64_MAX};
    struct form form = {.s = &s};
    struct source *in;
    int first, got = -1;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    start_text();
    in = source_open(argv + first, argc - first, &e);
    while (in && (got = source_next(in, &c, &e)) > 0)
        if ((s.names && take_names(&form.names, in, &e) < 0) ||
            put_chunk(&text, &c, &s.count, &form, &e) < 0) {
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

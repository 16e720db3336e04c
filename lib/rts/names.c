/* Class names: read from a file, counted and found by number. */
#include "rts/names.h"

#include "base/input.h"
#include "base/utf8.h"
#include "rts/header.h"

#include <stdlib.h>
#include <string.h>

const char *names_line(const char *names, uint64_t index, int *length)
{
    *length = 0;
    if (!names)
        return NULL;
    for (; *names; names += *names == '\n') {
        size_t n = strcspn(names, "\n");
        if (index-- == 0) {
            *length = (int)n;
            return names;
        }
        names += n;
    }
    return NULL;
}

uint64_t names_count(const char *names)
{
    uint64_t n = 0;

    if (!names)
        return 0;
    for (const char *p = names; *p; p++)
        if (*p == '\n' || p[1] == '\0')
            n++;
    return n;
}

int names_table_make(struct names_table *t, const char *names, struct error *e)
{
    uint64_t n = names_count(names), at = 0;

    *t = (struct names_table){names, malloc((n + 1) * sizeof *t->start), n};
    if (!t->start)
        return error_memory(e, "class names");
    for (uint64_t i = 0; i < n; i++) {
        t->start[i] = (uint32_t)at;
        at += strcspn(names + at, "\n");
        at += names[at] == '\n';
    }
    t->start[n] = (uint32_t)at;
    return 0;
}

const char *names_table_line(const struct names_table *t, uint64_t index, int *length)
{
    const char *line;

    *length = 0;
    if (index >= t->count)
        return NULL;
    line = t->names + t->start[index];
    *length = (int)(t->start[index + 1] - t->start[index]);
    *length -= line[*length - 1] == '\n';
    return line;
}

void names_table_free(struct names_table *t)
{
    free(t->start);
    t->start = NULL;
    t->count = 0;
}

/* The length of the text without the empty lines at its end, unless all of it is one. */
static int64_t trim_end(const char *text, int64_t n)
{
    for (;;) {
        int64_t line = n > 1 && text[n - 1] == '\n' ? n - 1 : n;
        if (line < n && text[line - 1] == '\r')
            line--;
        if (line == n || line == 0 || text[line - 1] != '\n')
            return n;
        n = line;
    }
}

/*
 * Makes n bytes of complete lines a list of names: a byte order mark at the head is dropped, and
 * \r\n ends a line as well as \n does. An error tells of the first line that cannot be a name.
 */
static int tidy_lines(char *text, int64_t n, const char *file, struct error *e)
{
    int64_t to = 0, begin = 0, line = 1, i = strncmp(text, "\xef\xbb\xbf", 3) == 0 ? 3 : 0, step;
    uint32_t point;

    if (n == 0)
        return error_set(e, "%s: empty, not a list of class names", file);
    for (; i < n; i += step) {
        step = (int64_t)utf8_length(text + i, (size_t)(n - i), &point);
        if (step == 0)
            return error_set(e, "%s: line %lld: not UTF-8: byte 0x%02x", file, (long long)line,
                             (unsigned char)text[i]);
        if (text[i] == '\r' && text[i + 1] == '\n')
            continue;
        memmove(text + to, text + i, (size_t)step);
        to += step;
        if (text[i] == '\n') {
            if (to - begin == 1)
                return error_set(e, "%s: line %lld: an empty class name", file, (long long)line);
            begin = to;
            line++;
        } else if (utf8_is_control(point)) {
            return error_set(e, "%s: line %lld: a control character in a class name", file,
                             (long long)line);
        }
    }
    text[to] = '\0';
    return 0;
}

char *names_load(const char *path, struct error *e)
{
    struct input *in = input_open(path, e);
    char *text = malloc(RTS_TEXT_MAX + 2);
    int64_t n = -1;

    if (!in || !text) {
        if (in)
            error_memory(e, path);
        goto fail;
    }
    n = input_read(in, text, RTS_TEXT_MAX + 1, e);
    if (n < 0)
        goto fail;
    if (n > RTS_TEXT_MAX) {
        error_set(e, "%s: more than %d bytes, not a list of class names", input_name(in),
                  RTS_TEXT_MAX);
        goto fail;
    }
    if (n && text[n - 1] != '\n')
        text[n++] = '\n';
    n = trim_end(text, n);
    if (tidy_lines(text, n, input_name(in), e) < 0)
        goto fail;
    input_close(in);
    return text;
fail:
    input_close(in);
    free(text);
    return NULL;
}

#include "rts/examples.h"

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

char *names_load(const char *path, struct error *e)
{
    struct input *in = input_open(path, e);
    char *text = malloc(EXAMPLES_TEXT_MAX + 2);
    int64_t n = -1;

    if (!in || !text) {
        if (in)
            error_memory(e, path);
        goto fail;
    }
    n = input_read(in, text, EXAMPLES_TEXT_MAX + 1, e);
    if (n < 0)
        goto fail;
    if (n > EXAMPLES_TEXT_MAX) {
        error_set(e, "%s: too long for a list of class names", input_name(in));
        goto fail;
    }
    if (n && text[n - 1] != '\n')
        text[n++] = '\n';
    text[n] = '\0';
    if (n == 0 || text[0] == '\n' || strstr(text, "\n\n")) {
        error_set(e, "%s: an empty class name", input_name(in));
        goto fail;
    }
    for (int64_t i = 0; i < n; i++)
        if (((unsigned char)text[i] < 0x20 && text[i] != '\n') || text[i] == 0x7f) {
            error_set(e, "%s: a control character in a class name", input_name(in));
            goto fail;
        }
    input_close(in);
    return text;
fail:
    input_close(in);
    free(text);
    return NULL;
}

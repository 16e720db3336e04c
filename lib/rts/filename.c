/* Names of files as lines of text. */
#include "rts/filename.h"

#include "base/utf8.h"

#include <string.h>

/* What byte c becomes where it is not part of a character that may stand as it is; its length. */
static size_t escape(unsigned char c, char to[5])
{
    static const char plain[] = "\\\t\n\r", letter[] = "\\tnr";
    const char *known = c ? strchr(plain, c) : NULL;

    to[0] = '\\';
    if (known) {
        to[1] = letter[known - plain];
        return 2;
    }
    to[1] = '0';
    to[2] = (char)('0' + (c >> 6));
    to[3] = (char)('0' + (c >> 3 & 7));
    to[4] = (char)('0' + (c & 7));
    return 5;
}

int filename_line(const char *name, char line[FILENAME_LINE_MAX + 1])
{
    size_t n = strlen(name), used = 0;

    for (size_t i = 0, length; i < n; i += length) {
        uint32_t point;
        char escaped[5];
        const char *from = name + i;
        size_t size = length = utf8_length(from, n - i, &point);
        if (length == 0 || *from == '\\' || utf8_is_control(point)) {
            length = 1;
            size = escape((unsigned char)*from, escaped);
            from = escaped;
        }
        if (used + size > FILENAME_LINE_MAX)
            return -1;
        memcpy(line + used, from, size);
        used += size;
    }
    line[used] = '\0';
    return (int)used;
}

int filename_cut(char *text, size_t size, const char **line, size_t n, struct error *e)
{
    char *p = text, *end = text + size;
    size_t count = 0;

    for (char *newline; (newline = memchr(p, '\n', (size_t)(end - p))); p = newline + 1) {
        *newline = '\0';
        if (newline - p > FILENAME_LINE_MAX)
            return error_set(e, "a file name of more than %d bytes", FILENAME_LINE_MAX);
        if (count < n)
            line[count] = p;
        count++;
    }
    if (p != end)
        return error_set(e, "the last file name has no newline");
    if (count != n)
        return error_set(e, "%zu file names for %zu examples", count, n);
    return 0;
}

#include "base/error.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int set(struct error *e, int misuse, const char *format, va_list ap)
{
    vsnprintf(e->text, sizeof e->text, format, ap);
    e->misuse = misuse;
    /* File names and record names come from outside: an error stays one line whatever is in them.
     */
    utf8_make_printable(e->text, strlen(e->text));
    return -1;
}

int error_set(struct error *e, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    set(e, 0, format, ap);
    va_end(ap);
    return -1;
}

int error_misuse(struct error *e, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    set(e, 1, format, ap);
    va_end(ap);
    return -1;
}

int error_memory(struct error *e, const char *what)
{
    return error_set(e, "%s: out of memory", what);
}

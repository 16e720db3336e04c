#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

static int set(struct error *e, int misuse, const char *format, va_list ap)
{
    vsnprintf(e->text, sizeof e->text, format, ap);
    e->misuse = misuse;
    /* File names and record names come from outside: an error stays one line whatever is in them.
     */
    for (unsigned char *p = (unsigned char *)e->text; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
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

#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

void error_format(struct error *e, int misuse, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(e->text, sizeof e->text, format, ap);
    va_end(ap);
    e->misuse = misuse;
    /* File names and record names come from outside: an error stays one line whatever is in them.
     */
    for (unsigned char *p = (unsigned char *)e->text; *p; p++)
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
}

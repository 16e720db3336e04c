/* The one place where an error's line is formatted. */
#include "base/error.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void error_format(struct error *e, int misuse, const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    vsnprintf(e->text, sizeof e->text, format, ap);
    va_end(ap);
    e->misuse = misuse;
    /* File names and record names come from outside: an error stays one line whatever is in them.
     */
    utf8_make_printable(e->text, strlen(e->text));
}

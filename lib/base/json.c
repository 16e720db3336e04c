/* Strings and numbers printed as JSON. */
#include "base/json.h"

#include <math.h>

#include "base/utf8.h"

void json_text(FILE *f, const char *text, size_t n)
{
    putc('"', f);
    for (size_t i = 0, step; i < n; i += step ? step : 1) {
        step = utf8_length(text + i, n - i, NULL);
        if (step == 0)
            fputs("\\ufffd", f);
        else if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            fprintf(f, "\\u%04x", (unsigned char)text[i]);
        else
            fprintf(f, "%s%.*s", text[i] == '"' || text[i] == '\\' ? "\\" : "", (int)step,
                    text + i);
    }
    putc('"', f);
}

void json_number(FILE *f, double x)
{
    if (isfinite(x))
        fprintf(f, "%.9g", x);
    else
        fputs("null", f);
}

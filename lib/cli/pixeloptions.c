/* Ranges of pixels, and colours, taken from the options. */
#include "cli/pixeloptions.h"

#include "img/colour.h"
#include "import/idx.h"

void take_range(void *range, const struct setting *s, char *text)
{
    if (idx_range_parse(text, range) < 0)
        misused("--%s: '%s' is not LOW:HIGH, two numbers with LOW less than HIGH", s->name, text);
}

int put_range(const void *range, char *text, size_t size)
{
    const struct idx_range *r = range;

    return snprintf(text, size, " %.15g:%.15g", r->low, r->high);
}

void take_background(void *colour, const struct setting *s, char *text)
{
    if (colour_parse(text, colour) < 0)
        misused("--%s: '%s' is not a colour: " COLOUR_FORMS, s->name, text);
}

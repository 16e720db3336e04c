/* Rates printed with as many decimals as keep them apart from 0 and 1. */
#include "base/rate.h"

#include <stdio.h>
#include <stdlib.h>

/* 29,999 of 30,000 are not all; the smallest difference from 1 that a double has is 1.1e-16. */
enum { DECIMALS_MAX = 20 };

const char *rate_text(double rate, int decimals, char text[RATE_BYTES])
{
    for (;; decimals++) {
        double shown;
        snprintf(text, RATE_BYTES, "%.*f", decimals, rate);
        shown = strtod(text, NULL);
        if (decimals >= DECIMALS_MAX || ((shown < 1 || rate >= 1) && (shown > 0 || rate <= 0)))
            return text;
    }
}

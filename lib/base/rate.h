/*
 * Rates as text: an accuracy, or another share of a whole.
 */
#ifndef ROTPIPE_BASE_RATE_H
#define ROTPIPE_BASE_RATE_H

enum { RATE_BYTES = 32 };

/*
 * Writes a rate, from 0 to 1, with so many decimals, or with as many more as it takes: only what is
 * exactly 0 or 1 reads "0.0000" or "1.0000". Returns text.
 */
const char *rate_text(double rate, int decimals, char text[RATE_BYTES]);

#endif

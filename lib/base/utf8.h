/*
 * UTF-8 (RFC 3629), a character at a time, in bytes that may be anything.
 */
#ifndef ROTPIPE_BASE_UTF8_H
#define ROTPIPE_BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/*
 * Bytes, 1 to 4, of the character that p, of n bytes (at least 1), begins with; its code point goes
 * to *point unless that is NULL. 0 if no character begins there: a stray or missing byte, a form
 * longer than needed, a surrogate, or beyond U+10FFFF.
 */
size_t utf8_length(const char *p, size_t n, uint32_t *point);

/* True for the characters that a terminal obeys: U+0000 to U+001F, U+007F to U+009F. */
int utf8_is_control(uint32_t point);

/*
 * Makes n bytes from anywhere, with room for a NUL behind them, one line that may be shown: each
 * control character, and each byte that is not UTF-8, becomes '?'. Ends the text with NUL; it does
 * not grow.
 */
void utf8_make_printable(char *text, size_t n);

#endif

/* The shortest decimal numbers that read back as the same floats. */
#include "base/decimal.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST_DIGITS = 6, MOST_DIGITS = 9, EXACT_POWERS = 22 };

/* All of them are exact: 5^22 < 2^53. */
static const double power[EXACT_POWERS + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                               1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                               1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

size_t decimal_unsigned(unsigned long long n, char *to)
{
    char digits[DECIMAL_BYTES];
    size_t used = 0;

    do
        digits[used++] = (char)('0' + n % 10);
    while (n /= 10);
    for (size_t i = 0; i < used; i++)
        to[i] = digits[used - 1 - i];
    return used;
}

/* By the C library: for the numbers that the quick way below leaves. */
static size_t by_library(float x, char *to)
{
    char text[32];
    int n = 0;

    for (int digits = FEWEST_DIGITS; digits <= MOST_DIGITS; digits++) {
        n = snprintf(text, sizeof text, "%.*g", digits, (double)x);
        if (strtof(text, NULL) == x)
            break;
    }
    memcpy(to, text, (size_t)n);
    return (size_t)n;
}

/* d * 10^exponent, rounded once; |exponent| <= EXACT_POWERS. */
static double scaled(double d, int exponent)
{
    return exponent < 0 ? d / power[-exponent] : d * power[exponent];
}

/* The exponent of d's first decimal digit, for d in [1e-13, 1e22). */
static int first_digit(double d)
{
    int binary, e;

    frexp(d, &binary);
    e = (int)floor((binary - 1) * 0.30102999566398120);
    return d >= (e < 0 ? 1 / power[-e] : power[e]) * 10 ? e + 1 : e;
}

/*
 * The number of `digits` decimal digits that is nearest to d, whose first digit stands for 10^e:
 * as an integer. -1 if that is too near to a tie to be told in double precision.
 */
static int64_t nearest(double d, int e, int digits)
{
    double y = scaled(d, digits - 1 - e), whole = floor(y), rest = y - whole;

    /* y < 10^9 is wrong by less than 2^-24. */
    if (fabs(rest - 0.5) < 1e-6)
        return -1;
    return (int64_t)whole + (rest > 0.5);
}

/*
 * True if n * 10^exponent, read as a float, is x. n < 2^53, so that the product is the double
 * nearest to the exact value. Rounding that to a float is right unless the double lies in the
 * very middle of two floats, where the bits that were lost would decide: -1 then.
 */
static int reads_back(int64_t n, int exponent, float x)
{
    double d = scaled((double)n, exponent);
    uint64_t bits;

    memcpy(&bits, &d, sizeof bits);
    if ((bits & 0x1fffffff) == 0x10000000)
        return -1;
    return (float)d == x;
}

/* n has `digits` digits, the first of which stands for 10^e: written the way of %g. */
static size_t layout(int64_t n, int digits, int e, char *to)
{
    char text[DECIMAL_BYTES];
    char *start = to;
    int used, scientific = e < -4 || e >= digits;

    decimal_unsigned((unsigned long long)n, text);
    for (used = digits; used > 1 && text[used - 1] == '0';)
        used--;
    if (!scientific && e < 0) {
        *to++ = '0';
        *to++ = '.';
        for (int i = -1; i > e; i--)
            *to++ = '0';
    }
    for (int i = 0; i < used || (!scientific && i <= e); i++) {
        if (i > 0 && i == (scientific ? 1 : e + 1))
            *to++ = '.';
        *to++ = i < used ? text[i] : '0';
    }
    if (scientific) {
        *to++ = 'e';
        *to++ = e < 0 ? '-' : '+';
        *to++ = (char)('0' + abs(e) / 10);
        *to++ = (char)('0' + abs(e) % 10);
    }
    return (size_t)(to - start);
}

/* 0 if the library has to do it. d is in [1e-13, 1e22) and, being a float, has 24 bits. */
static size_t quick(double d, char *to)
{
    int e = first_digit(d);

    for (int digits = FEWEST_DIGITS; digits <= MOST_DIGITS; digits++) {
        int64_t n = nearest(d, e, digits);
        int same = n < 0 ? -1 : reads_back(n, e - digits + 1, (float)d);
        if (same < 0)
            return 0;
        if (same && n == (int64_t)power[digits])
            return layout(n / 10, digits, e + 1, to);
        if (same)
            return layout(n, digits, e, to);
    }
    return 0;
}

size_t decimal_float(float x, char *to)
{
    double d = fabs((double)x);
    size_t sign = signbit(x) ? 1 : 0, n = 0;

    if (isnan(x)) {
        memcpy(to, "nan", 3);
        return 3;
    }
    to[0] = '-';
    if (d >= 1e-13 && d < 1e22)
        n = quick(d, to + sign);
    else if (d == 0) {
        to[sign] = '0';
        n = 1;
    }
    return n ? sign + n : by_library(x, to);
}

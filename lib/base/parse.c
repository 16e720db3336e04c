/* Option arguments to integers, seeds and real numbers. */
#include "base/parse.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

int parse_int(const char *text, int64_t lowest, int64_t highest, int64_t *value)
{
    char *end;
    long long v;

    if (!isdigit((unsigned char)text[0]) && text[0] != '-')
        return -1;
    errno = 0;
    v = strtoll(text, &end, 10);
    if (errno || end == text || *end || v < lowest || v > highest)
        return -1;
    *value = v;
    return 0;
}

int parse_u64(const char *text, uint64_t *value)
{
    char *end;
    unsigned long long v;

    if (!isdigit((unsigned char)text[0]))
        return -1;
    errno = 0;
    v = strtoull(text, &end, 10);
    if (errno || *end)
        return -1;
    *value = v;
    return 0;
}

int parse_bytes(const char *text, uint64_t lowest, uint64_t highest, uint64_t *bytes)
{
    static const char units[] = "KMGT";
    size_t digits = strspn(text, "0123456789");
    const char *unit = text[digits] ? strchr(units, text[digits]) : NULL;
    unsigned shift = unit ? 10 * (unsigned)(unit - units + 1) : 0;
    char number[24];
    uint64_t n;

    if (digits >= sizeof number || text[digits + (unit != NULL)])
        return -1;
    memcpy(number, text, digits);
    number[digits] = '\0';
    if (parse_u64(number, &n) < 0 || n > UINT64_MAX >> shift)
        return -1;
    n <<= shift;
    if (n < lowest || n > highest)
        return -1;
    *bytes = n;
    return 0;
}

int parse_real(const char *text, double lowest, double highest, double *value)
{
    char *end;
    double v;

    /* strtod reads more than decimal numbers: 0x1p3, inf. */
    if (text[strspn(text, "0123456789.+-eE")] || text[0] == '+')
        return -1;
    errno = 0;
    v = strtod(text, &end);
    /* A number too near to 0 for a double is the nearest one. Written so that a NaN fails. */
    if ((errno == ERANGE && fabs(v) > 1) || end == text || *end || !(v >= lowest && v <= highest))
        return -1;
    *value = v;
    return 0;
}

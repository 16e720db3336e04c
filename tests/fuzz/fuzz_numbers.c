/* Numbers of options from text, and numbers to text. */
#include "fuzz.h"

#include "base/decimal.h"
#include "base/parse.h"

#include <inttypes.h>
#include <math.h>

/* A whole number in decimal digits; 0 if it is none or has more than 20. */
static int digits(const char *text)
{
    size_t n = strspn(text, "0123456789");

    return n > 0 && n <= 20 && text[n] == '\0';
}

/* What is taken reads back as what was written, but for zeros in front. */
static void read_whole(const char *text)
{
    const char *first = text + (*text == '-');
    int64_t i = 77;
    uint64_t u = 77;
    char back[32];

    if (parse_int(text, -1000, INT64_MAX, &i) == 0) {
        REQUIRE(i >= -1000 && first[strspn(first, "0123456789")] == '\0' && *first);
        snprintf(back, sizeof back, "%" PRId64, i < 0 ? -i : i);
        first += strspn(first, "0");
        REQUIRE(strcmp(back, *first ? first : "0") == 0);
    } else {
        REQUIRE(i == 77);
        REQUIRE(!digits(text) || strlen(text) > 18);
    }
    if (parse_u64(text, &u) == 0) {
        REQUIRE(text[strspn(text, "0123456789")] == '\0');
        snprintf(back, sizeof back, "%" PRIu64, u);
        text += strspn(text, "0");
        REQUIRE(strcmp(back, *text ? text : "0") == 0);
    } else {
        REQUIRE(u == 77);
        REQUIRE(!digits(text) || strlen(text) > 19);
    }
}

static void read_real(const char *text)
{
    double d = 77;

    if (parse_real(text, -1e9, 1e300, &d) == 0)
        REQUIRE(d >= -1e9 && d <= 1e300 && strtod(text, NULL) == d &&
                text[strspn(text, "0123456789.+-eE")] == '\0');
    else
        REQUIRE(d == 77);
}

/* The shortest of the C library's texts that reads back. */
static void write_float(uint32_t bits)
{
    char text[DECIMAL_BYTES + 1], want[32];
    float x;
    size_t n;

    memcpy(&x, &bits, sizeof x);
    n = decimal_float(x, text);
    REQUIRE(n > 0 && n <= DECIMAL_BYTES);
    text[n] = '\0';
    if (isnan(x)) {
        REQUIRE(strcmp(text, "nan") == 0);
        return;
    }
    for (int precision = 6; precision <= 9; precision++) {
        snprintf(want, sizeof want, "%.*g", precision, (double)x);
        if (strtof(want, NULL) == x)
            break;
    }
    REQUIRE(strcmp(text, want) == 0 && strtof(text, NULL) == x);
}

static void write_whole(uint64_t v)
{
    char text[DECIMAL_BYTES + 1], want[32];
    size_t n = decimal_unsigned(v, text);

    REQUIRE(n <= DECIMAL_BYTES);
    text[n] = '\0';
    snprintf(want, sizeof want, "%" PRIu64, v);
    REQUIRE(strcmp(text, want) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    uint64_t v = next_number(&b, 8);
    char *text = rest_as_text(&b);

    write_float((uint32_t)v);
    write_float((uint32_t)(v >> 32));
    write_whole(v);
    write_whole(v >> (v & 63));
    read_whole(text);
    read_real(text);
    free(text);
    return 0;
}

/* Tests of numbers as text. */
#include "base/decimal.h"
#include "base/rng.h"
#include "check.h"

#include <stdint.h>
#include <stdlib.h>

/* What decimal_float promises, said plainly. */
static void plain(float x, char *text)
{
    for (int digits = 6; digits <= 9; digits++) {
        sprintf(text, "%.*g", digits, (double)x);
        if (strtof(text, NULL) == x)
            return;
    }
    if (isnan(x))
        strcpy(text, "nan");
}

static int agrees(float x)
{
    char want[64], got[DECIMAL_BYTES + 1];

    plain(x, want);
    got[decimal_float(x, got)] = '\0';
    return CHECK_TEXT(got, want);
}

static float from_bits(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static void test_decimal_float_landmarks(void)
{
    static const float marks[] = {
        0.0f,      1.0f,        0.1f,        0.5f,      9.5f,          10.0f,
        0.0001f,   0.00001f,    123456.0f,   999999.0f, 1000000.0f,    9999995.0f,
        999999.5f, 0.99999994f, 16777216.0f, 524288.5f, 3.4028235e38f, 1.17549435e-38f,
        1e-45f,    1e22f,       1e-13f,      1e-14f};

    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++) {
        agrees(marks[i]);
        agrees(-marks[i]);
    }
    agrees(INFINITY);
    agrees(-INFINITY);
    agrees(NAN);
    agrees(-NAN);
}

/* Around every power of two and of ten, where digits and exponents change. */
static void test_decimal_float_edges(void)
{
    for (uint32_t exponent = 0; exponent < 255; exponent++)
        for (int32_t near = -4; near <= 4; near++)
            agrees(from_bits((exponent << 23) + (uint32_t)near));
    for (int e = -44; e <= 38; e++) {
        char text[16];
        uint32_t bits;
        float x;
        sprintf(text, "1e%d", e);
        x = strtof(text, NULL);
        memcpy(&bits, &x, sizeof bits);
        for (uint32_t near = 0; near <= 40; near++)
            agrees(from_bits(bits - 20 + near));
    }
}

static void test_decimal_float_any_bits(void)
{
    struct rng r;

    rng_seed(&r, 1, 1);
    for (int i = 0; i < 200000; i++)
        if (!agrees(from_bits(rng_u32(&r))))
            return;
}

/* What networks give: between -10 and 10, many of few digits. */
static void test_decimal_float_features(void)
{
    struct rng r;

    rng_seed(&r, 2, 1);
    for (int i = 0; i < 200000; i++)
        if (!agrees(20 * rng_float(&r) - 10) || !agrees((float)rng_below(&r, 100000) / 1000.0f))
            return;
}

static void test_decimal_unsigned(void)
{
    char text[DECIMAL_BYTES + 1];

    text[decimal_unsigned(0, text)] = '\0';
    CHECK_TEXT(text, "0");
    text[decimal_unsigned(4294967295u, text)] = '\0';
    CHECK_TEXT(text, "4294967295");
    text[decimal_unsigned(UINT64_MAX, text)] = '\0';
    CHECK_TEXT(text, "18446744073709551615");
}

int main(void)
{
    RUN(test_decimal_float_landmarks);
    RUN(test_decimal_float_edges);
    RUN(test_decimal_float_any_bits);
    RUN(test_decimal_float_features);
    RUN(test_decimal_unsigned);
    return check_status();
}

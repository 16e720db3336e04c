/*
 * CRC-32 by folding: Gopal, Ozturk, Guilford, Wolrich, Feghali, Dixon and Karakoyunlu, Fast CRC
 * computation for generic polynomials using PCLMULQDQ instruction (Intel, 2009).
 *
 * Bytes far from the end may be replaced by their remainder closer to it, 128 bits by 128 bits,
 * without a change of the CRC. What is left in the end is for zlib.
 */
#include "base/crc.h"

#include <zlib.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

#define FOLDS __attribute__((target("pclmul,sse2")))

/* 128 bits that moved on, and those that they meet. by: x^(d+32) and x^(d-32) mod P, reflected and
 * shifted by one, for d bits of the way. */
FOLDS static inline __m128i fold(__m128i from, __m128i by, __m128i onto)
{
    return _mm_xor_si128(onto, _mm_xor_si128(_mm_clmulepi64_si128(from, by, 0x00),
                                             _mm_clmulepi64_si128(from, by, 0x11)));
}

FOLDS static inline __m128i load(const unsigned char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* n: a multiple of 16, at least 64. */
FOLDS static uint32_t fold_all(uint32_t crc, const unsigned char *at, size_t n)
{
    const __m128i by_64_bytes = _mm_set_epi64x(0x1c6e41596, 0x154442bd4);
    const __m128i by_16_bytes = _mm_set_epi64x(0x0ccaa009e, 0x1751997d0);
    __m128i x[4];
    unsigned char left[16];

    for (int i = 0; i < 4; i++)
        x[i] = load(at + 16 * i);
    /* zlib's CRC is the complement of the remainder. */
    x[0] = _mm_xor_si128(x[0], _mm_cvtsi32_si128((int)~crc));
    for (at += 64, n -= 64; n >= 64; at += 64, n -= 64)
        for (int i = 0; i < 4; i++)
            x[i] = fold(x[i], by_64_bytes, load(at + 16 * i));
    for (int i = 1; i < 4; i++)
        x[0] = fold(x[0], by_16_bytes, x[i]);
    for (; n; at += 16, n -= 16)
        x[0] = fold(x[0], by_16_bytes, load(at));
    _mm_storeu_si128((__m128i *)(void *)left, x[0]);
    return (uint32_t)crc32_z(0xffffffff, left, sizeof left);
}

uint32_t crc_add(uint32_t crc, const void *bytes, size_t n)
{
    const unsigned char *at = bytes;

    if (n >= 128 && __builtin_cpu_supports("pclmul")) {
        crc = fold_all(crc, at, n & ~(size_t)15);
        at += n & ~(size_t)15;
        n &= 15;
    }
    return n ? (uint32_t)crc32_z(crc, at, n) : crc;
}

#else

uint32_t crc_add(uint32_t crc, const void *bytes, size_t n)
{
    return n ? (uint32_t)crc32_z(crc, bytes, n) : crc;
}

#endif

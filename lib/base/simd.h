/*
 * Vectors of floats for kernels: the files in folders of that name, every one of which is compiled
 * once for each instruction set: KERNEL_VARIANT is its name, VL the floats of a vector. GCC's
 * vector extensions carry the arithmetic; the few operations they lack stand here.
 */
#ifndef ROTPIPE_BASE_SIMD_H
#define ROTPIPE_BASE_SIMD_H

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512F__) || defined(__AVX2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
#define VL 16
#elif defined(__AVX2__)
#define VL 8
#else
#define VL 4
#endif

/* VARIANT(f) is f_avx512, f_avx2, ...: the same function for several instruction sets. */
#define VARIANT_PASTE(name, variant) name##_##variant
#define VARIANT_EXPAND(name, variant) VARIANT_PASTE(name, variant)
#define VARIANT(name) VARIANT_EXPAND(name, KERNEL_VARIANT)

#define INLINE static inline __attribute__((always_inline, unused))

/* For an inner loop that needs every register: inlined, it would share them with its caller. */
#define APART static __attribute__((noinline))

/* Before a loop whose count is a constant where it is inlined, so that arrays become registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

typedef float vf __attribute__((vector_size(4 * VL)));
typedef int32_t vi __attribute__((vector_size(4 * VL)));
typedef uint8_t vb __attribute__((vector_size(VL)));
typedef float vf_memory __attribute__((vector_size(4 * VL), aligned(4), may_alias));
typedef uint8_t vb_memory __attribute__((vector_size(VL), aligned(1), may_alias));

INLINE vf load(const float *p)
{
    return *(const vf_memory *)p;
}

INLINE void store(float *p, vf v)
{
    *(vf_memory *)p = v;
}

INLINE vf splat(float x)
{
    return x - (vf){0};
}

/* a > b ? x : y, lane by lane. */
INLINE vf pick_greater(vf a, vf b, vf x, vf y)
{
#if defined(__AVX512F__)
    return (vf)_mm512_mask_blend_ps(_mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ), (__m512)y,
                                    (__m512)x);
#elif defined(__AVX2__)
    return (vf)_mm256_blendv_ps((__m256)y, (__m256)x,
                                _mm256_cmp_ps((__m256)a, (__m256)b, _CMP_GT_OQ));
#else
    vi mask = a > b;
    return (vf)((mask & (vi)x) | (~mask & (vi)y));
#endif
}

/* a > b ? a : b, lane by lane. */
INLINE vf larger(vf a, vf b)
{
#if defined(__AVX512F__)
    return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX2__)
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return pick_greater(a, b, a, b);
#endif
}

/* a == b ? x : 0, lane by lane. */
INLINE vf keep_equal(vi a, vi b, vf x)
{
#if defined(__AVX512F__)
    return (vf)_mm512_maskz_mov_ps(_mm512_cmpeq_epi32_mask((__m512i)a, (__m512i)b), (__m512)x);
#else
    return (vf)((vi)(a == b) & (vi)x);
#endif
}

/* max(x, 0); a NaN stays one. */
INLINE vf relu(vf x)
{
#if defined(__AVX512F__)
    return (vf)_mm512_max_ps(_mm512_setzero_ps(), (__m512)x);
#elif defined(__AVX2__)
    return (vf)_mm256_max_ps(_mm256_setzero_ps(), (__m256)x);
#else
    vi dead = x <= (vf){0};
    return (vf)(~dead & (vi)x);
#endif
}

/* Whole numbers 0 to 255, held as floats, to bytes; and bytes to 32-bit integers. (The compiler's
 * own conversion between vectors of bytes and integers goes lane by lane.) */
INLINE void store_bytes(uint8_t *p, vf x)
{
#if defined(__AVX512F__)
    _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtepi32_epi8(_mm512_cvttps_epi32((__m512)x)));
#elif defined(__AVX2__)
    __m256i i = _mm256_cvttps_epi32((__m256)x);
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1));
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packus_epi16(words, words));
#else
    vi i = __builtin_convertvector(x, vi);
    *(vb_memory *)p = __builtin_convertvector(i, vb);
#endif
}

INLINE vi load_bytes(const uint8_t *p)
{
#if defined(__AVX512F__)
    return (vi)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
#elif defined(__AVX2__)
    return (vi)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
#else
    vb b = *(const vb_memory *)p;
    return __builtin_convertvector(b, vi);
#endif
}

/* Bit l is set if lane l is not zero. */
INLINE unsigned lanes_set(vf x)
{
#if defined(__AVX512F__)
    return _mm512_cmpneq_ps_mask((__m512)x, _mm512_setzero_ps());
#elif defined(__AVX2__)
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)x, _mm256_setzero_ps(), _CMP_NEQ_UQ));
#else
    unsigned bits = 0;
    for (unsigned l = 0; l < VL; l++)
        bits |= (unsigned)(x[l] != 0) << l;
    return bits;
#endif
}

/* Bit l is set unless a > most in lane l; a lane that is no number is set. */
INLINE unsigned lanes_within(vf a, vf most)
{
#if defined(__AVX512F__)
    return _mm512_cmp_ps_mask((__m512)a, (__m512)most, _CMP_NGT_UQ);
#elif defined(__AVX2__)
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)a, (__m256)most, _CMP_NGT_UQ));
#else
    vi within = ~(a > most);
    unsigned bits = 0;
    for (unsigned l = 0; l < VL; l++)
        bits |= (unsigned)(within[l] & 1) << l;
    return bits;
#endif
}

/*
 * Stores the lanes of a and b whose bits are set, one behind the other, and returns how many there
 * are. What lies behind them, up to VL entries from the start, is overwritten.
 */
INLINE uint32_t compress(unsigned bits, vi a, vf b, uint32_t *to_a, float *to_b)
{
#if defined(__AVX512F__)
    _mm512_storeu_si512(to_a, _mm512_maskz_compress_epi32((__mmask16)bits, (__m512i)a));
    _mm512_storeu_ps(to_b, _mm512_maskz_compress_ps((__mmask16)bits, (__m512)b));
#elif defined(__AVX2__)
    /* Which of four lanes come first, a hexadecimal digit each, the lowest first. */
    static const uint16_t first[16] = {0,   0x0,  0x1,  0x10,  0x2,  0x20,  0x21,  0x210,
                                       0x3, 0x30, 0x31, 0x310, 0x32, 0x320, 0x321, 0x3210};
    unsigned low = bits & 15, high = bits >> 4;
    uint32_t digits = first[low] | (first[high] + 0x4444u) << 4 * __builtin_popcount(low);
    __m256i lane = _mm256_srlv_epi32(_mm256_set1_epi32((int)digits),
                                     _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28));
    _mm256_storeu_si256((__m256i *)(void *)to_a, _mm256_permutevar8x32_epi32((__m256i)a, lane));
    _mm256_storeu_ps(to_b, _mm256_permutevar8x32_ps((__m256)b, lane));
#else
    uint32_t n = 0;
    for (unsigned l = 0; l < VL; l++) {
        /* Written always, kept only if set: no branch to mispredict. */
        to_a[n] = (uint32_t)a[l];
        to_b[n] = b[l];
        n += bits >> l & 1;
    }
    return n;
#endif
    return (uint32_t)__builtin_popcount(bits);
}

/* Rows become columns: by VL = 2^n, n perfect shuffles of the rows' lanes. */
INLINE void transpose(vi row[VL])
{
#if VL == 16
#define LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#define HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif VL == 8
#define LOW 0, 8, 1, 9, 2, 10, 3, 11
#define HIGH 4, 12, 5, 13, 6, 14, 7, 15
#else
#define LOW 0, 4, 1, 5
#define HIGH 2, 6, 3, 7
#endif
    vi next[VL];

    UNROLL
    for (int n = VL; n > 1; n /= 2) {
        UNROLL
        for (int i = 0; i < VL / 2; i++) {
            vi a = row[i], b = row[i + VL / 2];
#if defined(__clang__) || __GNUC__ >= 12
            next[2 * i] = __builtin_shufflevector(a, b, LOW);
            next[2 * i + 1] = __builtin_shufflevector(a, b, HIGH);
#else
            next[2 * i] = __builtin_shuffle(a, b, (vi){LOW});
            next[2 * i + 1] = __builtin_shuffle(a, b, (vi){HIGH});
#endif
        }
        for (int i = 0; i < VL; i++)
            row[i] = next[i];
    }
#undef LOW
#undef HIGH
}

/* The sum of the lanes, in a fixed order. */
INLINE float sum_lanes(vf v)
{
#if defined(__AVX512F__)
    return _mm512_reduce_add_ps((__m512)v);
#else
    float s[VL];
    store(s, v);
    for (int n = VL / 2; n; n /= 2)
        for (int i = 0; i < n; i++)
            s[i] += s[i + n];
    return s[0];
#endif
}

#endif

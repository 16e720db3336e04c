/*
 * Vectors of floats for the kernels of this folder, every file of which is compiled once for each
 * instruction set: KERNEL_VARIANT is its name, VL the floats of a vector. GCC's vector extensions
 * carry the arithmetic; the few operations they lack stand here.
 */
#ifndef ROTPIPE_NET_KERNELS_SIMD_H
#define ROTPIPE_NET_KERNELS_SIMD_H

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

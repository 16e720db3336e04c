/*
 * Vectors of floats for kernels: the files in folders of that name, every one of which is compiled
 * once for each instruction set: KERNEL_VARIANT is its name, VL the floats of a vector. GCC's
 * vector extensions carry the arithmetic; the few operations they lack stand here. REGISTERS is how
 * many vectors the processor holds.
 */
#ifndef ROTPIPE_BASE_SIMD_H
#define ROTPIPE_BASE_SIMD_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* VARIANT(f) is f_avx512, f_avx2, ...: the same function for several instruction sets. */
#define VARIANT_PASTE(name, variant) name##_##variant
#define VARIANT_EXPAND(name, variant) VARIANT_PASTE(name, variant)
#define VARIANT(name) VARIANT_EXPAND(name, KERNEL_VARIANT)

/* The sets, and whether this is one: `#if KERNEL_IS(avx2)`. */
#define SET_plain 1
#define SET_avx2 2
#define SET_avx512 3
#define SET_neon 4
#define KERNEL_IS(set) (VARIANT(SET) == SET_##set)

/* What a set uses is a matter of its name alone: with -march=native the compiler could do more for
 * each of them, but then results would depend on the flags of the build. */
#if KERNEL_IS(avx512)
#include <immintrin.h>
#define VL 16
#define REGISTERS 32
#elif KERNEL_IS(avx2)
#include <immintrin.h>
#define VL 8
#define REGISTERS 16
#elif KERNEL_IS(neon)
#include <arm_neon.h>
#define VL 4
#define REGISTERS 32
#elif KERNEL_IS(plain)
#define VL 4
#define REGISTERS 16
#else
#error "KERNEL_VARIANT names none of the sets above"
#endif

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

/*
 * a b + c: rounded once by sets that have such an instruction, and twice by `plain` on every
 * processor. The compiler is not to choose (-ffp-contract=off), so that the name of a set says all
 * about its results.
 */
INLINE vf multiply_add(vf a, vf b, vf c)
{
#if KERNEL_IS(avx512)
    return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif KERNEL_IS(avx2)
    return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif KERNEL_IS(neon)
    return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
    return a * b + c;
#endif
}

/* The same of single floats, for loops that the compiler makes vectors of. */
INLINE float multiply_add_one(float a, float b, float c)
{
#if KERNEL_IS(plain)
    return a * b + c;
#else
    return __builtin_fmaf(a, b, c);
#endif
}

/* a > b ? x : y, lane by lane. */
INLINE vf pick_greater(vf a, vf b, vf x, vf y)
{
#if KERNEL_IS(avx512)
    return (vf)_mm512_mask_blend_ps(_mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_GT_OQ), (__m512)y,
                                    (__m512)x);
#elif KERNEL_IS(avx2)
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
#if KERNEL_IS(avx512)
    return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#elif KERNEL_IS(avx2)
    return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#else
    return pick_greater(a, b, a, b);
#endif
}

/* a == b ? x : 0, lane by lane. */
INLINE vf keep_equal(vi a, vi b, vf x)
{
#if KERNEL_IS(avx512)
    return (vf)_mm512_maskz_mov_ps(_mm512_cmpeq_epi32_mask((__m512i)a, (__m512i)b), (__m512)x);
#else
    return (vf)((vi)(a == b) & (vi)x);
#endif
}

/* max(x, 0); a NaN stays one. */
INLINE vf relu(vf x)
{
#if KERNEL_IS(avx512)
    return (vf)_mm512_max_ps(_mm512_setzero_ps(), (__m512)x);
#elif KERNEL_IS(avx2)
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
#if KERNEL_IS(avx512)
    _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtepi32_epi8(_mm512_cvttps_epi32((__m512)x)));
#elif KERNEL_IS(avx2)
    __m256i i = _mm256_cvttps_epi32((__m256)x);
    __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1));
    _mm_storel_epi64((__m128i *)(void *)p, _mm_packus_epi16(words, words));
#elif KERNEL_IS(neon)
    uint16x4_t words = vmovn_u32(vcvtq_u32_f32((float32x4_t)x));
    uint32_t bytes = vget_lane_u32((uint32x2_t)vmovn_u16(vcombine_u16(words, words)), 0);
    memcpy(p, &bytes, sizeof bytes);
#else
    vi i = __builtin_convertvector(x, vi);
    *(vb_memory *)p = __builtin_convertvector(i, vb);
#endif
}

INLINE vi load_bytes(const uint8_t *p)
{
#if KERNEL_IS(avx512)
    return (vi)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
#elif KERNEL_IS(avx2)
    return (vi)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
#elif KERNEL_IS(neon)
    uint32_t bytes;
    memcpy(&bytes, p, sizeof bytes);
    return (vi)vmovl_u16(vget_low_u16(vmovl_u8((uint8x8_t)vdup_n_u32(bytes))));
#else
    vb b = *(const vb_memory *)p;
    return __builtin_convertvector(b, vi);
#endif
}

#if KERNEL_IS(neon)
/* Bit l is set if all bits of lane l are. */
INLINE unsigned mask_bits(vi mask)
{
    return vaddvq_u32((uint32x4_t)(mask & (vi){1, 2, 4, 8}));
}
#endif

/* Bit l is set if lane l is not zero. */
INLINE unsigned lanes_set(vf x)
{
#if KERNEL_IS(avx512)
    return _mm512_cmpneq_ps_mask((__m512)x, _mm512_setzero_ps());
#elif KERNEL_IS(avx2)
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)x, _mm256_setzero_ps(), _CMP_NEQ_UQ));
#elif KERNEL_IS(neon)
    return mask_bits(x != (vf){0});
#else
    unsigned bits = 0;
    for (unsigned l = 0; l < VL; l++)
        bits |= (unsigned)(x[l] != 0) << l;
    return bits;
#endif
}

/* Bit l is set unless a > most in lane l; a lane that is NaN is set. */
INLINE unsigned lanes_within(vf a, vf most)
{
#if KERNEL_IS(avx512)
    return _mm512_cmp_ps_mask((__m512)a, (__m512)most, _CMP_NGT_UQ);
#elif KERNEL_IS(avx2)
    return (unsigned)_mm256_movemask_ps(_mm256_cmp_ps((__m256)a, (__m256)most, _CMP_NGT_UQ));
#elif KERNEL_IS(neon)
    return mask_bits(~(a > most));
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
#if KERNEL_IS(avx512)
    _mm512_storeu_si512(to_a, _mm512_maskz_compress_epi32((__mmask16)bits, (__m512i)a));
    _mm512_storeu_ps(to_b, _mm512_maskz_compress_ps((__mmask16)bits, (__m512)b));
#elif KERNEL_IS(avx2)
    /* Which of four lanes come first, a hexadecimal digit each, the lowest first. */
    static const uint16_t first[16] = {0,   0x0,  0x1,  0x10,  0x2,  0x20,  0x21,  0x210,
                                       0x3, 0x30, 0x31, 0x310, 0x32, 0x320, 0x321, 0x3210};
    unsigned low = bits & 15, high = bits >> 4;
    uint32_t digits = first[low] | (first[high] + 0x4444u) << 4 * __builtin_popcount(low);
    __m256i lane = _mm256_srlv_epi32(_mm256_set1_epi32((int)digits),
                                     _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28));
    _mm256_storeu_si256((__m256i *)(void *)to_a, _mm256_permutevar8x32_epi32((__m256i)a, lane));
    _mm256_storeu_ps(to_b, _mm256_permutevar8x32_ps((__m256)b, lane));
#elif KERNEL_IS(neon)
    /* Which lanes come first, as above; a lane's four bytes are at four times its number. */
    static const uint16_t first[16] = {0,   0x0,  0x1,  0x10,  0x2,  0x20,  0x21,  0x210,
                                       0x3, 0x30, 0x31, 0x310, 0x32, 0x320, 0x321, 0x3210};
    int32_t digits = first[bits];
    vi lane = (vi){digits, digits >> 4, digits >> 8, digits >> 12} & 3;
    uint8x16_t byte = (uint8x16_t)(lane * 0x04040404 + 0x03020100);
    vst1q_u32(to_a, (uint32x4_t)vqtbl1q_u8((uint8x16_t)a, byte));
    vst1q_f32(to_b, (float32x4_t)vqtbl1q_u8((uint8x16_t)b, byte));
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
#if KERNEL_IS(avx512)
    return _mm512_reduce_add_ps((__m512)v);
#elif KERNEL_IS(neon)
    float32x2_t half = vadd_f32(vget_low_f32((float32x4_t)v), vget_high_f32((float32x4_t)v));
    return vget_lane_f32(half, 0) + vget_lane_f32(half, 1);
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

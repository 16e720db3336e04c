/*
 * The instruction sets that kernels are compiled for, the fastest first: decided by the macros of
 * the compiler that compiles them. The Makefile has this file preprocessed to learn the list, and
 * the tables from which a program picks its kernels are made from it.
 */
#ifndef ROTPIPE_BASE_VARIANTS_H
#define ROTPIPE_BASE_VARIANTS_H

#if !defined(__LP64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "rotpipe needs a 64-bit little-endian processor"
#endif

/* EACH_VARIANT(DO, ...) is DO(name, ...) for every set. */
#if defined(__x86_64__)
#define EACH_VARIANT(DO, ...) DO(avx512, __VA_ARGS__) DO(avx2, __VA_ARGS__) DO(plain, __VA_ARGS__)
#elif defined(__aarch64__)
#define EACH_VARIANT(DO, ...) DO(neon, __VA_ARGS__) DO(plain, __VA_ARGS__)
#else
#define EACH_VARIANT(DO, ...) DO(plain, __VA_ARGS__)
#endif

#endif

/*
 * peak - the multiply-adds a second that this machine's cores can do at all
 *
 *     peak THREADS     prints: instruction set, 10^9 float multiply-adds a second of all threads
 *
 * Each thread runs chains of fused multiply-adds that wait for nothing but themselves and live in
 * registers: enough chains to fill every unit for as long as an operation takes.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { CHAINS = 12, THREADS_MAX = 256, ROUNDS = 5 };
static const double round_seconds = 0.06;

/* What the chains compute: x = x * a + b, from values that no compiler knows. */
static volatile float seed_a = 0.999f, seed_b = 0.5f, sink;

#define DEFINE_CHAINS(name, lanes, attributes)                                                     \
    typedef float vector_##name __attribute__((vector_size(4 * lanes)));                           \
    attributes static void chains_##name(uint64_t times)                                           \
    {                                                                                              \
        vector_##name x0, x1, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, a, b;                      \
        for (int i = 0; i < lanes; i++) {                                                          \
            a[i] = seed_a;                                                                         \
            b[i] = seed_b;                                                                         \
        }                                                                                          \
        x0 = x1 = x2 = x3 = x4 = x5 = x6 = x7 = x8 = x9 = x10 = x11 = a;                           \
        for (uint64_t t = 0; t < times; t++) {                                                     \
            x0 = x0 * a + b, x1 = x1 * a + b, x2 = x2 * a + b, x3 = x3 * a + b;                    \
            x4 = x4 * a + b, x5 = x5 * a + b, x6 = x6 * a + b, x7 = x7 * a + b;                    \
            x8 = x8 * a + b, x9 = x9 * a + b, x10 = x10 * a + b, x11 = x11 * a + b;                \
            /* Equal chains must not become one. */                                                \
            __asm__ volatile(""                                                                    \
                             : KEEP(x0), KEEP(x1), KEEP(x2), KEEP(x3), KEEP(x4), KEEP(x5),         \
                               KEEP(x6), KEEP(x7), KEEP(x8), KEEP(x9), KEEP(x10), KEEP(x11));      \
        }                                                                                          \
        x0 += x1 + x2 + x3 + x4 + x5 + x6 + x7 + x8 + x9 + x10 + x11;                              \
        sink = x0[0];                                                                              \
    }

#if defined __x86_64__
#define KEEP(x) "+v"(x)
DEFINE_CHAINS(avx512, 16, __attribute__((target("avx512f,avx512vl"), optimize("fp-contract=fast"))))
DEFINE_CHAINS(avx2, 8, __attribute__((target("avx2,fma"), optimize("fp-contract=fast"))))
#undef KEEP
#define KEEP(x) "+x"(x)
DEFINE_CHAINS(plain, 4, )
#else
#define KEEP(x) "+w"(x)
DEFINE_CHAINS(plain, 4, )
#endif

static struct {
    const char *name;
    void (*run)(uint64_t times);
    int lanes;
} set = {"plain", chains_plain, 4};

static void choose(void)
{
#if defined __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl")) {
        set.name = "avx512", set.run = chains_avx512, set.lanes = 16;
    } else if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        set.name = "avx2", set.run = chains_avx2, set.lanes = 8;
    }
#endif
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static pthread_barrier_t barrier;
static double rate[THREADS_MAX][ROUNDS];

static void *work(void *mine)
{
    double *result = mine;
    uint64_t times = 1 << 16;

    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&barrier);
        double start = now(), seconds = 0;
        uint64_t done = 0;
        while (seconds < round_seconds) {
            set.run(times);
            done += times;
            seconds = now() - start;
        }
        result[round] = (double)done * CHAINS * set.lanes / seconds;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    int threads = argc > 1 ? atoi(argv[1]) : 1;
    pthread_t thread[THREADS_MAX];
    double best = 0;

    if (threads < 1 || threads > THREADS_MAX)
        return 2;
    choose();
    pthread_barrier_init(&barrier, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, work, rate[i]) != 0)
            return 1;
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    for (int round = 0; round < ROUNDS; round++) {
        double sum = 0;
        for (int i = 0; i < threads; i++)
            sum += rate[i][round];
        best = sum > best ? sum : best;
    }
    printf("%s %.2f\n", set.name, best / 1e9);
    return 0;
}

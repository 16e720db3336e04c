/* The tree of gradients: its sums do not depend on how many leaves a task takes. */
#include "check.h"
#include "nets.h"

#include "train/gradients.h"

enum { COUNT = 33, LEAVES = 70 };

/* What leaf i adds at place k: numbers whose sum depends on its order. */
static float term(int leaf, size_t k)
{
    return 1.0f / (float)(leaf * 7 + (int)k + 3) + (leaf % 3 ? 1e4f : -2e4f);
}

/* The tree as a recursion has it. */
static float tree(int first, int count, size_t k)
{
    int left = 1;

    if (count == 1)
        return term(first, k);
    while (2 * left < count)
        left *= 2;
    return tree(first, left, k) + tree(first + left, count - left, k);
}

/* Sums floats at..at+n-1 of `leaves` leaves, where there is room for `most`, by two threads. */
static void run(struct gradients *g, int leaves, size_t at, size_t n)
{
    int tasks = gradients_begin(g, leaves);

    for (int task = tasks - 1; task >= 0; task--) {
        int first, end;
        gradients_leaves(g, task, &first, &end);
        for (int leaf = first; leaf < end; leaf++) {
            float *v = gradients_open(g, task % 2, leaf, at, n);
            for (size_t k = at; k < at + n; k++)
                v[k] += term(leaf, k);
            gradients_close(g, task % 2, leaf, at, n);
        }
    }
}

static void check_tree(const struct kernels *k, int most, int threads)
{
    struct gradients g;
    struct error e;

    if (!CHECK(gradients_new(&g, k, COUNT, most, threads, &e) == 0))
        return;
    for (int leaves = 1; leaves <= most; leaves++) {
        int wrong = 0;
        /* In two parts, as the segments of a net have it. */
        run(&g, leaves, 20, COUNT - 20);
        run(&g, leaves, 0, 20);
        const float *sum = gradients_sum(&g, 0, COUNT);
        for (size_t i = 0; i < COUNT; i++) {
            float want = tree(0, leaves, i);
            wrong += memcmp(&sum[i], &want, sizeof want) != 0;
        }
        CHECK_NEAR(wrong, 0, 0);
    }
    gradients_free(&g);
}

static void test_tree(void)
{
    const struct kernels *k;

    for (int i = 0; (k = kernels_list(i)); i++)
        for (int threads = 2; threads <= 32; threads *= 2) {
            check_tree(k, LEAVES, threads);
            check_tree(k, 1, threads);
        }
}

/* Log2 vectors for each thread beside those of the tasks, not one for each leaf. */
static void test_part(void)
{
    CHECK_NEAR(gradients_part(16, 2), 1, 0);
    CHECK_NEAR(gradients_part(17, 2), 2, 0);
    CHECK_NEAR(gradients_part(4096, 2), 256, 0);
    CHECK_NEAR(gradients_part(4096, 16), 32, 0);
    CHECK_NEAR(gradients_part(1, 1), 1, 0);
}

int main(void)
{
    RUN(test_tree);
    RUN(test_part);
    return check_status();
}

/*
 * What operations owe others that test_kinds cannot see: padding and borders stay zero; numbers far
 * from zero are normalized as well as others.
 */
#include "check.h"
#include "examples.h"
#include "net/reference.h"
#include "nets.h"

enum { SAMPLES = 3 };

/* ---- padding ---- */

static int padding_is_zero(const float *sample, const struct tensor *t)
{
    for (size_t i = 0; i < t->layout.size; i++)
        if (!layout_holds(&t->layout, t->extent.c, i) && sample[i] != 0)
            return 0;
    return 1;
}

static void check_padding(const struct example *x)
{
    const struct kernels *k;

    for (int i = 0; (k = kernels_list(i)); i++) {
        struct ready r;
        struct rng numbers;
        float *grad;
        int zero = 1;

        ready_net(&r, x->net, x->image, EXAMPLE_CLASSES, k, SAMPLES);
        rng_seed(&numbers, 3, 1);
        /* Biases too, so that what is not zero cannot hide. */
        for (int s = 0; s < r.net.slots; s++)
            for (uint64_t e = 0; e < r.net.slot[s].count; e++)
                r.parameters[slot_index(&r.net, &r.net.slot[s], e)] += 0.5f + rng_float(&numbers);
        engine_pack(r.engine, 0);
        for (int s = 0; s < SAMPLES; s++)
            fill_layout(engine_input(r.engine, 0, 0, s), &r.engine->plan.tensor[0].layout,
                        x->image.c, 1, &numbers);
        grad = floats(r.engine->plan.gradients);
        forward_group(r.engine, SAMPLES);
        for (int s = 0; s < SAMPLES; s++)
            softmax_cross_entropy(engine_logits(r.engine, 0, s), EXAMPLE_CLASSES, s, 1,
                                  engine_logits_gradient(r.engine, 0, s));
        backward_group(r.engine, SAMPLES, grad);
        for (int o = 0; o < r.engine->plan.operations; o++)
            for (int s = 0; s < SAMPLES; s++)
                zero &= padding_is_zero(engine_output(r.engine, 0, o, s),
                                        &r.engine->plan.tensor[r.engine->plan.operation[o].to]);
        if (!CHECK(zero))
            printf("# '%s' by %s\n", x->net, k->name);
        free(grad);
        ready_free(&r);
    }
}

/* Alone, and between convolutions, whose input has a border. */
static void check_padding_of(const struct example *x)
{
    struct example between = *x;
    struct error e;

    check_padding(x);
    snprintf(between.net, sizeof between.net, "%.500s c4", x->net);
    if (net_check(between.net, &e) == 0)
        check_padding(&between);
}

static void test_padding(void)
{
    each_example("", example_images[0], check_padding_of);
    each_example("c20 ", example_images[1], check_padding_of);
}

/* ---- normalization ---- */

/* The channels [from, from + width) of a sample, normalized exactly. */
static double normalized_error(const float *x, const float *y, const struct layout *l, int from,
                               int width)
{
    double n = (double)l->h * l->w * width, mean = 0, var = 0, most = 0;

    for (int pass = 0; pass < 3; pass++)
        for (size_t at = 0; at < l->size; at++) {
            int c = (int)(at % (size_t)l->lanes);
            if (c < from || c >= from + width)
                continue;
            if (pass == 0)
                mean += x[at] / n;
            else if (pass == 1)
                var += (x[at] - mean) * (x[at] - mean) / n;
            else
                most = fmax(most, fabs((x[at] - mean) / sqrt(var + 1e-5) - y[at]));
        }
    return most;
}

/*
 * Values whose mean is a thousand times their deviation, and whose first row is not like the
 * others: floats have enough digits for a thousandth of the deviation, and less is not to be lost.
 */
static void test_group_norm_far_from_zero(void)
{
    const struct kernels *k;

    for (int i = 0; (k = kernels_list(i)); i++) {
        struct ready r;
        struct rng numbers;
        float *x, *y;
        const struct layout *l;

        ready_net(&r, "gn4", (struct extent){28, 28, 16}, 2, k, 0);
        l = &r.engine->plan.tensor[0].layout;
        x = engine_input(r.engine, 0, 0, 0);
        y = engine_output(r.engine, 0, 0, 0);
        rng_seed(&numbers, 7, 1);
        for (size_t at = 0; at < l->size; at++)
            x[at] = (at < l->row ? 1003.0f : 1000.0f) + 2 * rng_float(&numbers) - 1;
        engine_forward(r.engine, 0, 0, 1, 1);
        for (int from = 0; from < 16; from += 4)
            CHECK_NEAR(normalized_error(x, y, l, from, 4), 0, 2e-5);
        ready_free(&r);
    }
}

int main(void)
{
    RUN(test_padding);
    RUN(test_group_norm_far_from_zero);
    return check_status();
}

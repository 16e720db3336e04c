/*
 * The example nets of all kinds of layers, for tests that loop over them.
 */
#ifndef ROTPIPE_TESTS_EXAMPLES_H
#define ROTPIPE_TESTS_EXAMPLES_H

#include "net/net.h"

#include <stdio.h>
#include <string.h>

enum { EXAMPLE_CLASSES = 3 };

static const struct extent example_images[] = {{12, 9, 1}, {9, 10, 3}};

struct example {
    char name[32]; /* "bn-2": the second of its kind */
    int number;    /* 2 */
    int random;    /* PyTorch draws other numbers */
    char net[NET_TEXT_MAX];
    struct extent image;
};

typedef void use_example(const struct example *x);

/* Every example on images of this extent; `before` comes in front of each net. */
static inline void each_example(const char *before, struct extent image, use_example *use)
{
    const struct layer_kind *kind;

    for (int i = 0; (kind = layer_kind(i)); i++) {
        int number = 1;
        for (const char *at = kind->examples; *at; number++) {
            size_t n = strcspn(at, "\n");
            struct example x = {.number = number, .image = image};
            x.random = kind->traits & LAYER_RANDOM;
            snprintf(x.name, sizeof x.name, "%s-%d", kind->name, number);
            snprintf(x.net, sizeof x.net, "%s%.*s", before, (int)n, at);
            use(&x);
            at += n + (at[n] == '\n');
        }
    }
}

/* Of the examples that PyTorch has computed each is on one of the two: the odd ones are grey. */
static inline int example_is_for_torch(const struct example *x)
{
    return !x->random && x->image.c == (x->number % 2 ? 1 : 3);
}

#endif

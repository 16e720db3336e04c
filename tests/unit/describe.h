/*
 * Nets and kinds of layers told to scripts, by test_kinds.
 */
#ifndef ROTPIPE_TESTS_DESCRIBE_H
#define ROTPIPE_TESTS_DESCRIBE_H

#include "examples.h"

#include <inttypes.h>
#include <stdlib.h>

static inline void describe_example(const struct example *x)
{
    if (example_is_for_torch(x))
        printf("%s\t%s\t%d\t%d\t%d\t%d\n", x->name, x->net, x->image.h, x->image.w, x->image.c,
               EXAMPLE_CLASSES);
}

static inline int describe_net(char **argv)
{
    struct extent image = {atoi(argv[1]), atoi(argv[2]), atoi(argv[3])};
    struct error e;
    struct net n;

    if (net_build(&n, argv[0], image, atoi(argv[4]), &e) < 0) {
        fprintf(stderr, "test_kinds: %s\n", e.text);
        return 1;
    }
    for (int i = 0; i < n.layers; i++) {
        const struct layer *l = &n.layer[i];
        printf("%s\t%s\tn=%d,rate=%g,kernel=%d,stride=%d,bias=%d,skip_channels=%d,projected=%d\t%"
               "d\t%d\t%"
               "d\t%" PRIu64 "\t%" PRIu64 "\t%s\n",
               l->kind->name, l->name, l->width, l->rate, l->kernel, l->stride, !l->unbiased,
               l->skip.c, l->slots > 0, l->out.h, l->out.w, l->out.c, layer_parameters(&n, i),
               l->kind->multiply_adds(l), l->kind->torch);
    }
    return 0;
}

static inline int describe_kinds(void)
{
    const struct layer_kind *kind;

    for (int i = 0; (kind = layer_kind(i)); i++)
        printf("%s\t%s\n", kind->form, kind->about);
    return 0;
}

#endif

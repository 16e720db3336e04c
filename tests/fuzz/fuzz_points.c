/* The reader of points: what it holds is what the stream holds, all of it finite; or an error. */
#include "fuzz.h"

#include "near/points.h"

#include <math.h>

static struct file input;

/* The value of an example in a chunk. */
static float value(const struct chunk *c, uint64_t i)
{
    return c->kind == CHUNK_IMAGES ? ((const uint8_t *)c->data)[i] : ((const float *)c->data)[i];
}

/* A chunk against the points from `at` on. */
static void compare(const struct points *p, uint64_t at, const struct chunk *c)
{
    REQUIRE(c->stride == p->d * (c->kind == CHUNK_IMAGES ? 1 : sizeof(float)));
    REQUIRE(c->n <= p->n - at);
    for (uint64_t i = 0; i < c->n * p->d; i++) {
        REQUIRE(isfinite(p->x[at * p->d + i]));
        REQUIRE(p->x[at * p->d + i] == value(c, i));
    }
    for (uint64_t i = 0; i < c->n; i++)
        REQUIRE(p->label[at + i] == (c->label ? c->label[i] : 0));
}

/* The runs are those of examples with labels and without, none of them empty. */
static void check_runs(const struct points *p, struct source *s)
{
    uint64_t at = 0, end = 0, run = 0;
    struct chunk c;
    struct error e;
    int got;

    while ((got = source_next(s, &c, &e)) > 0) {
        if (c.n && at == end) {
            REQUIRE(run < p->runs && p->run[run].n > 0);
            REQUIRE(run == 0 || p->run[run].labelled != p->run[run - 1].labelled);
            end += p->run[run++].n;
        }
        REQUIRE(c.n == 0 || p->run[run - 1].labelled == (c.label != NULL));
        compare(p, at, &c);
        at += c.n;
        REQUIRE(at <= end);
    }
    REQUIRE(got == 0 && at == p->n && at == end && run == p->runs);
}

/* Whether a value is not finite, or examples are not all of one kind and size: a reason to refuse.
 */
static int is_odd(struct source *s, struct error *e)
{
    struct rts_header like = {.ndim = 0};
    struct chunk c;
    int got, odd = 0;

    while ((got = source_next(s, &c, e)) > 0) {
        if (like.ndim)
            odd |= like.ndim != c.head.ndim || like.dtype != c.head.dtype ||
                   memcmp(like.shape + 1, c.head.shape + 1, sizeof like.shape - 8) != 0;
        like = c.head;
        for (uint64_t i = 0; c.kind == CHUNK_FEATURES && i < c.n * c.stride / sizeof(float); i++)
            odd |= !isfinite(((const float *)c.data)[i]);
    }
    return got < 0 ? -1 : odd;
}

static struct source *open_input(void)
{
    char *path = (char *)(uintptr_t)file_path(&input);
    struct error e;
    struct source *s = source_open(&path, 1, &e);

    REQUIRE(s != NULL);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct points p = {0};
    struct source *s;
    struct error e, other;
    int status;

    file_fill(&input, data, size);
    s = open_input();
    status = points_read(&p, s, &e);
    source_close(s);
    s = open_input();
    if (status == 0) {
        check_runs(&p, s);
    } else {
        require_error(&e);
        REQUIRE(is_odd(s, &other) != 0);
    }
    source_close(s);
    points_free(&p);
    return 0;
}

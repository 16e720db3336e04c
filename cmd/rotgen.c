/* rotgen - every image in its four rotations, labelled 0 to 3: the pretext task's data set */
#include "base/rng.h"
#include "cli/cli.h"
#include "img/rotate.h"
#include "rts/examples.h"

static const char usage[] =
    "usage: rotgen [-q] [-o file] [-r [-s seed]] [--no-history] [file ...]\n"
    "Write every image of a stream in four rotations, labelled 0 to 3.\n";

struct settings {
    int random;
    uint64_t seed;
    unsigned drop; /* of what is passed on */
};

/* clang-format off */
static const struct setting rows[] = {
    {"random", 'r', NULL, "write every image once, in a random rotation",
     SETTING_CHANGED, FLAG(random)},
    {"seed", 's', "N", "seed of -r (default 0)",
     WITH(random), SEED(seed)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, VALUE(drop, SOURCE_DROP_HISTORY)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows};

struct rotator {
    int random;
    struct rng rng;
    uint8_t *images; /* room for four rotations of a chunk */
    uint64_t capacity;
    uint32_t label[4 * 1024];
    const char *file[4 * 1024];
};

/* Rotates the images of c, at most 1024, into r->images and writes them. */
static int put_rotations(struct rotator *r, const struct chunk *c, struct rts_writer *out,
                         struct error *e)
{
    struct chunk turned = *c;
    uint64_t size = c->head.shape[1], channels = c->head.shape[3], count = 0;

    for (uint64_t i = 0; i < c->n; i++) {
        uint32_t first = r->random ? (uint32_t)rng_below(&r->rng, 4) : 0;
        uint32_t last = r->random ? first : 3;
        for (uint32_t turn = first; turn <= last; turn++, count++) {
            rotate_image((uint8_t *)c->data + i * c->stride, r->images + count * c->stride, size,
                         size, channels, (int)turn);
            r->label[count] = turn;
            if (c->file)
                r->file[count] = c->file[i];
        }
    }
    turned.n = count;
    turned.data = r->images;
    turned.label = r->label;
    turned.file = c->file ? r->file : NULL;
    turned.soft = NULL;
    return examples_put(out, &turned, e);
}

static int rotate_chunk(struct rotator *r, const struct source *in, const struct chunk *c,
                        struct rts_writer *out, struct error *e)
{
    uint64_t batch = examples_per_chunk(c->stride) / 4, done = 0;

    if (c->head.shape[1] != c->head.shape[2])
        return source_complain(in, e, "images of %" PRIu64 " x %" PRIu64 " pixels are not square",
                               c->head.shape[1], c->head.shape[2]);
    if (batch < 1)
        batch = 1;
    if (4 * batch * c->stride > r->capacity) {
        free(r->images);
        r->capacity = 4 * batch * c->stride;
        r->images = malloc(r->capacity);
        if (!r->images)
            return error_memory(e, "images");
    }
    do {
        uint64_t n = c->n - done < batch ? c->n - done : batch;
        struct chunk part = chunk_part(c, done, n);
        if (put_rotations(r, &part, out, e) < 0)
            return -1;
        done += n;
    } while (done < c->n);
    return 0;
}

int main(int argc, char **argv)
{
    static struct rotator r;
    struct error e;
    struct chunk c;
    struct source *in;
    struct rts_writer *out;
    struct settings s = {0};
    char step[64];
    int first, got = -1;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    if (settings_given(&table, "seed") && !s.random)
        misused("%s needs -r", as_typed('s'));
    r.random = s.random;
    rng_seed(&r.rng, s.seed, RNG_ROTATE);
    snprintf(step, sizeof step, "rotgen %s", ROTPIPE_VERSION);
    settings_line(&table, &s, step, sizeof step);

    in = source_open(argv + first, argc - first, &e);
    out = in ? rts_create(result_path(), &e) : NULL;
    if (out && source_pass(in, out, step, s.drop | SOURCE_DROP_NAMES, &e) == 0) {
        int named = 0;
        while ((got = source_next_images(in, &c, &e)) > 0) {
            if (!named && rts_put_text(out, "names", ROTATION_NAMES, &e) < 0)
                break;
            named = 1;
            if (rotate_chunk(&r, in, &c, out, &e) < 0)
                break;
        }
    }
    free(r.images);
    source_close(in);
    if (got == 0 && rts_finish(out, &e) == 0)
        return EXIT_DONE;
    if (got != 0)
        rts_abandon(out);
    die(&e);
}

/* cifar2rts - batches of CIFAR-10 or CIFAR-100 to an image stream */
#include "cli/cli.h"
#include "import/cifar.h"
#include "import/import.h"
#include "rts/names.h"

#include <unistd.h>

static const char usage[] =
    "usage: cifar2rts [-q] [-o file] [--fine | --coarse] [--names file]\n"
    "                 [--no-history] [file ...]\n"
    "Convert batches of CIFAR-10 or CIFAR-100, binary version, to an image stream.\n";

struct settings {
    enum cifar_kind kind;
    const char *names;
    int no_history;
};

static void take_kind(void *at, const struct setting *s, char *none)
{
    enum cifar_kind *kind = at;

    (void)none;
    if (*kind != CIFAR_10 && *kind != (enum cifar_kind)s->lowest)
        misused("--fine and --coarse cannot both be given");
    *kind = (enum cifar_kind)s->lowest;
}

/* clang-format off */
static const struct setting rows[] = {
    {"fine", 0, NULL, "batches of CIFAR-100, with the labels of its 100 classes",
     SETTING_GIVEN, CALL(kind, take_kind, NULL), .lowest = CIFAR_100_FINE},
    {"coarse", 0, NULL, "batches of CIFAR-100, with those of its 20 superclasses",
     SETTING_GIVEN, CALL(kind, take_kind, NULL), .lowest = CIFAR_100_COARSE},
    {"names", 0, "FILE",
     "class names, one per line (default: the data set's own\n"
     "file of names in the folder of the first batch, if any)",
     SETTING_FREE, TEXT(names)},
    {"no-history", 0, NULL, "omit provenance records",
     SETTING_FREE, FLAG(no_history)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows};

/* The batches on their way into a stream. */
struct job {
    struct settings s;
    char **paths;
    int count, opened;
    struct cifar batch; /* the last one opened */
    char *names;
    uint64_t most; /* examples of a chunk */
    uint8_t *image;
    uint32_t *label;
    struct chunk like;
    struct history digest; /* of the batches that have ended */
};

/* ---- class names ---- */

/* The path of the names that stand beside the first batch; NULL if there are none, or on error. */
static char *find_names(const struct job *j, int *failed)
{
    const char *name = cifar_names_file(j->s.kind), *first = j->paths[0];
    const char *slash = strrchr(first, '/');
    size_t folder = slash ? (size_t)(slash + 1 - first) : 0;
    char *path;

    *failed = 0;
    if (strcmp(first, "-") == 0)
        return NULL;
    path = malloc(folder + strlen(name) + 1);
    if (!path) {
        *failed = 1;
        return NULL;
    }
    memcpy(path, first, folder);
    strcpy(path + folder, name);
    if (access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

/* The names of this file, or of the data set's own, which need not be there. 0 or -1. */
static int load_names(struct job *j, struct error *e)
{
    int failed = 0;
    char *found = j->s.names ? NULL : find_names(j, &failed);
    const char *path = found ? found : j->s.names;

    if (failed)
        return error_memory(e, "class names");
    if (path)
        j->names = names_load(path, e);
    free(found);
    return path && !j->names ? -1 : 0;
}

/* ---- the stream ---- */

/* On to the next batch. 1, 0 if there is none, -1. */
static int next_batch(struct job *j, struct error *e)
{
    if (j->opened && import_digest_add(&j->digest, "batch", j->batch.n, j->batch.crc, e) < 0)
        return -1;
    cifar_close(&j->batch);
    if (j->opened == j->count)
        return 0;
    return cifar_open(&j->batch, j->paths[j->opened++], j->s.kind, e) < 0 ? -1 : 1;
}

static int next(void *context, struct chunk *c, struct error *e)
{
    struct job *j = context;
    int more = j->opened ? 1 : next_batch(j, e);

    for (; more > 0; more = next_batch(j, e)) {
        int64_t got = cifar_read(&j->batch, j->image, j->label, j->most, names_count(j->names), e);
        if (got < 0)
            return -1;
        *c = j->like;
        c->n = (uint64_t)got;
        if (got)
            return 1;
    }
    return more;
}

static int digest(void *context, struct history *d, struct error *e)
{
    return history_add(d, "", ((struct job *)context)->digest.text, e);
}

static int convert(struct job *j, struct rts_writer *out, struct error *e)
{
    uint64_t shape[4] = {0, CIFAR_SIDE, CIFAR_SIDE, CIFAR_CHANNELS};
    char step[64];
    struct importer importer = {
        .step = step, .names = j->names, .context = j, .next = next, .digest = digest};

    j->like = chunk_like("image", RTS_U1, 4, shape);
    j->most = examples_per_chunk(j->like.stride);
    j->like.data = j->image = malloc(j->most * j->like.stride);
    j->like.label = j->label = malloc(j->most * sizeof *j->label);
    if (!j->image || !j->label)
        return error_memory(e, "images");
    importer.like = j->like;
    snprintf(step, sizeof step, "cifar2rts %s", ROTPIPE_VERSION);
    settings_line(&table, &j->s, step, sizeof step);
    if (j->names)
        strcat(step, " names");
    return import_write(&importer, out, !j->s.no_history, e);
}

int main(int argc, char **argv)
{
    static char standard_input[] = "-", *only[] = {standard_input};
    struct error e;
    struct job j = {0};
    struct rts_writer *out = NULL;
    int first, status = -1;

    start(argv);
    first = settings_read(&table, argc, argv, &j.s);
    j.count = argc > first ? argc - first : 1;
    j.paths = argc > first ? argv + first : only;
    if (standard_inputs(j.paths, j.count) + (j.s.names && strcmp(j.s.names, "-") == 0) > 1)
        misused("standard input can be only one of the batches and --names");

    if (load_names(&j, &e) == 0 && (out = rts_create(result_path(), &e)))
        status = convert(&j, out, &e);
    cifar_close(&j.batch);
    history_free(&j.digest);
    free(j.image);
    free(j.label);
    free(j.names);
    if (status == 0 && rts_finish(out, &e) == 0)
        return EXIT_DONE;
    if (status != 0)
        rts_abandon(out);
    die(&e);
}

/* cifar2rts - batches of CIFAR-10 or CIFAR-100 to an image stream */
#include "cli/cli.h"
#include "import/cifar.h"
#include "import/import.h"
#include "rts/names.h"

#include <unistd.h>

static const char help[] =
    "usage: cifar2rts [-q] [-o file] [--fine | --coarse] [--names file]\n"
    "                 [--no-history] [file ...]\n"
    "Convert batches of CIFAR-10 or CIFAR-100, binary version, to an image stream.\n"
    "\n"
    "      --fine         batches of CIFAR-100, with the labels of its 100 classes\n"
    "      --coarse       batches of CIFAR-100, with those of its 20 superclasses\n"
    "      --names FILE   class names, one per line (default: the data set's own\n"
    "                     file of names in the folder of the first batch, if any)\n"
    "      --no-history   omit provenance records\n"
    "  -o, --output FILE  write the result to FILE, complete or not at all\n"
    "  -q, --quiet        no progress, no notes on standard error\n"
    "  -h, --help         print this help\n"
    "      --version      print the version\n";

enum { OPT_FINE = OPT_FIRST, OPT_COARSE, OPT_NAMES };

static const struct option options[] = {{"fine", no_argument, NULL, OPT_FINE},
                                        {"coarse", no_argument, NULL, OPT_COARSE},
                                        {"names", required_argument, NULL, OPT_NAMES},
                                        STREAM_OPTIONS,
                                        COMMON_OPTIONS};

/* The batches on their way into a stream. */
struct job {
    enum cifar_kind kind;
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
    const char *name = cifar_names_file(j->kind), *first = j->paths[0];
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
static int load_names(struct job *j, const char *given, struct error *e)
{
    int failed = 0;
    char *found = given ? NULL : find_names(j, &failed);
    const char *path = given ? given : found;

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
    return cifar_open(&j->batch, j->paths[j->opened++], j->kind, e) < 0 ? -1 : 1;
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

static int convert(struct job *j, int provenance, struct rts_writer *out, struct error *e)
{
    static const char *const options_of[] = {"", " --fine", " --coarse"};
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
    snprintf(step, sizeof step, "cifar2rts %s%s%s", ROTPIPE_VERSION, options_of[j->kind],
             j->names ? " names" : "");
    return import_write(&importer, out, provenance, e);
}

/* ---- options ---- */

static void take_kind(struct job *j, enum cifar_kind kind)
{
    if (j->kind != CIFAR_10 && j->kind != kind)
        misused("--fine and --coarse cannot both be given");
    j->kind = kind;
}

int main(int argc, char **argv)
{
    static char standard_input[] = "-", *only[] = {standard_input};
    struct error e;
    struct job j = {0};
    struct rts_writer *out = NULL;
    const char *names = NULL;
    int option, provenance = 1, status = -1;

    start(argv);
    while ((option = next_option(argc, argv, "", options)) != -1)
        if (option == OPT_FINE)
            take_kind(&j, CIFAR_100_FINE);
        else if (option == OPT_COARSE)
            take_kind(&j, CIFAR_100_COARSE);
        else if (option == OPT_NAMES)
            names = optarg;
        else if (option == OPT_NO_HISTORY)
            provenance = 0;
        else
            common_option(option, help);
    j.count = argc > optind ? argc - optind : 1;
    j.paths = argc > optind ? argv + optind : only;
    if (standard_inputs(j.paths, j.count) + (names && strcmp(names, "-") == 0) > 1)
        misused("standard input can be only one of the batches and --names");

    if (load_names(&j, names, &e) == 0 && (out = rts_create(result_path(), &e)))
        status = convert(&j, provenance, out, &e);
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

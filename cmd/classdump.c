/* classdump - the classes that models see in each image, with their probabilities */
#include "base/json.h"
#include "base/rate.h"
#include "cli/modeloptions.h"
#include "rts/describe.h"

#include <errno.h>

static const char usage[] =
    "usage: classdump [-q] [-o file] -m model [-m model ...] [--flip] [--shift n]\n"
    "                 [-k count] [--json] [-j threads] [file ...]\n"
    "Classify images with a model, or several; print a line for every image: its\n"
    "number, file and true class, then the most probable classes.\n";

/* Decimals of a probability; more where it is close to 0 or 1 but is neither. */
enum { DECIMALS = 6 };

struct settings {
    struct model_options models;
    int top, json;
};

static void take_top(void *top, const struct setting *s, char *n)
{
    (void)s;
    *(int *)top =
        strcmp(n, "all") == 0 ? NET_CLASSES_MAX : (int)int_argument(n, 1, NET_CLASSES_MAX);
}

/* clang-format off */
static const struct setting rows[] = {
    GROUP(models, model_rows),
    {"top", 'k', "N", "number of classes, each with its probability: 1 (default)\nor more, or all",
     SETTING_FREE, CALL(top, take_top, NULL)},
    {"json", 0, NULL, "every line is a JSON object",
     SETTING_FREE, FLAG(json)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 23};

struct job {
    struct ensemble models;
    int top, json;
    int *rank;     /* the classes of an image, the most probable first */
    uint64_t seen; /* images */
};

/* What is told of one image. */
struct answer {
    uint64_t number;
    const char *file; /* NULL: not known */
    int truth;        /* -1: not known */
    const double *belief;
    const int *rank;
};

/* ---- the most probable classes ---- */

/* Of equally probable classes the later one is less. */
static int is_less(const double *belief, int a, int b)
{
    return belief[a] != belief[b] ? belief[a] < belief[b] : a > b;
}

/* Moves the entry at `at` of a heap of n classes, at whose top is the least, down to its place. */
static void sink(int *heap, int n, int at, const double *belief)
{
    for (int child; (child = 2 * at + 1) < n; at = child) {
        int moved = heap[at];
        if (child + 1 < n && is_less(belief, heap[child + 1], heap[child]))
            child++;
        if (!is_less(belief, heap[child], moved))
            return;
        heap[at] = heap[child];
        heap[child] = moved;
    }
}

/*
 * Ranks the `top` most probable of the classes, by a heap of those found so far. The class that was
 * said comes first: by a single model's outputs it may be ahead by less than probabilities show.
 */
static void rank_classes(int *rank, int top, const double *belief, int classes, int said)
{
    int at = 0;

    for (int k = 0; k < classes; k++)
        if (k < top) {
            rank[k] = k;
            for (int i = k == top - 1 ? top / 2 : 0; i-- > 0;)
                sink(rank, top, i, belief);
        } else if (is_less(belief, rank[0], k)) {
            rank[0] = k;
            sink(rank, top, 0, belief);
        }
    for (int n = top - 1; n > 0; n--) {
        int least = rank[0];
        rank[0] = rank[n];
        rank[n] = least;
        sink(rank, n, 0, belief);
    }
    while (at < top - 1 && rank[at] != said)
        at++;
    memmove(rank + 1, rank, (size_t)at * sizeof *rank);
    rank[0] = said;
}

/* ---- lines ---- */

static void print_class(const struct job *j, int class)
{
    char digits[ENSEMBLE_DIGITS];
    int length;
    const char *name = ensemble_class(&j->models, class, digits, &length);

    if (j->json)
        json_text(stdout, name, (size_t)length);
    else
        describe_text(stdout, name, (size_t)length);
}

static void print_line(const struct job *j, const struct answer *a)
{
    char p[RATE_BYTES];
    const char *file = a->file ? a->file : "-";

    printf("%" PRIu64 "\t", a->number);
    describe_text(stdout, file, strlen(file));
    putchar('\t');
    if (a->truth >= 0)
        print_class(j, a->truth);
    else
        putchar('-');
    for (int i = 0; i < j->top; i++) {
        putchar('\t');
        print_class(j, a->rank[i]);
        printf("\t%s", rate_text(a->belief[a->rank[i]], DECIMALS, p));
    }
    putchar('\n');
}

static void print_object(const struct job *j, const struct answer *a)
{
    printf("{\"index\":%" PRIu64 ",\"file\":", a->number);
    if (a->file)
        json_text(stdout, a->file, strlen(a->file));
    else
        fputs("null", stdout);
    fputs(",\"class\":", stdout);
    if (a->truth >= 0)
        print_class(j, a->truth);
    else
        fputs("null", stdout);
    fputs(",\"top\":[", stdout);
    for (int i = 0; i < j->top; i++) {
        fputs(i ? ",{\"class\":" : "{\"class\":", stdout);
        print_class(j, a->rank[i]);
        fputs(",\"probability\":", stdout);
        json_number(stdout, a->belief[a->rank[i]]);
        putchar('}');
    }
    fputs("]}\n", stdout);
}

/* ---- images ---- */

/* Prints image i of a chunk, which is number `at` of those judged last. */
static void print_image(const struct job *j, const struct chunk *c, uint64_t i, uint64_t at)
{
    const struct ensemble *g = &j->models;
    struct answer a = {.number = j->seen + at,
                       .file = c->file && *c->file[i] ? c->file[i] : NULL,
                       .truth = c->label ? (int)c->label[i] : -1,
                       .belief = g->belief + at * (uint64_t)g->classes,
                       .rank = j->rank};

    rank_classes(j->rank, j->top, a.belief, g->classes, g->said[at]);
    if (j->json)
        print_object(j, &a);
    else
        print_line(j, &a);
}

static int dump_chunk(struct job *j, const struct source *in, const struct chunk *c,
                      struct error *e)
{
    for (uint64_t done = 0, n; done < c->n; done += n, j->seen += n) {
        n = c->n - done < ENSEMBLE_BLOCK ? c->n - done : ENSEMBLE_BLOCK;
        if (ensemble_judge(&j->models, in, c, done, n, NULL, j->seen, e) < 0)
            return -1;
        for (uint64_t i = 0; i < n; i++)
            print_image(j, c, done + i, i);
        /* Whoever waits for them gets them at once. */
        if (fflush(stdout) != 0 || ferror(stdout))
            return error_set(e, "%s: %s", text_name(), strerror(errno));
    }
    return 0;
}

static int dump(struct job *j, struct source *in, struct error *e)
{
    struct chunk c;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0)
        if (ensemble_check(&j->models, in, &c, e) < 0 || dump_chunk(j, in, &c, e) < 0)
            return -1;
    return got < 0 ? -1 : ensemble_check_names(&j->models, in, e);
}

static int run(const struct settings *s, char **paths, int n, struct error *e)
{
    struct job j = {.top = s->top, .json = s->json};
    struct source *in = NULL;
    int status = -1;

    if (model_open(&s->models, &j.models, e) == 0 && (in = source_open(paths, n, e))) {
        if (j.top > j.models.classes)
            j.top = j.models.classes;
        j.rank = malloc((size_t)j.top * sizeof *j.rank);
        status = j.rank ? dump(&j, in, e) : error_memory(e, "classes");
    }
    free(j.rank);
    source_close(in);
    ensemble_close(&j.models);
    return status;
}

int main(int argc, char **argv)
{
    struct settings s = {.top = 1};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    model_settle(&s.models, argv + first, argc - first);
    start_text();
    if (run(&s, argv + first, argc - first, &e) < 0) {
        fflush(stdout);
        die(&e);
    }
    finish_text();
}

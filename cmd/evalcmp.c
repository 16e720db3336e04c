/* evalcmp - which of two models is better on labelled images, and whether chance may have decided
 */
#include "base/json.h"
#include "base/rate.h"
#include "cli/modeloptions.h"
#include "cli/say.h"
#include "eval/paired.h"
#include "eval/student.h"

static const char usage[] =
    "usage: evalcmp [-q] [-o file] -A model [-A model ...] -B model [-B model ...]\n"
    "               [--flip] [--shift n] [--json] [-j threads] [file ...]\n"
    "Compare two models, or the models of two sides in pairs, on the same labelled\n"
    "images: which is better, by how much, and whether that may be chance.\n";

struct settings {
    struct model_options a, b; /* the views and threads are those of a */
    int json;
};

/* clang-format off */
static const struct setting rows[] = {
    {"model-a", 'A', "FILE", "model of side A; several: one of each pair",
     SETTING_FREE, CALL(a, model_take, NULL)},
    {"model-b", 'B', "FILE", "model of side B; as many as of side A",
     SETTING_FREE, CALL(b, model_take, NULL)},
    GROUP(a, view_rows),
    {"json", 0, NULL, "everything as one JSON object",
     SETTING_FREE, FLAG(json)},
    {0}};
/* clang-format on */

static const struct settings_table table = {.usage = usage, .row = rows, .column = 23};

enum { SIDES = 2 };

struct job {
    const char *path[SIDES * ENSEMBLE_MODELS_MAX]; /* all of A's, then all of B's */
    struct ensemble all;                           /* these models */
    struct paired pair[ENSEMBLE_MODELS_MAX];
    int pairs;
};

/* What is concluded: of a pair by its images, of several by the spread of their differences. */
struct verdict {
    double a, b, difference, low, high; /* means of several */
    double deviation_a, deviation_b, deviation;
    const char *better; /* "A", "B" or NULL */
};

/* ---- counting ---- */

static int judge_block(struct job *j, const struct source *in, const struct chunk *c,
                       uint64_t first, uint64_t n, uint64_t number, struct error *e)
{
    const uint32_t *label = c->label + first;
    unsigned char a_right[ENSEMBLE_BLOCK];
    struct ensemble *g = &j->all;

    for (int k = 0; k < j->pairs; k++) {
        if (ensemble_judge_alone(g, k, in, c, first, n, label, number, e) < 0)
            return -1;
        for (uint64_t i = 0; i < n; i++)
            a_right[i] = g->said[i] == (int)label[i];
        if (ensemble_judge_alone(g, j->pairs + k, in, c, first, n, label, number, e) < 0)
            return -1;
        for (uint64_t i = 0; i < n; i++)
            paired_add(&j->pair[k], a_right[i], g->said[i] == (int)label[i]);
    }
    return 0;
}

/* name: the name of the data in messages. */
static int judge_all(struct job *j, struct source *in, const char *name, struct error *e)
{
    uint64_t number = 0;
    struct chunk c;
    int got;

    while ((got = source_next_images(in, &c, e)) > 0) {
        if (!c.label && c.n)
            return source_complain(in, e, "images without labels");
        if (ensemble_check(&j->all, in, &c, e) < 0)
            return -1;
        for (uint64_t done = 0, n; done < c.n; done += n, number += n) {
            n = c.n - done < ENSEMBLE_BLOCK ? c.n - done : ENSEMBLE_BLOCK;
            if (judge_block(j, in, &c, done, n, number, e) < 0)
                return -1;
        }
    }
    if (got == 0 && number == 0)
        return error_set(e, "%s: contains no images", name);
    return got < 0 ? -1 : ensemble_check_names(&j->all, in, e);
}

/* ---- concluding ---- */

static struct verdict conclude_one(const struct paired *p)
{
    struct verdict v = {
        .a = paired_accuracy_a(p), .b = paired_accuracy_b(p), .difference = paired_difference(p)};

    paired_interval(p, &v.low, &v.high);
    if (paired_exact(p) < 0.05)
        v.better = p->only_b > p->only_a ? "B" : "A";
    return v;
}

static struct verdict conclude(const struct job *j)
{
    double a[ENSEMBLE_MODELS_MAX], b[ENSEMBLE_MODELS_MAX], d[ENSEMBLE_MODELS_MAX];
    struct student_mean of_a, of_b, of_d;

    if (j->pairs == 1)
        return conclude_one(j->pair);
    for (int k = 0; k < j->pairs; k++) {
        a[k] = paired_accuracy_a(&j->pair[k]);
        b[k] = paired_accuracy_b(&j->pair[k]);
        d[k] = paired_difference(&j->pair[k]);
    }
    of_a = student_mean(a, j->pairs);
    of_b = student_mean(b, j->pairs);
    of_d = student_mean(d, j->pairs);
    /* Without any spread there is nothing to judge the mean by: the equality is a coincidence. */
    return (struct verdict){.a = of_a.mean,
                            .b = of_b.mean,
                            .difference = of_d.mean,
                            .low = of_d.low,
                            .high = of_d.high,
                            .deviation_a = of_a.deviation,
                            .deviation_b = of_b.deviation,
                            .deviation = of_d.deviation,
                            .better = of_d.deviation == 0 ? NULL
                                      : of_d.low > 0      ? "B"
                                      : of_d.high < 0     ? "A"
                                                          : NULL};
}

/* Notes on signs that the data could not have decided anything else. */
static void warn(const struct job *j, const struct verdict *v)
{
    uint64_t telling = j->pair[0].only_a + j->pair[0].only_b;

    if (j->pairs == 1 && telling < PAIRED_LEAST)
        note("only %" PRIu64 " of the images tell A from B: fewer than %d decide nothing", telling,
             PAIRED_LEAST);
    if (j->pairs > 1 && v->deviation == 0)
        note("the difference is the same in all pairs: its interval says nothing");
}

/* ---- printing ---- */

enum { SIGNED_BYTES = RATE_BYTES + 1 };

static const char *signed_text(double x, char text[SIGNED_BYTES])
{
    text[0] = '-';
    rate_text(x < 0 ? -x : x, 4, text + 1);
    return x < 0 ? text : text + 1;
}

static void print_pairs(const struct job *j)
{
    puts("pair\taccuracy_a\taccuracy_b\tdifference\tlow\thigh\tp\tp_mid\tonly_a\tonly_b\tboth\t"
         "neither");
    for (int k = 0; k < j->pairs; k++) {
        const struct paired *p = &j->pair[k];
        struct verdict v = conclude_one(p);
        char a[RATE_BYTES], b[RATE_BYTES], d[SIGNED_BYTES], low[SIGNED_BYTES], high[SIGNED_BYTES];
        printf("%d\t%s\t%s\t%s\t%s\t%s\t%.4g\t%.4g\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%" PRIu64
               "\n",
               k + 1, rate_text(v.a, 4, a), rate_text(v.b, 4, b), signed_text(v.difference, d),
               signed_text(v.low, low), signed_text(v.high, high), paired_exact(p), paired_mid(p),
               p->only_a, p->only_b, p->both, p->neither);
    }
}

/* A line of the result; of several pairs with the standard deviation behind it. */
static void print_mean(const struct job *j, const char *name, double mean, double deviation)
{
    char text[SIGNED_BYTES], spread[SIGNED_BYTES];

    printf("%s\t%s", name, signed_text(mean, text));
    if (j->pairs > 1)
        printf("\t%s", signed_text(deviation, spread));
    putchar('\n');
}

static void print_text(const struct job *j, const struct verdict *v)
{
    const struct paired *p = j->pair;
    char low[SIGNED_BYTES], high[SIGNED_BYTES];

    if (j->pairs > 1)
        print_pairs(j);
    print_mean(j, "accuracy_a", v->a, v->deviation_a);
    print_mean(j, "accuracy_b", v->b, v->deviation_b);
    print_mean(j, "difference", v->difference, v->deviation);
    printf("interval\t%s\t%s\n", signed_text(v->low, low), signed_text(v->high, high));
    if (j->pairs == 1)
        printf("p\t%.4g\np_mid\t%.4g\nonly_a\t%" PRIu64 "\nonly_b\t%" PRIu64 "\nboth\t%" PRIu64
               "\nneither\t%" PRIu64 "\n",
               paired_exact(p), paired_mid(p), p->only_a, p->only_b, p->both, p->neither);
    else
        printf("pairs\t%d\n", j->pairs);
    printf("examples\t%" PRIu64 "\nbetter\t%s\n", paired_images(p),
           v->better ? v->better : "undecided");
}

static void print_field(const char *name, double x)
{
    printf("\"%s\":", name);
    json_number(stdout, x);
    putchar(',');
}

static void print_facts(const struct verdict *v)
{
    print_field("accuracy_a", v->a);
    print_field("accuracy_b", v->b);
    print_field("difference", v->difference);
    fputs("\"interval\":[", stdout);
    json_number(stdout, v->low);
    putchar(',');
    json_number(stdout, v->high);
    fputs("],", stdout);
}

static void print_json_pair(const struct job *j, int k)
{
    const struct paired *p = &j->pair[k];
    const char *a = j->path[k], *b = j->path[j->pairs + k];
    struct verdict v = conclude_one(p);

    fputs(k ? ",{\"model_a\":" : "{\"model_a\":", stdout);
    json_text(stdout, a, strlen(a));
    fputs(",\"model_b\":", stdout);
    json_text(stdout, b, strlen(b));
    putchar(',');
    print_facts(&v);
    print_field("p", paired_exact(p));
    print_field("p_mid", paired_mid(p));
    printf("\"only_a\":%" PRIu64 ",\"only_b\":%" PRIu64 ",\"both\":%" PRIu64 ",\"neither\":%" PRIu64
           "}",
           p->only_a, p->only_b, p->both, p->neither);
}

static void print_json(const struct job *j, const struct verdict *v)
{
    putchar('{');
    print_facts(v);
    if (j->pairs > 1) {
        print_field("deviation_a", v->deviation_a);
        print_field("deviation_b", v->deviation_b);
        print_field("deviation", v->deviation);
    }
    printf("\"examples\":%" PRIu64 ",\"better\":", paired_images(j->pair));
    if (v->better)
        json_text(stdout, v->better, strlen(v->better));
    else
        fputs("null", stdout);
    fputs(",\"pairs\":[", stdout);
    for (int k = 0; k < j->pairs; k++)
        print_json_pair(j, k);
    puts("]}");
}

/* ---- the program ---- */

static int open_models(const struct settings *s, struct job *j, struct error *e)
{
    int n = SIDES * j->pairs;

    if (ensemble_open(&j->all, j->path, n, s->a.views, getenv("ROTPIPE_KERNELS"), s->a.threads, e) <
        0)
        return -1;
    for (int i = 0; i < n; i++)
        say_stopped(j->path[i], j->all.member[i].model.history.text);
    return 0;
}

static int run(const struct settings *s, struct job *j, char **paths, int n, struct error *e)
{
    struct source *in = NULL;
    int status = -1;

    if (open_models(s, j, e) == 0 && (in = source_open(paths, n, e)))
        status = judge_all(j, in, n ? paths[0] : "standard input", e);
    if (status == 0) {
        struct verdict v = conclude(j);
        (s->json ? print_json : print_text)(j, &v);
        warn(j, &v);
    }
    ensemble_close(&j->all);
    source_close(in);
    return status;
}

/* Whose models are compared with whose; what cannot be is misuse. */
static void settle(const struct settings *s, struct job *j, char **operands, int n)
{
    int inputs = standard_inputs(operands, n);

    if (s->a.models == 0 || s->b.models == 0)
        misused("-%c: a model is needed", s->a.models == 0 ? 'A' : 'B');
    if (s->a.models != s->b.models)
        misused("-B: %d models, but -A has %d: they are compared in pairs", s->b.models,
                s->a.models);
    j->pairs = s->a.models;
    memcpy(j->path, s->a.path, (size_t)j->pairs * sizeof *j->path);
    memcpy(j->path + j->pairs, s->b.path, (size_t)j->pairs * sizeof *j->path);
    for (int i = 0; i < SIDES * j->pairs; i++)
        inputs += strcmp(j->path[i], "-") == 0;
    if (inputs > 1)
        misused("standard input can be only one of data, -A and -B");
}

int main(int argc, char **argv)
{
    static struct job j;
    struct settings s = {0};
    struct error e;
    int first;

    start(argv);
    first = settings_read(&table, argc, argv, &s);
    settle(&s, &j, argv + first, argc - first);
    start_text();
    if (run(&s, &j, argv + first, argc - first, &e) < 0)
        die(&e);
    finish_text();
}

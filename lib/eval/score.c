/* Counts of predictions, and the tables and JSON printed from them. */
#include "eval/score.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/rate.h"
#include "rts/describe.h"
#include "rts/examples.h"
#include "rts/names.h"

int score_init(struct score *s, int classes, struct error *e)
{
    *s = (struct score){.classes = classes};
    s->confusion = calloc((size_t)classes * (size_t)classes, sizeof *s->confusion);
    return s->confusion ? 0 : error_memory(e, "confusion matrix");
}

void score_free(struct score *s)
{
    free(s->confusion);
    s->confusion = NULL;
}

void score_add(struct score *s, int label, int predicted, double loss)
{
    s->n++;
    s->correct += label == predicted;
    s->loss += loss;
    s->confusion[(size_t)label * (size_t)s->classes + (size_t)predicted]++;
}

void score_interval(uint64_t correct, uint64_t n, double *low, double *high)
{
    const double z = 1.959963984540054; /* the normal distribution's 97.5 % */
    double count = (double)n, p = (double)correct / count;
    double middle = p + z * z / (2 * count);
    double half = z * sqrt(p * (1 - p) / count + z * z / (4 * count * count));

    /* At the ends the formula gives 0 and 1, but for rounding. */
    *low = correct == 0 ? 0 : (middle - half) / (1 + z * z / count);
    *high = correct == n ? 1 : (middle + half) / (1 + z * z / count);
}

struct class_score score_class(const struct score *s, int label)
{
    size_t classes = (size_t)s->classes, k = (size_t)label;
    uint64_t right = s->confusion[k * classes + k], predicted = 0;
    struct class_score c = {0, 0, 0, 0};

    for (size_t i = 0; i < classes; i++) {
        c.support += s->confusion[k * classes + i];
        predicted += s->confusion[i * classes + k];
    }
    if (predicted)
        c.precision = (double)right / (double)predicted;
    if (c.support)
        c.recall = (double)right / (double)c.support;
    if (right)
        c.f1 = 2 * c.precision * c.recall / (c.precision + c.recall);
    return c;
}

double score_balanced(const struct score *s)
{
    double sum = 0;
    int present = 0;

    for (int k = 0; k < s->classes; k++) {
        struct class_score c = score_class(s, k);
        sum += c.recall;
        present += c.support > 0;
    }
    return sum / present;
}

int score_is_chance(const struct score *s, int *class)
{
    double low, high;
    uint64_t most = 0;

    for (int k = 0; k < s->classes; k++) {
        uint64_t support = score_class(s, k).support;
        if (support > most) {
            most = support;
            *class = k;
        }
    }
    if (s->n < SCORE_CHANCE_MIN || most == s->n)
        return 0;
    score_interval(s->correct, s->n, &low, &high);
    return low <= (double)most / (double)s->n;
}

static void print_class(const char *names, int label, FILE *f)
{
    int length;
    const char *name = names_line(names, (uint64_t)label, &length);

    if (name)
        describe_text(f, name, (size_t)length);
    else
        fprintf(f, "%d", label);
}

static void print_report(const struct score *s, const char *names, FILE *f)
{
    char text[RATE_BYTES], recall[RATE_BYTES], f1[RATE_BYTES];

    fprintf(f, "balanced_accuracy\t%s\n", rate_text(score_balanced(s), 4, text));
    fputs("class\tprecision\trecall\tf1\texamples\n", f);
    for (int k = 0; k < s->classes; k++) {
        struct class_score c = score_class(s, k);
        print_class(names, k, f);
        fprintf(f, "\t%s\t%s\t%s\t%" PRIu64 "\n", rate_text(c.precision, 4, text),
                rate_text(c.recall, 4, recall), rate_text(c.f1, 4, f1), c.support);
    }
}

static void print_confusion(const struct score *s, const char *names, FILE *f)
{
    fputs("true\\predicted", f);
    for (int k = 0; k < s->classes; k++) {
        putc('\t', f);
        print_class(names, k, f);
    }
    putc('\n', f);
    for (int k = 0; k < s->classes; k++) {
        print_class(names, k, f);
        for (int i = 0; i < s->classes; i++)
            fprintf(f, "\t%" PRIu64, s->confusion[(size_t)k * (size_t)s->classes + (size_t)i]);
        putc('\n', f);
    }
}

void score_print(const struct score *s, const char *names, unsigned parts, FILE *f)
{
    char text[RATE_BYTES], other[RATE_BYTES];
    double low, high;

    score_interval(s->correct, s->n, &low, &high);
    fprintf(f, "accuracy\t%s\n", rate_text((double)s->correct / (double)s->n, 4, text));
    fprintf(f, "interval\t%s\t%s\n", rate_text(low, 4, text), rate_text(high, 4, other));
    fprintf(f, "loss\t%.4f\n", s->loss / (double)s->n);
    fprintf(f, "correct\t%" PRIu64 "\n", s->correct);
    fprintf(f, "examples\t%" PRIu64 "\n", s->n);
    if (parts & SCORE_REPORT)
        print_report(s, names, f);
    if (parts & SCORE_CONFUSION)
        print_confusion(s, names, f);
}

/* A class's name as a JSON string; a model from elsewhere may hold any bytes. */
static void print_json_class(const char *names, int label, FILE *f)
{
    int length;
    const char *name = names_line(names, (uint64_t)label, &length);

    if (name)
        json_text(f, name, (size_t)length);
    else
        fprintf(f, "\"%d\"", label);
}

void score_print_json(const struct score *s, const char *names, FILE *f)
{
    double low, high;

    score_interval(s->correct, s->n, &low, &high);
    fprintf(f, "{\"accuracy\":%.9g,\"balanced_accuracy\":%.9g,\"interval\":[%.9g,%.9g],\"loss\":",
            (double)s->correct / (double)s->n, score_balanced(s), low, high);
    json_number(f, s->loss / (double)s->n);
    fprintf(f, ",\"correct\":%" PRIu64 ",\"examples\":%" PRIu64 ",\"classes\":[", s->correct, s->n);
    for (int k = 0; k < s->classes; k++) {
        struct class_score c = score_class(s, k);
        fputs(k ? ",{\"name\":" : "{\"name\":", f);
        print_json_class(names, k, f);
        fprintf(f, ",\"precision\":%.9g,\"recall\":%.9g,\"f1\":%.9g,\"examples\":%" PRIu64 "}",
                c.precision, c.recall, c.f1, c.support);
    }
    fputs("],\"confusion\":[", f);
    for (int k = 0; k < s->classes; k++) {
        fputs(k ? ",[" : "[", f);
        for (int i = 0; i < s->classes; i++)
            fprintf(f, "%s%" PRIu64, i ? "," : "",
                    s->confusion[(size_t)k * (size_t)s->classes + (size_t)i]);
        putc(']', f);
    }
    fputs("]}\n", f);
}

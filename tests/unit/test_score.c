/* Tests of scores: intervals, reports, JSON. */
#include "check.h"
#include "eval/score.h"

#include <stdlib.h>

/* What a printing function prints. */
static const char *printed(const struct score *s, const char *names, int parts)
{
    static char text[450];
    FILE *f = tmpfile();
    size_t n;

    if (!f)
        return "no temporary file";
    if (parts < 0)
        score_print_json(s, names, f);
    else
        score_print(s, names, (unsigned)parts, f);
    rewind(f);
    n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

/* The last two are examples of R. G. Newcombe, "Two-sided confidence intervals for the single
 * proportion", Statistics in Medicine 17, 1998; the others follow from z^2 / (n + z^2). */
static void test_interval(void)
{
    static const struct {
        uint64_t correct, n;
        double low, high;
    } known[] = {{0, 10, 0, 0.27753279}, {10, 10, 0.72246721, 1},   {5, 10, 0.23659309, 0.76340691},
                 {1, 1, 0.20654931, 1},  {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        double low, high;
        score_interval(known[i].correct, known[i].n, &low, &high);
        CHECK_NEAR(low, known[i].low, 5e-5);
        CHECK_NEAR(high, known[i].high, 5e-5);
    }
}

/* Three classes: one is often right, one is never said, of one there are no examples. */
static struct score example(void)
{
    struct score s;
    struct error e;

    CHECK(score_init(&s, 3, &e) == 0);
    score_add(&s, 0, 0, 0.25);
    score_add(&s, 0, 0, 0.5);
    score_add(&s, 0, 2, 2);
    score_add(&s, 1, 0, 1.25);
    return s;
}

static void test_classes(void)
{
    struct score s = example();
    struct class_score zero = score_class(&s, 0), one = score_class(&s, 1),
                       two = score_class(&s, 2);

    CHECK(s.n == 4 && s.correct == 2);
    CHECK(zero.support == 3 && one.support == 1 && two.support == 0);
    CHECK_NEAR(zero.precision, 2.0 / 3, 1e-15);
    CHECK_NEAR(zero.recall, 2.0 / 3, 1e-15);
    CHECK_NEAR(zero.f1, 2.0 / 3, 1e-15);
    CHECK(one.precision == 0 && one.recall == 0 && one.f1 == 0);
    CHECK(two.precision == 0 && two.recall == 0 && two.f1 == 0);
    /* Of the two classes that occur: (2/3 + 0) / 2. */
    CHECK_NEAR(score_balanced(&s), 1.0 / 3, 1e-15);
    score_free(&s);
}

static void test_print(void)
{
    struct score s = example();
    const char *head = "accuracy\t0.5000\ninterval\t0.1500\t0.8500\nloss\t1.0000\ncorrect\t2\n"
                       "examples\t4\n";
    char want[450];

    CHECK_TEXT(printed(&s, NULL, 0), head);
    snprintf(want, sizeof want, "%s%s", head,
             "balanced_accuracy\t0.3333\nclass\tprecision\trecall\tf1\texamples\nred\t0.6667\t0."
             "6667\t0.6667\t3\n"
             "green\t0.0000\t0.0000\t0.0000\t1\nblue\t0.0000\t0.0000\t0.0000\t0\n");
    CHECK_TEXT(printed(&s, "red\ngreen\nblue\n", SCORE_REPORT), want);
    snprintf(want, sizeof want, "%s%s", head,
             "true\\predicted\t0\t1\t2\n0\t2\t0\t1\n1\t1\t0\t0\n2\t0\t0\t0\n");
    CHECK_TEXT(printed(&s, NULL, SCORE_CONFUSION), want);
    score_free(&s);
}

static void test_print_json(void)
{
    struct score s;
    struct error e;

    CHECK(score_init(&s, 2, &e) == 0);
    score_add(&s, 1, 1, 0.5);
    CHECK_TEXT(printed(&s, "a \"b\" \\c\nd\n", -1),
               "{\"accuracy\":1,\"balanced_accuracy\":1,\"interval\":[0.206549314,1],\"loss\":0.5,"
               "\"correct\":1,"
               "\"examples\":1,\"classes\":["
               "{\"name\":\"a \\\"b\\\" \\\\c\",\"precision\":0,\"recall\":0,\"f1\":0,"
               "\"examples\":0},"
               "{\"name\":\"d\",\"precision\":1,\"recall\":1,\"f1\":1,\"examples\":1}],"
               "\"confusion\":[[0,0],[0,1]]}\n");
    score_add(&s, 0, 1, INFINITY);
    CHECK(strstr(printed(&s, NULL, -1), "\"loss\":null,") != NULL);
    CHECK(strstr(printed(&s, NULL, -1), "{\"name\":\"0\",") != NULL);
    score_free(&s);
}

/* Names come from files that anybody may have made: what they hold breaks neither form. */
static void test_print_strange_names(void)
{
    struct score s;
    struct error e;

    CHECK(score_init(&s, 1, &e) == 0);
    score_add(&s, 0, 0, 0);
    CHECK(strstr(printed(&s, "a\tb\033c\x7f\n", SCORE_REPORT), "\na?b?c?\t1.0000") != NULL);
    CHECK(strstr(printed(&s, "a\tb\033c\n", -1), "\"a\\u0009b\\u001bc\"") != NULL);
    CHECK(strstr(printed(&s, "\xc3\xa4\xff\xe2\x82\n", -1), "\"\xc3\xa4\\ufffd\\ufffd\\ufffd\"") !=
          NULL);
    score_free(&s);
}

int main(void)
{
    RUN(test_interval);
    RUN(test_classes);
    RUN(test_print);
    RUN(test_print_json);
    RUN(test_print_strange_names);
    return check_status();
}

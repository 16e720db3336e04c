/*
 * Unit tests: a program of groups of checks. Every group prints one line, `ok NAME` or
 * `not ok NAME`, and before it a line `# file:line: what` for each check that failed.
 *
 *     static void test_sum(void) { CHECK(1 + 1 == 2); CHECK_NEAR(0.1 + 0.2, 0.3, 1e-12); }
 *     int main(void) { RUN(test_sum); return check_status(); }
 */
#ifndef ROTPIPE_TESTS_CHECK_H
#define ROTPIPE_TESTS_CHECK_H

#include <math.h>
#include <stdio.h>
#include <string.h>

static int check_failed_here, check_failed_groups;

/* Prints at most twenty failures a group: a wrong loop must not fill the screen. */
static inline int check_note(int holds, const char *file, int line, const char *what)
{
    if (!holds && check_failed_here++ < 20)
        printf("# %s:%d: %s\n", file, line, what);
    return holds;
}

/* Each is an expression, true if the check holds. */
#define CHECK(condition) check_note((condition) ? 1 : 0, __FILE__, __LINE__, #condition)

#define CHECK_TEXT(got, want) check_text(got, want, __FILE__, __LINE__, #got)

#define CHECK_NEAR(got, want, most) check_near(got, want, most, __FILE__, __LINE__, #got)

static inline int check_text(const char *got, const char *want, const char *file, int line,
                             const char *what)
{
    char text[1024];

    if (got && want && strcmp(got, want) == 0)
        return 1;
    snprintf(text, sizeof text, "%s is \"%s\", not \"%s\"", what, got ? got : "(NULL)",
             want ? want : "(NULL)");
    return check_note(0, file, line, text);
}

static inline int check_near(double got, double want, double most, const char *file, int line,
                             const char *what)
{
    char text[256];

    if (fabs(got - want) <= most)
        return 1;
    snprintf(text, sizeof text, "%s is %.17g, not %.17g +- %g", what, got, want, most);
    return check_note(0, file, line, text);
}

static inline void check_run(const char *name, void (*test)(void))
{
    check_failed_here = 0;
    test();
    printf("%s %s\n", check_failed_here ? "not ok" : "ok", name);
    fflush(stdout);
    check_failed_groups += check_failed_here > 0;
}

#define RUN(test) check_run(#test, test)

/* What main returns. */
static inline int check_status(void)
{
    return check_failed_groups ? 1 : 0;
}

#endif

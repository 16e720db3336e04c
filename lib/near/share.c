/* Shares of classes, and their correction by a prior. */
#include "near/share.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS_MAX = 1000 };

static const double ENOUGH = 1e-6;

/* Divides the shares of a point by their sum; returns whether there are any. */
static int divide(double *share, uint32_t classes)
{
    double sum = 0;

    for (uint32_t c = 0; c < classes; c++)
        sum += share[c];
    for (uint32_t c = 0; c < classes; c++)
        share[c] = sum > 0 ? share[c] / sum : 0;
    return sum > 0;
}

/* The root mean square of the scores that there are, of points without labels; 1 for none. */
static double typical(const struct spread *s, const double *score)
{
    double sum = 0, n = 0;

    for (uint64_t i = s->labelled * s->classes; i < s->graph->n * s->classes; i++)
        if (isfinite(score[i])) {
            sum += score[i] * score[i];
            n++;
        }
    return sum > 0 ? sqrt(sum / n) : 1;
}

void share_scores(const struct spread *s, double *score)
{
    int poisson = s->method == SPREAD_POISSON;
    double scale = poisson ? typical(s, score) : 1;

    for (uint64_t i = 0; i < s->graph->n; i++) {
        double *row = score + i * s->classes, most = row[share_winner(s, row)];
        for (uint32_t c = 0; c < s->classes; c++) {
            if (!isfinite(row[c]))
                row[c] = 0;
            else if (poisson)
                row[c] = exp((row[c] - most) / scale);
            else
                row[c] = fmax(row[c], 0); /* below 0 by rounding alone */
        }
        divide(row, s->classes);
    }
}

/* Multiplies the shares by the factors; their sums over the points to mass. Returns the points. */
static double weigh(const struct spread *s, double *share, const double *factor, double *mass)
{
    double points = 0;

    memset(mass, 0, s->classes * sizeof *mass);
    for (uint64_t i = 0; i < s->graph->n; i++) {
        double *row = share + i * s->classes;
        for (uint32_t c = 0; c < s->classes; c++)
            row[c] *= factor[c];
        if (!divide(row, s->classes) || i < s->labelled)
            continue;
        points++;
        for (uint32_t c = 0; c < s->classes; c++)
            mass[c] += row[c];
    }
    return points;
}

int share_prior(const struct spread *s, double *share, const double *prior, struct error *e)
{
    double *factor = malloc(2 * s->classes * sizeof *factor), *mass = factor + s->classes;
    double worst = INFINITY;

    if (!factor)
        return error_memory(e, "class shares");
    for (uint32_t c = 0; c < s->classes; c++)
        factor[c] = 1;
    for (int round = 0; worst > ENOUGH && round < ROUNDS_MAX; round++) {
        double points = weigh(s, share, factor, mass);
        worst = 0;
        for (uint32_t c = 0; points > 0 && c < s->classes; c++) {
            factor[c] = mass[c] > 0 ? prior[c] * points / mass[c] : 1;
            worst = fmax(worst, fabs(mass[c] / points - prior[c]));
        }
    }
    free(factor);
    return 0;
}

uint32_t share_winner(const struct spread *s, const double *share)
{
    uint32_t best = 0;

    for (uint32_t c = 1; c < s->classes; c++)
        if (share[c] > share[best])
            best = c;
    return best;
}

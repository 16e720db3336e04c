/* From points to a graph, to scores, to shares, to classes. */
#include "eval/diffuse.h"

#include "near/share.h"

#include <stdlib.h>
#include <string.h>

const char *const diffuse_priors[] = {"none", "uniform", "labelled", NULL};

enum { ASTRAY = -1 }; /* the class of a point that no label reaches, for a while */

/* The search for the neighbours of all points. */
static struct near_search search_of(const struct diffuse *f)
{
    int neighbors = f->options->neighbors;

    return (struct near_search){.metric = f->options->metric,
                                .d = f->d,
                                .base = {f->x, f->n},
                                .query = {f->x, f->n},
                                .k = f->n > (uint64_t)neighbors ? neighbors : (int)f->n - 1,
                                .others = 1,
                                .kernels = f->kernels,
                                .team = f->team,
                                .tell = f->tell_search,
                                .context = f->context};
}

static int make_graph(const struct diffuse *f, struct near_graph *g, struct error *e)
{
    struct near_search how = search_of(f);
    uint64_t entries = f->n * (uint64_t)how.k;
    uint32_t *index = malloc(entries * sizeof *index);
    float *distance = malloc(entries * sizeof *distance);
    int status = -1;

    if (!index || !distance)
        error_memory(e, "neighbours");
    else if (neighbours_find(&how, f->options->search, 0, index, distance, e) == 0)
        status = near_graph_make(g, how.metric, index, distance, f->n, how.k, e);
    free(index);
    free(distance);
    return status;
}

static int apply_prior(const struct diffuse *f, const struct spread *s, double *share,
                       struct error *e)
{
    double *prior;
    int status;

    if (f->options->prior == PRIOR_NONE)
        return 0;
    if (!(prior = calloc(f->classes, sizeof *prior)))
        return error_memory(e, "class shares");
    if (f->options->prior == PRIOR_LABELLED)
        for (uint64_t i = 0; i < f->labelled; i++)
            prior[f->own[i]] += 1 / (double)f->labelled;
    else
        for (uint32_t c = 0; c < f->classes; c++)
            prior[c] = 1 / (double)f->classes;
    status = share_prior(s, share, prior, e);
    free(prior);
    return status;
}

/* The classes of the points astray, whose neighbours among the labelled points are asked for. */
static int find_astray(const struct diffuse *f, struct said *said, uint64_t astray, struct error *e)
{
    struct near_search how = search_of(f);
    uint64_t others = f->n - f->labelled, n = 0;
    float *x = malloc(astray * f->d * sizeof *x), *distance = malloc(astray * sizeof *distance);
    uint32_t *index = malloc(astray * sizeof *index);
    int status = -1;

    for (uint64_t i = 0; x && i < others; i++)
        if (said[i].class == ASTRAY)
            memcpy(x + n++ * f->d, f->x + (f->labelled + i) * f->d, f->d * sizeof *x);
    how.base.n = f->labelled;
    how.query = (struct near_set){x, n};
    how.k = 1;
    how.others = 0;
    how.tell = NULL;
    if (!x || !distance || !index)
        error_memory(e, "neighbours");
    else
        status = near_search(&how, index, distance, e);
    for (uint64_t i = 0, at = 0; status == 0 && i < others; i++)
        if (said[i].class == ASTRAY)
            said[i].class = (int)f->own[index[at++]];
    free(x);
    free(distance);
    free(index);
    return status;
}

static int choose(const struct diffuse *f, const struct spread *s, const double *share,
                  struct choice *choice, uint64_t *astray, struct error *e)
{
    uint64_t first = choice->n;

    *astray = 0;
    for (uint64_t i = f->labelled; i < f->n; i++) {
        const double *row = share + i * f->classes;
        uint32_t best = share_winner(s, row);
        int reached = row[best] > 0;
        *astray += !reached;
        if (choice_add(choice, reached ? (int)best : ASTRAY, row[best], e) < 0)
            return -1;
    }
    return *astray ? find_astray(f, choice->said + first, *astray, e) : 0;
}

int diffuse(const struct diffuse *f, struct choice *choice, uint64_t *astray, struct error *e)
{
    struct near_graph g = {0};
    struct spread s = {.graph = &g,
                       .method = (enum spread_method)f->options->method,
                       .alpha = f->options->alpha,
                       .labelled = f->labelled,
                       .own = f->own,
                       .classes = f->classes,
                       .team = f->team,
                       .tell = f->tell_steps,
                       .context = f->context};
    double *share = NULL;
    int status = -1;

    *astray = 0;
    if (f->n == f->labelled)
        return 0;
    if (f->n > SIZE_MAX / sizeof *share / f->classes ||
        !(share = malloc(f->n * f->classes * sizeof *share)))
        error_memory(e, "scores");
    else if (make_graph(f, &g, e) == 0 && spread_solve(&s, share, e) == 0) {
        share_scores(&s, share);
        if (apply_prior(f, &s, share, e) == 0)
            status = choose(f, &s, share, choice, astray, e);
    }
    free(share);
    near_graph_free(&g);
    return status;
}

/* The average's values, slot behind slot, and their way after the parameters. */
#include "train/average.h"

#include <stdlib.h>
#include <string.h>

enum { SLICE = 4096 }; /* floats that a thread takes at a time */

int average_new(struct average *a, const struct net *n, const float *parameters, struct error *e)
{
    a->net = n;
    a->count = 0;
    for (int i = 0; i < n->slots; i++) {
        const struct slot *s = &n->slot[i];
        a->to[i] = n->layer[s->layer].frozen ? SLOT_FIXED : a->count;
        if (a->to[i] != SLOT_FIXED)
            a->count += slot_floats(s->floats);
    }
    a->values = net_allocate(a->count);
    if (!a->values)
        return error_memory(e, "average");
    for (int i = 0; i < n->slots; i++)
        if (a->to[i] != SLOT_FIXED)
            memcpy(a->values + a->to[i], parameters + n->slot[i].at,
                   n->slot[i].floats * sizeof *parameters);
    return 0;
}

void average_free(struct average *a)
{
    free(a->values);
    a->values = NULL;
}

double average_decay(double decay, uint64_t step)
{
    double most = (1 + (double)step) / (10 + (double)step);

    return decay < most ? decay : most;
}

struct follow_job {
    struct average *a;
    const float *parameters;
    float gain;
};

/* The part of a slice that lies in a slot. */
static void follow_task(void *context, int thread, int task)
{
    struct follow_job *job = context;
    const struct average *a = job->a;
    size_t first = (size_t)task * SLICE, end = first + SLICE;

    (void)thread;
    for (int i = 0; i < a->net->slots; i++) {
        const struct slot *s = &a->net->slot[i];
        size_t begin, stop;
        if (a->to[i] == SLOT_FIXED)
            continue;
        begin = a->to[i] > first ? a->to[i] : first;
        stop = a->to[i] + s->floats < end ? a->to[i] + s->floats : end;
        for (size_t k = begin; k < stop; k++)
            a->values[k] += job->gain * (job->parameters[s->at + (k - a->to[i])] - a->values[k]);
    }
}

void average_follow(struct average *a, const float *parameters, double decay, struct team *team)
{
    struct follow_job job = {a, parameters, (float)(1 - decay)};

    team_run(team, follow_task, &job, (int)((a->count + SLICE - 1) / SLICE));
}

void average_swap(struct average *a, float *parameters)
{
    for (int i = 0; i < a->net->slots; i++) {
        const struct slot *s = &a->net->slot[i];
        for (size_t k = 0; a->to[i] != SLOT_FIXED && k < s->floats; k++) {
            float keep = parameters[s->at + k];
            parameters[s->at + k] = a->values[a->to[i] + k];
            a->values[a->to[i] + k] = keep;
        }
    }
}

/* Models and views taken from the options. */
#include "cli/modeloptions.h"

#include "cli/say.h"

#undef SETTINGS
#define SETTINGS struct model_options

void model_take(void *options, const struct setting *s, char *path)
{
    struct model_options *m = options;

    if (m->models == ENSEMBLE_MODELS_MAX)
        misused("%s: more than %d models", as_typed(s->letter), ENSEMBLE_MODELS_MAX);
    m->path[m->models++] = path;
}

/* clang-format off */
const struct setting view_rows[] = {
    {"flip", 0, NULL, "average over every image and its mirror image",
     SETTING_CHANGED, FLAG(views.flip)},
    {"shift", 0, "N", "average over every image and its shifts by N pixels",
     SETTING_CHANGED, INT(views.shift, 1, NET_SIDE_MAX - 1)},
    {"threads", 'j', "N", "number of threads (default: all available processors)",
     SETTING_FREE, THREADS(threads)},
    {0}};

const struct setting model_rows[] = {
    {"model", 'm', "FILE", "model; several -m vote by mean probability",
     SETTING_FREE, .type = SETTING_CALL, .take = model_take},
    {.type = SETTING_GROUP, .group = view_rows},
    {0}};
/* clang-format on */

void model_settle(const struct model_options *m, char **operands, int n)
{
    int inputs = standard_inputs(operands, n);

    if (m->models == 0)
        misused("-m: a model is needed");
    for (int i = 0; i < m->models; i++)
        inputs += strcmp(m->path[i], "-") == 0;
    if (inputs > 1)
        misused("standard input can be only one of data and -m");
}

int model_open(const struct model_options *m, struct ensemble *g, struct error *e)
{
    if (ensemble_open(g, m->path, m->models, m->views, getenv("ROTPIPE_KERNELS"), m->threads, e) <
        0)
        return -1;
    for (int i = 0; i < g->members; i++)
        say_stopped(g->member[i].path, g->member[i].model.history.text);
    return 0;
}

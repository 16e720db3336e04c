/*
 * The states that rottrain --save writes: one that is taken up is saved again the same, and both
 * go on to the same end, whose weights are numbers. Data and net are those of make-corpus; whether
 * there is an optimizer of another kind, an average, a best epoch and patience, is read off the
 * state's own settings.
 */
#include "fuzz.h"

#include "train/train.h"

#include <math.h>

static struct file input;

enum { IMAGES = 4, PIXELS = 16, STATE_BYTES = 1 << 15 };

/* What a training wrote, and how it ended. */
struct outcome {
    int status, taken_up;
    struct error error;
    uint8_t state[STATE_BYTES];
    size_t n;
    struct model model;
};

static struct dataset data_set(void)
{
    static uint8_t images[IMAGES * PIXELS];
    static uint16_t label[IMAGES] = {0, 1, 0, 1};

    for (int i = 0; i < IMAGES * PIXELS; i++)
        images[i] = (uint8_t)(11 * i);
    return (struct dataset){.image = {4, 4, 1}, .n = IMAGES, .images = images, .label = label};
}

/* The settings of a state, as far as it is one; to be freed. */
static char *settings_of(const char *path)
{
    struct error e;
    struct rts_reader *r = rts_open(path, &e);
    struct rts_header h;
    char *text = NULL;

    REQUIRE(r != NULL);
    while (!text && rts_next(r, &h, &e) > 0)
        if (strcmp(h.name, "train.settings") == 0 && !(text = rts_load_text(r, 1 << 20, &e)))
            break;
    rts_close(r);
    return text;
}

static int taken_up(void *context, uint64_t steps, int epochs, struct error *e)
{
    (void)e;
    REQUIRE(steps <= 4 && epochs <= 2);
    *(int *)context = 1;
    return 0;
}

static void start_model(struct model *m, const struct dataset *d)
{
    struct error e;

    REQUIRE(model_new(m, "p d2 r", d->image, 2, 0, &e) == 0);
    dataset_statistics(d, m->mean, m->std);
}

/* Trains from the state at path to the end. What is saved goes through a pipe. */
static void go_on(const char *path, const char *settings, struct outcome *out)
{
    static struct team *team;
    struct train_options o = train_defaults();
    struct dataset d = data_set();
    struct train_listener tell = {.context = &out->taken_up, .resumed = taken_up};
    char save[24];
    int ends[2];
    ssize_t n;

    if (!team)
        team = team_new(1, &out->error);
    REQUIRE(team && pipe(ends) == 0);
    snprintf(save, sizeof save, "/dev/fd/%d", ends[1]);
    o.epochs = o.batch = 2;
    o.optimizer = strstr(settings, "sgd") ? OPTIMIZER_SGD : OPTIMIZER_ADAM;
    o.average = strstr(settings, "--average") ? 0.9 : 0;
    o.keep_best = strstr(settings, "keep-best") != NULL;
    o.patience = strstr(settings, "--patience") != NULL;
    o.settings = settings;
    o.resume = path;
    o.save = save;
    o.every = UINT64_MAX; /* once, when it has been taken up */
    out->taken_up = 0;
    start_model(&out->model, &d);
    out->status = train(&out->model, &d, o.keep_best || o.patience ? &d : NULL, &o, kernels_list(0),
                        team, &tell, &out->error);
    close(ends[1]);
    for (out->n = 0; (n = read(ends[0], out->state + out->n, STATE_BYTES - out->n)) > 0;)
        out->n += (size_t)n;
    REQUIRE(n == 0 && out->n < STATE_BYTES);
    close(ends[0]);
    if (out->status < 0)
        require_error(&out->error);
    else
        for (size_t i = 0; i < out->model.net.parameters; i++)
            REQUIRE(isfinite(out->model.parameters[i]));
}

/* The state that was saved when this one had been taken up is one itself, and goes the same way. */
static void go_on_again(const struct outcome *first, const char *settings)
{
    static struct outcome second;
    struct file again = {0};
    const struct model *a = &first->model, *b = &second.model;

    go_on(file_fill(&again, first->state, first->n), settings, &second);
    REQUIRE(second.taken_up && second.status == first->status);
    REQUIRE(second.n == first->n && memcmp(second.state, first->state, first->n) == 0);
    REQUIRE(memcmp(a->parameters, b->parameters, a->net.parameters * sizeof(float)) == 0);
    model_free(&second.model);
    file_close(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct outcome out;
    char *settings = settings_of(file_fill(&input, data, size));

    go_on(file_path(&input), settings ? settings : "", &out);
    if (out.taken_up)
        go_on_again(&out, settings);
    model_free(&out.model);
    free(settings);
    return 0;
}

#include "net/model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rts/examples.h"

enum { RECORDS_MAX = 1024 };

int model_new(struct model *m, const char *net, struct extent image, int classes, uint64_t seed,
              struct error *e)
{
    memset(m, 0, sizeof *m);
    if (net_build(&m->net, net, image, classes, e) < 0)
        return -1;
    if (image.c > MODEL_CHANNELS_MAX)
        return error_set(e, "images of %d channels, at most %d are possible", image.c,
                         MODEL_CHANNELS_MAX);
    m->parameters = net_allocate(m->net.parameters);
    if (!m->parameters)
        return error_memory(e, "model");
    net_init_body(&m->net, m->parameters, seed);
    net_init_head(&m->net, m->parameters, seed);
    for (int k = 0; k < image.c; k++)
        m->std[k] = 1;
    return 0;
}

void model_free(struct model *m)
{
    while (m->extras) {
        struct record *next = m->extras->next;
        free(m->extras->payload);
        free(m->extras);
        m->extras = next;
    }
    free(m->parameters);
    free(m->names);
    model_drop_history(m);
    m->parameters = NULL;
    m->names = NULL;
}

void model_drop_history(struct model *m)
{
    history_free(&m->history);
    history_free(&m->digest);
}

/* ---- reading ---- */

/* Every record of the file, in order, in m->extras. */
static int load_records(struct model *m, struct rts_reader *r, struct error *e)
{
    struct record **last = &m->extras;
    struct rts_header h;
    int got, count = 0;

    while ((got = rts_next(r, &h, e)) > 0) {
        struct record *record;
        size_t capacity = 0;
        if (strcmp(h.name, "image") == 0 || strcmp(h.name, "feature") == 0)
            return rts_complain(r, e, "this is a data set, where a model is needed");
        if (++count > RECORDS_MAX)
            return rts_complain(r, e, "more than %d records: not a model", RECORDS_MAX);
        record = calloc(1, sizeof *record);
        if (!record)
            return error_memory(e, rts_file_name(r));
        record->head = h;
        *last = record;
        last = &record->next;
        if (rts_load(r, (uint64_t)NET_PARAMETERS_MAX * 4, &record->payload, &capacity, e) < 0)
            return -1;
    }
    if (got == 0 && rts_streams(r) != 1)
        return error_set(e, "%s: %llu streams, where one model is needed", rts_file_name(r),
                         (unsigned long long)rts_streams(r));
    return got;
}

/* Takes the record called name out of the list; NULL if there is none. */
static struct record *take(struct model *m, const char *name)
{
    for (struct record **p = &m->extras; *p; p = &(*p)->next)
        if (strcmp((*p)->head.name, name) == 0) {
            struct record *found = *p;
            *p = found->next;
            return found;
        }
    return NULL;
}

static void drop(struct record *r)
{
    if (r)
        free(r->payload);
    free(r);
}

/* Takes a text record as a string; *text stays NULL if there is none. */
static int take_text(struct model *m, const char *name, const char *file, char **text,
                     struct error *e)
{
    struct record *r = take(m, name);
    uint64_t n;

    if (!r)
        return 0;
    n = r->head.size;
    if (r->head.dtype != RTS_TEXT || n > EXAMPLES_TEXT_MAX || memchr(r->payload, '\0', n)) {
        drop(r);
        return error_set(e, "%s: record '%s': bad text", file, name);
    }
    *text = malloc(n + 1);
    if (*text) {
        memcpy(*text, r->payload, n);
        (*text)[n] = '\0';
    }
    drop(r);
    return *text ? 0 : error_memory(e, file);
}

/* Takes a text record into a history, which bounds it. */
static int take_lines(struct model *m, const char *name, const char *file, struct history *to,
                      struct error *e)
{
    char *lines = NULL;
    int status = take_text(m, name, file, &lines, e);

    if (status == 0 && lines)
        status = history_add(to, "", lines, e);
    free(lines);
    return status;
}

/* Takes a numeric record that must have this dtype and shape. */
static struct record *take_tensor(struct model *m, const char *name, const char *file,
                                  enum rts_dtype dtype, uint32_t ndim, const uint64_t *shape,
                                  struct error *e)
{
    struct record *r = take(m, name);
    char want[128] = "";

    if (r && r->head.dtype == dtype && r->head.ndim == ndim &&
        memcmp(r->head.shape, shape, ndim * sizeof *shape) == 0)
        return r;
    for (uint32_t i = 0; i < ndim; i++)
        sprintf(want + strlen(want), "%s%llu", i ? "," : "", (unsigned long long)shape[i]);
    if (r)
        error_set(e, "%s: record '%s': is not %s [%s]", file, name, dtype == RTS_F4 ? "f4" : "u8",
                  want);
    else
        error_set(e, "%s: no model: record '%s' is missing", file, name);
    drop(r);
    return NULL;
}

static int take_input(struct model *m, const char *file, struct extent *image, struct error *e)
{
    struct record *r = take_tensor(m, "input.shape", file, RTS_U8, 1, (uint64_t[]){3}, e);
    uint64_t shape[3];

    if (!r)
        return -1;
    memcpy(shape, r->payload, sizeof shape);
    drop(r);
    if (shape[0] > NET_SIDE_MAX || shape[1] > NET_SIDE_MAX || shape[2] > MODEL_CHANNELS_MAX ||
        !shape[0] || !shape[1] || !shape[2])
        return error_set(e, "%s: record 'input.shape': impossible images", file);
    *image = (struct extent){(int)shape[0], (int)shape[1], (int)shape[2]};
    r = take_tensor(m, "input.mean", file, RTS_F4, 1, &shape[2], e);
    if (!r)
        return -1;
    memcpy(m->mean, r->payload, shape[2] * sizeof(float));
    drop(r);
    r = take_tensor(m, "input.std", file, RTS_F4, 1, &shape[2], e);
    if (!r)
        return -1;
    memcpy(m->std, r->payload, shape[2] * sizeof(float));
    drop(r);
    for (int k = 0; k < image->c; k++)
        if (!isfinite(m->mean[k]) || !isfinite(m->std[k]) || !(m->std[k] > 0))
            return error_set(e, "%s: impossible normalisation of channel %d", file, k);
    return 0;
}

/* The shape of a layer's weight in PyTorch's layout; returns the number of dimensions. */
static uint32_t weight_shape(const struct layer *l, uint64_t shape[4])
{
    shape[0] = (uint64_t)l->out.c;
    shape[1] = l->kind == LAYER_CONV ? (uint64_t)l->in.c : extent_size(l->in);
    shape[2] = shape[3] = 3;
    return l->kind == LAYER_CONV ? 4 : 2;
}

static int take_parameters(struct model *m, const struct layer *l, const char *file,
                           struct error *e)
{
    char name[RTS_NAME_BYTES];
    uint64_t shape[4], count = layer_parameters(l) - (uint64_t)l->out.c;
    uint32_t ndim = weight_shape(l, shape);
    struct record *r;
    const float *from;

    snprintf(name, sizeof name, "%s.weight", l->name);
    r = take_tensor(m, name, file, RTS_F4, ndim, shape, e);
    if (!r)
        return -1;
    from = r->payload;
    for (uint64_t i = 0; i < count; i++)
        m->parameters[layer_weight_index(l, i)] = from[i];
    drop(r);
    snprintf(name, sizeof name, "%s.bias", l->name);
    r = take_tensor(m, name, file, RTS_F4, 1, shape, e);
    if (!r)
        return -1;
    memcpy(m->parameters + l->bias, r->payload, shape[0] * sizeof(float));
    drop(r);
    return 0;
}

static int take_frozen(struct model *m, const char *file, struct error *e)
{
    char *text = NULL;

    if (take_text(m, "frozen", file, &text, e) < 0)
        return -1;
    for (char *line = text; line && *line;) {
        size_t n = strcspn(line, "\n");
        char *next = line + n + (line[n] == '\n');
        line[n] = '\0';
        int i = net_find(&m->net, line);
        if (i < 0) {
            error_set(e, "%s: record 'frozen': no layer '%s'", file, line);
            free(text);
            return -1;
        }
        m->net.layer[i].frozen = 1;
        line = next;
    }
    free(text);
    return 0;
}

/* True if the model has, or may have, a record of that name. */
static int is_known(const struct model *m, const char *name)
{
    static const char *const known[] = {"net",   "input.shape", "input.mean", "input.std",
                                        "names", "frozen",      "history",    "digest"};
    size_t n = strcspn(name, ".");

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(name, known[i]) == 0)
            return 1;
    for (int i = 0; i < m->net.layers; i++)
        if (m->net.layer[i].weights && strlen(m->net.layer[i].name) == n &&
            memcmp(m->net.layer[i].name, name, n) == 0)
            return strcmp(name + n, ".weight") == 0 || strcmp(name + n, ".bias") == 0;
    return 0;
}

/* What was taken must not be there a second time: nobody could say which of them counts. */
static int check_rest(const struct model *m, const char *file, struct error *e)
{
    for (const struct record *r = m->extras; r; r = r->next)
        if (is_known(m, r->head.name))
            return error_set(e, "%s: record '%s': there are several", file, r->head.name);
    if (names_count(m->names) > (uint64_t)m->net.classes)
        return error_set(e, "%s: record 'names': %llu names for a head of %d classes", file,
                         (unsigned long long)names_count(m->names), m->net.classes);
    return 0;
}

/* Turns the records in m->extras into a model; what is left there is not known here. */
static int understand(struct model *m, const char *file, struct error *e)
{
    char *net = NULL;
    struct extent image;
    struct record *head = NULL;
    uint64_t classes = 0;
    int status = -1;

    if (take_text(m, "net", file, &net, e) < 0)
        return -1;
    if (!net)
        return error_set(e, "%s: no model: record 'net' is missing", file);
    for (struct record *r = m->extras; r; r = r->next)
        if (strcmp(r->head.name, "head.weight") == 0)
            head = r;
    if (head)
        classes = head->head.shape[0];
    if (take_input(m, file, &image, e) < 0)
        goto done;
    if (net_build(&m->net, net, image, classes > NET_CLASSES_MAX ? 0 : (int)classes, e) < 0) {
        struct error why = *e;
        error_set(e, "%s: %.400s", file, why.text);
        goto done;
    }
    m->parameters = net_allocate(m->net.parameters);
    if (!m->parameters) {
        error_memory(e, file);
        goto done;
    }
    for (int i = 0; i < m->net.layers; i++)
        if (m->net.layer[i].weights && take_parameters(m, &m->net.layer[i], file, e) < 0)
            goto done;
    if (take_frozen(m, file, e) == 0 && take_text(m, "names", file, &m->names, e) == 0 &&
        take_lines(m, "history", file, &m->history, e) == 0 &&
        take_lines(m, "digest", file, &m->digest, e) == 0)
        status = check_rest(m, file, e);
done:
    free(net);
    return status;
}

int model_load(struct model *m, const char *path, struct error *e)
{
    struct rts_reader *r = rts_open(path, e);
    int status = -1;

    memset(m, 0, sizeof *m);
    if (r && load_records(m, r, e) == 0)
        status = understand(m, rts_file_name(r), e);
    rts_close(r);
    if (status < 0)
        model_free(m);
    return status;
}

int model_check_names(const struct model *m, const char *names, int64_t largest, struct error *e)
{
    uint64_t named = names_count(names);

    if (!names)
        return 0;
    if (largest >= 0 && (uint64_t)largest >= named)
        return error_set(e, "label %lld, but class names for %llu classes only", (long long)largest,
                         (unsigned long long)named);
    if (m->names && strcmp(names, m->names) != 0)
        return error_set(e, "class names differ from the model's");
    if (!m->names && named != (uint64_t)m->net.classes)
        return error_set(e, "%llu class names, the model's head has %d classes",
                         (unsigned long long)named, m->net.classes);
    return 0;
}

/* ---- writing ---- */

static int put_floats(struct rts_writer *w, const char *name, uint32_t ndim, const uint64_t *shape,
                      const float *values, struct error *e)
{
    struct rts_header h;

    rts_describe(&h, name, RTS_F4, ndim, shape);
    return rts_put(w, &h, values, e);
}

static int put_parameters(const struct model *m, const struct layer *l, struct rts_writer *w,
                          struct error *e)
{
    char name[RTS_NAME_BYTES];
    uint64_t shape[4], count = layer_parameters(l) - (uint64_t)l->out.c;
    uint32_t ndim = weight_shape(l, shape);
    float *weights = net_allocate(count);
    int status;

    if (!weights)
        return error_memory(e, "model");
    for (uint64_t i = 0; i < count; i++)
        weights[i] = m->parameters[layer_weight_index(l, i)];
    snprintf(name, sizeof name, "%s.weight", l->name);
    status = put_floats(w, name, ndim, shape, weights, e);
    free(weights);
    if (status < 0)
        return -1;
    snprintf(name, sizeof name, "%s.bias", l->name);
    return put_floats(w, name, 1, shape, m->parameters + l->bias, e);
}

static int put_frozen(const struct net *n, struct rts_writer *w, struct error *e)
{
    char text[(NET_LAYERS_MAX + 1) * (NET_NAME_BYTES + 1)] = "";

    for (int i = 0; i < n->layers; i++)
        if (n->layer[i].frozen) {
            strcat(text, n->layer[i].name);
            strcat(text, "\n");
        }
    return *text ? rts_put_text(w, "frozen", text, e) : 0;
}

int model_save(const struct model *m, struct rts_writer *w, struct error *e)
{
    const struct extent *image = &m->net.image;
    uint64_t shape[3] = {(uint64_t)image->h, (uint64_t)image->w, (uint64_t)image->c};
    struct rts_header h;

    rts_describe(&h, "input.shape", RTS_U8, 1, (uint64_t[]){3});
    if ((m->history.text && rts_put_text(w, "history", m->history.text, e) < 0) ||
        (m->digest.text && rts_put_text(w, "digest", m->digest.text, e) < 0) ||
        rts_put_text(w, "net", m->net.text, e) < 0 || rts_put(w, &h, shape, e) < 0 ||
        put_floats(w, "input.mean", 1, &shape[2], m->mean, e) < 0 ||
        put_floats(w, "input.std", 1, &shape[2], m->std, e) < 0 ||
        (m->names && rts_put_text(w, "names", m->names, e) < 0) || put_frozen(&m->net, w, e) < 0)
        return -1;
    for (int i = 0; i < m->net.layers; i++)
        if (m->net.layer[i].weights && put_parameters(m, &m->net.layer[i], w, e) < 0)
            return -1;
    for (const struct record *r = m->extras; r; r = r->next) {
        struct rts_part part = {r->payload, r->head.size};
        if (rts_put_parts(w, &r->head, &part, 1, e) < 0)
            return -1;
    }
    return 0;
}

int model_swap_head(struct model *m, int classes, uint64_t seed, struct error *e)
{
    struct net swapped;
    float *parameters;
    size_t body = m->net.layer[m->net.layers - 1].weight;

    if (net_build(&swapped, m->net.text, m->net.image, classes, e) < 0)
        return -1;
    parameters = net_allocate(swapped.parameters);
    if (!parameters)
        return error_memory(e, "model");
    for (int i = 0; i < swapped.layers - 1; i++)
        swapped.layer[i].frozen = m->net.layer[i].frozen;
    /* The head is the last layer, so the body's parameters come before it in both. */
    memcpy(parameters, m->parameters, body * sizeof *parameters);
    net_init_head(&swapped, parameters, seed);
    free(m->parameters);
    free(m->names);
    m->names = NULL;
    m->parameters = parameters;
    m->net = swapped;
    return 0;
}

float *model_pixel_table(const struct model *m, struct error *e)
{
    float *table = malloc((size_t)m->net.image.c * 256 * sizeof *table);

    if (!table) {
        error_memory(e, "model");
        return NULL;
    }
    for (int k = 0; k < m->net.image.c; k++)
        for (int v = 0; v < 256; v++)
            table[k * 256 + v] = ((float)v / 255.0f - m->mean[k]) / m->std[k];
    return table;
}

/* A model made, loaded, saved and given another head. */
#include "model/model.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/tensors.h"
#include "rts/examples.h"
#include "rts/names.h"

int model_new(struct model *m, const char *net, struct extent image, int classes, uint64_t seed,
              struct error *e)
{
    memset(m, 0, sizeof *m);
    if (net_build(&m->net, net, image, classes, e) < 0)
        return -1;
    if (image.c > MODEL_CHANNELS_MAX)
        return error_set(e, "images of %d channels, but at most %d are possible", image.c,
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
    records_free(&m->extras);
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

/* Takes a text record into a history, which bounds it. */
static int take_lines(struct model *m, const char *name, const char *file, struct history *to,
                      struct error *e)
{
    char *lines = NULL;
    int status = records_take_text(&m->extras, name, file, &lines, e);

    if (status == 0 && lines)
        status = history_add(to, "", lines, e);
    free(lines);
    return status;
}

static int take_input(struct model *m, const char *file, struct extent *image, struct error *e)
{
    uint64_t shape[3];

    if (records_copy(&m->extras, "input.shape", file, RTS_U8, 1, (uint64_t[]){3}, shape, e) < 0)
        return -1;
    if (shape[0] > NET_SIDE_MAX || shape[1] > NET_SIDE_MAX || shape[2] > MODEL_CHANNELS_MAX ||
        !shape[0] || !shape[1] || !shape[2])
        return error_set(e,
                         "%s: record 'input.shape': images of %" PRIu64 " x %" PRIu64 " x %" PRIu64
                         ", but 1 x 1 x 1 to %d x %d x %d are possible",
                         file, shape[0], shape[1], shape[2], NET_SIDE_MAX, NET_SIDE_MAX,
                         MODEL_CHANNELS_MAX);
    *image = (struct extent){(int)shape[0], (int)shape[1], (int)shape[2]};
    if (records_copy(&m->extras, "input.mean", file, RTS_F4, 1, &shape[2], m->mean, e) < 0 ||
        records_copy(&m->extras, "input.std", file, RTS_F4, 1, &shape[2], m->std, e) < 0)
        return -1;
    for (int k = 0; k < image->c; k++)
        if (!isfinite(m->mean[k]) || !isfinite(m->std[k]) || !(m->std[k] > 0))
            return error_set(e, "%s: invalid normalization of channel %d", file, k);
    return 0;
}

static int take_frozen(struct model *m, const char *file, struct error *e)
{
    char *text = NULL;

    if (records_take_text(&m->extras, "frozen", file, &text, e) < 0)
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

static int check_names(const struct model *m, const char *file, struct error *e)
{
    if (names_count(m->names) > (uint64_t)m->net.classes)
        return error_set(e, "%s: record 'names': %" PRIu64 " names for a head of %d classes", file,
                         names_count(m->names), m->net.classes);
    return 0;
}

/* Turns the records in m->extras into a model; what is left there is not known here. */
static int understand(struct model *m, const char *file, struct error *e)
{
    char *net = NULL;
    struct extent image;
    const struct record *head;
    uint64_t classes = 0;
    int status = -1;

    if (records_take_text(&m->extras, "net", file, &net, e) < 0)
        return -1;
    if (!net)
        return error_set(e, "%s: not a model: record 'net' is missing", file);
    if ((head = records_find(m->extras, "head.weight")))
        classes = head->head.shape[0];
    if (take_input(m, file, &image, e) < 0)
        goto done;
    if (net_build(&m->net, net, image, classes > NET_CLASSES_MAX ? 0 : (int)classes, e) < 0) {
        struct error why = *e;
        error_set(e, "%s: %.400s", file, why.text);
        goto done;
    }
    /* A net is a short text: the file pays for the memory that it asks for. */
    if (tensors_check(&m->net, "", NULL, m->extras, file, e) < 0)
        goto done;
    m->parameters = net_allocate(m->net.parameters);
    if (!m->parameters) {
        error_memory(e, file);
        goto done;
    }
    if (tensors_take(&m->net, "", m->parameters, NULL, &m->extras, file, e) == 0 &&
        take_frozen(m, file, e) == 0 &&
        records_take_text(&m->extras, "names", file, &m->names, e) == 0 &&
        take_lines(m, "history", file, &m->history, e) == 0 &&
        take_lines(m, "digest", file, &m->digest, e) == 0)
        status = check_names(m, file, e);
done:
    free(net);
    return status;
}

int model_load_with(struct model *m, const char *path, struct error *e)
{
    struct rts_reader *r = rts_open(path, e);
    int status = -1;

    memset(m, 0, sizeof *m);
    if (r && records_load(&m->extras, r, (uint64_t)NET_PARAMETERS_MAX * 4, e) == 0)
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
        return error_set(e, "label %" PRId64 ", but only %" PRIu64 " classes have names", largest,
                         named);
    if (m->names && strcmp(names, m->names) != 0)
        return error_set(e, "class names differ from the model's");
    if (!m->names && named != (uint64_t)m->net.classes)
        return error_set(e, "%" PRIu64 " class names, but the model's head has %d classes", named,
                         m->net.classes);
    return 0;
}

int model_load(struct model *m, const char *path, struct error *e)
{
    if (model_load_with(m, path, e) < 0)
        return -1;
    for (const struct record *r = m->extras; r; r = r->next)
        if (strncmp(r->head.name, "train.", 6) == 0) {
            model_free(m);
            return error_set(e,
                             "%s: is a saved training state, but a model is needed (rottrain "
                             "--resume continues it)",
                             strcmp(path, "-") == 0 ? "standard input" : path);
        }
    return 0;
}

/* ---- writing ---- */

static int put_frozen(const struct net *n, struct rts_writer *w, struct error *e)
{
    char text[(NET_LAYERS_MAX + 1) * (LAYER_NAME_BYTES + 1)] = "";

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
    struct rts_header h, mean, std;

    rts_describe(&h, "input.shape", RTS_U8, 1, (uint64_t[]){3});
    rts_describe(&mean, "input.mean", RTS_F4, 1, &shape[2]);
    rts_describe(&std, "input.std", RTS_F4, 1, &shape[2]);
    if ((m->history.text && rts_put_text(w, "history", m->history.text, e) < 0) ||
        (m->digest.text && rts_put_text(w, "digest", m->digest.text, e) < 0) ||
        rts_put_text(w, "net", m->net.text, e) < 0 || rts_put(w, &h, shape, e) < 0 ||
        rts_put(w, &mean, m->mean, e) < 0 || rts_put(w, &std, m->std, e) < 0 ||
        (m->names && rts_put_text(w, "names", m->names, e) < 0) || put_frozen(&m->net, w, e) < 0)
        return -1;
    return tensors_put(&m->net, "", m->parameters, NULL, w, e) < 0 ? -1
                                                                   : records_put(m->extras, w, e);
}

int model_swap_head(struct model *m, int layers, int classes, uint64_t seed, struct error *e)
{
    struct net swapped;
    char text[NET_TEXT_MAX];
    float *parameters;

    net_text_until(&m->net, layers, text);
    if (net_build(&swapped, text, m->net.image, classes, e) < 0)
        return -1;
    parameters = net_allocate(swapped.parameters);
    if (!parameters)
        return error_memory(e, "model");
    for (int i = 0; i < layers; i++)
        swapped.layer[i].frozen = m->net.layer[i].frozen;
    /* Parameters lie in the order of the layers, so those that stay come first in both vectors. */
    memcpy(parameters, m->parameters,
           swapped.slot[swapped.layer[layers].slot].at * sizeof *parameters);
    net_init_head(&swapped, parameters, seed);
    free(m->parameters);
    free(m->names);
    m->names = NULL;
    m->parameters = parameters;
    m->net = swapped;
    return 0;
}

/* What both nets have of a slot, which is the beginning of its first dimension. */
static void copy_slot(const struct net *to, float *copy, const struct net *from,
                      const float *parameters, int slot)
{
    const struct slot *a = &to->slot[slot], *b = &from->slot[slot];

    for (uint64_t i = 0; i < a->count && i < b->count; i++)
        copy[slot_index(to, a, i)] = parameters[slot_index(from, b, i)];
}

int model_set_side(struct model *m, int side, uint64_t seed, struct error *e)
{
    struct net changed = m->net;
    float *parameters;

    if (side == m->net.side)
        return 0;
    if (net_set_side(&changed, side, e) < 0)
        return -1;
    parameters = net_allocate(changed.parameters);
    if (!parameters)
        return error_memory(e, "model");
    for (int i = 0; i < changed.slots; i++)
        copy_slot(&changed, parameters, &m->net, m->parameters, i);
    net_init_side(&changed, parameters, seed);
    free(m->parameters);
    m->parameters = parameters;
    m->net = changed;
    return 0;
}

int model_reinit(struct model *m, int first, uint64_t seed, struct error *e)
{
    struct net *n = &m->net;
    float *fresh = net_allocate(n->parameters);

    if (!fresh)
        return error_memory(e, "model");
    net_init_body(n, fresh, seed);
    net_init_head(n, fresh, seed);
    for (int i = 0; i < n->slots; i++) {
        const struct slot *s = &n->slot[i];
        if (s->layer >= first)
            memcpy(m->parameters + s->at, fresh + s->at, s->floats * sizeof *fresh);
    }
    for (int i = first; i < n->layers; i++)
        n->layer[i].frozen = 0;
    free(fresh);
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

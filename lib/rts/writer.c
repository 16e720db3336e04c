/* Records written with their checksums, and the end record. */

#include "rts/writer.h"

#include "base/crc.h"

#include <stdlib.h>
#include <string.h>

struct rts_writer {
    struct output *out;
    uint64_t next_index;
};

static const unsigned char zeros[RTS_ALIGN];

struct rts_writer *rts_create(const char *path, struct error *e)
{
    struct output *out = output_open(path, e);

    return out ? rts_create_on(out, e) : NULL;
}

struct rts_writer *rts_create_on(struct output *out, struct error *e)
{
    struct rts_writer *w = calloc(1, sizeof *w);

    if (!w) {
        error_memory(e, "output");
        output_abandon(out);
        return NULL;
    }
    w->out = out;
    return w;
}

static int put_header(struct rts_writer *w, struct rts_header *h, struct error *e)
{
    unsigned char bytes[RTS_HEADER_BYTES];

    h->index = w->next_index++;
    rts_encode(h, bytes);
    return output_write(w->out, bytes, sizeof bytes, e);
}

int rts_put_parts(struct rts_writer *w, const struct rts_header *h, const struct rts_part *part,
                  int parts, struct error *e)
{
    struct rts_header full = *h;
    unsigned padding;
    uint32_t crc = 0;

    full.size = 0;
    for (int i = 0; i < parts; i++) {
        if (part[i].size)
            crc = crc_add(crc, part[i].bytes, part[i].size);
        full.size += part[i].size;
    }
    padding = rts_padding(full.size);
    if (padding)
        crc = crc_add(crc, zeros, padding);
    full.crc = (uint32_t)crc;
    if (put_header(w, &full, e) < 0)
        return -1;
    for (int i = 0; i < parts; i++)
        if (output_write(w->out, part[i].bytes, part[i].size, e) < 0)
            return -1;
    return output_write(w->out, zeros, padding, e);
}

int rts_put(struct rts_writer *w, const struct rts_header *h, const void *payload, struct error *e)
{
    struct rts_part part = {payload, 0};

    if (rts_payload_size(h, &part.size) < 0)
        return error_set(e, "record '%s': dimensions overflow", h->name);
    return rts_put_parts(w, h, &part, 1, e);
}

int rts_put_text(struct rts_writer *w, const char *name, const char *text, struct error *e)
{
    struct rts_header h;

    rts_describe(&h, name, RTS_TEXT, 1, (uint64_t[]){strlen(text)});
    return rts_put(w, &h, text, e);
}

int rts_copy(struct rts_reader *r, const struct rts_header *h, struct rts_writer *w,
             struct error *e)
{
    unsigned char piece[1 << 16];
    struct rts_header copy = *h;
    uint64_t left = h->size;

    /* The checksum is the one that was read: if the payload does not fit it, rts_read fails. */
    if (put_header(w, &copy, e) < 0)
        return -1;
    while (left) {
        uint64_t n = left < sizeof piece ? left : sizeof piece;
        if (rts_read(r, piece, n, e) < 0 || output_write(w->out, piece, n, e) < 0)
            return -1;
        left -= n;
    }
    return output_write(w->out, zeros, rts_padding(h->size), e);
}

int rts_flush(struct rts_writer *w, struct error *e)
{
    return output_flush(w->out, e);
}

int rts_finish(struct rts_writer *w, struct error *e)
{
    struct rts_header end;
    int status;

    rts_describe(&end, "end", RTS_U1, 0, NULL);
    status = put_header(w, &end, e);
    if (status == 0)
        status = output_close(w->out, e);
    else
        output_abandon(w->out);
    free(w);
    return status;
}

void rts_abandon(struct rts_writer *w)
{
    if (!w)
        return;
    output_abandon(w->out);
    free(w);
}

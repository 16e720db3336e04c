/*
 * A stream taken apart into records and put together again, for the mutator: without any of the
 * reader's checks, so that what is wrong in it may stay wrong.
 */
#ifndef ROTPIPE_TESTS_FUZZ_RECORDS_H
#define ROTPIPE_TESTS_FUZZ_RECORDS_H

#include "rts/header.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS_MAX = 48, PART_BYTES = 1 << 16 };

struct part {
    struct rts_header head;
    uint8_t *payload; /* room for PART_BYTES */
    size_t n;         /* bytes of it that are there, whatever the header says */
};

struct parts {
    int n;
    struct part part[PARTS_MAX];
};

static inline uint64_t parts_number(const uint8_t *p, int n)
{
    uint64_t v = 0;

    while (n--)
        v = v << 8 | p[n];
    return v;
}

/* A header's fields, whatever they are. */
static inline void parts_decode(const uint8_t *p, struct rts_header *h)
{
    memset(h, 0, sizeof *h);
    h->flags = (uint32_t)parts_number(p + 4, 4);
    h->size = parts_number(p + 16, 8);
    memcpy(h->dtype_text, p + 24, 4);
    h->ndim = (uint32_t)parts_number(p + 28, 4) % (RTS_DIMS_MAX + 1);
    for (uint32_t i = 0; i < h->ndim; i++)
        h->shape[i] = parts_number(p + 32 + 8 * i, 8);
    memcpy(h->name, p + 80, RTS_NAME_BYTES - 1);
    for (int t = RTS_U1; t <= RTS_TEXT; t++) {
        struct rts_header like;
        rts_describe(&like, "x", (enum rts_dtype)t, 0, NULL);
        if (strcmp(like.dtype_text, h->dtype_text) == 0)
            h->dtype = (enum rts_dtype)t;
    }
}

/* Payloads that no part needs any more: to make them anew takes longer than a run. */
static uint8_t *parts_spare[2 * PARTS_MAX];
static int parts_spares;

static inline uint8_t *parts_payload(void)
{
    uint8_t *p = parts_spares ? parts_spare[--parts_spares] : malloc(PART_BYTES);

    if (!p)
        abort();
    return p;
}

/* A new part at place `at`; NULL if there are too many. */
static inline struct part *parts_insert(struct parts *p, int at)
{
    if (p->n == PARTS_MAX)
        return NULL;
    memmove(p->part + at + 1, p->part + at, (size_t)(p->n++ - at) * sizeof p->part[0]);
    memset(&p->part[at], 0, sizeof p->part[at]);
    p->part[at].payload = parts_payload();
    return &p->part[at];
}

static inline void parts_remove(struct parts *p, int at)
{
    parts_spare[parts_spares++] = p->part[at].payload;
    memmove(p->part + at, p->part + at + 1, (size_t)(--p->n - at) * sizeof p->part[0]);
}

static inline void parts_free(struct parts *p)
{
    while (p->n)
        parts_remove(p, p->n - 1);
}

/* Adds the records of a stream. */
static inline void parts_read(struct parts *p, const uint8_t *bytes, size_t left)
{
    while (left >= RTS_HEADER_BYTES) {
        struct part *r = parts_insert(p, p->n);
        size_t whole;
        if (!r)
            return;
        parts_decode(bytes, &r->head);
        bytes += RTS_HEADER_BYTES;
        left -= RTS_HEADER_BYTES;
        r->n = r->head.size < left ? (size_t)r->head.size : left;
        whole = r->n + rts_padding(r->n) < left ? r->n + rts_padding(r->n) : left;
        if (r->n > PART_BYTES)
            r->n = PART_BYTES;
        memcpy(r->payload, bytes, r->n);
        bytes += whole;
        left -= whole;
    }
}

#endif

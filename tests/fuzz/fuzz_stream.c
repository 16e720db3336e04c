/* The stream's reader, whatever way payloads are taken, and its copy by the writer. */
#include "fuzz.h"

static struct file input;

/* Takes a record's payload in one of several ways, which must not matter. */
static int take(struct rts_reader *r, const struct rts_header *h, unsigned way, struct error *e)
{
    unsigned char some[48];
    void *all = NULL;
    size_t room = 0;
    uint64_t n = h->size < sizeof some ? h->size : sizeof some;
    struct rts_header again;
    int status;

    if (way % 4 == 1) {
        rts_unread(r);
        REQUIRE(rts_next(r, &again, e) == 1 && memcmp(&again, h, sizeof again) == 0);
    }
    if (way % 3 == 0)
        return 0; /* skipped by the next rts_next */
    if (way % 3 == 1)
        return rts_read(r, some, n, e) < 0 ? -1 : 0;
    status = rts_load(r, UINT64_MAX, &all, &room, e);
    REQUIRE(status < 0 || room >= h->size);
    free(all);
    return status;
}

/* Reads the whole input; how: 0 skips all payloads. Returns the records, or -1 and e says why. */
static int walk(unsigned how, uint64_t *streams, struct error *e)
{
    struct rts_reader *r = rts_open(file_path(&input), e);
    struct rts_header h;
    int got, n = 0;

    REQUIRE(r != NULL);
    while ((got = rts_next(r, &h, e)) > 0) {
        uint64_t size;
        REQUIRE(rts_name_valid(h.name) && h.ndim <= RTS_DIMS_MAX);
        REQUIRE(h.dtype == RTS_OTHER || (rts_payload_size(&h, &size) == 0 && size == h.size));
        if (how && (got = take(r, &h, how + (unsigned)n, e)) < 0)
            break;
        n++;
    }
    *streams = rts_streams(r);
    rts_close(r);
    return got < 0 ? -1 : n;
}

/* A stream that was accepted, passed on record by record, is the same records. */
static void copy(int records)
{
    struct file output;
    struct rts_writer *w = file_writer(&output);
    struct rts_header h, back;
    struct error e;
    struct rts_reader *from = rts_open(file_path(&input), &e), *to;
    void *payload[2] = {NULL, NULL};
    size_t room[2] = {0, 0};

    while (rts_next(from, &h, &e) > 0)
        REQUIRE(rts_copy(from, &h, w, &e) == 0);
    rts_close(from);
    REQUIRE(rts_finish(w, &e) == 0);
    from = rts_open(file_path(&input), &e);
    to = rts_open(file_path(&output), &e);
    for (int i = 0; i < records; i++) {
        REQUIRE(rts_next(from, &h, &e) == 1 && rts_next(to, &back, &e) == 1);
        back.index = h.index; /* several streams become one */
        REQUIRE(memcmp(&h, &back, sizeof h) == 0);
        REQUIRE(rts_load(from, UINT64_MAX, &payload[0], &room[0], &e) == 0);
        REQUIRE(rts_load(to, UINT64_MAX, &payload[1], &room[1], &e) == 0);
        REQUIRE(memcmp(payload[0], payload[1], h.size) == 0);
    }
    REQUIRE(rts_next(to, &back, &e) == 0 && rts_streams(to) == 1);
    free(payload[0]);
    free(payload[1]);
    rts_close(from);
    rts_close(to);
    file_close(&output);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error e, other;
    uint64_t streams, again;
    int records;

    file_fill(&input, data, size);
    records = walk(0, &streams, &e);
    for (unsigned how = 1; how < 4; how++) {
        REQUIRE(walk(how, &again, &other) == records && again == streams);
        REQUIRE(records >= 0 || strcmp(e.text, other.text) == 0);
    }
    if (records >= 0)
        copy(records);
    else
        require_error(&e);
    return 0;
}

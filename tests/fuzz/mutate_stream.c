/*
 * The mutator for targets that read streams. Bytes turned over at random fail at the first
 * checksum; so this one takes the stream apart, changes records, and puts them together with the
 * sizes, numbers and checksums that belong there, or, now and then, with one that does not.
 */
#include "records.h"

#include <zlib.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
                                 uint8_t *out, size_t most, unsigned seed);

/* xorshift32 (Marsaglia): a number below n. */
static uint32_t state = 1;

static uint32_t below(uint32_t n)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % n;
}

/* The records that the programs know: name, dtype, dimensions. */
static const struct {
    const char *name;
    enum rts_dtype dtype;
    uint32_t ndim;
} known[] = {
    {"image", RTS_U1, 4},          {"feature", RTS_F4, 2},
    {"label", RTS_U4, 1},          {"names", RTS_TEXT, 1},
    {"history", RTS_TEXT, 1},      {"digest", RTS_TEXT, 1},
    {"net", RTS_TEXT, 1},          {"frozen", RTS_TEXT, 1},
    {"input.shape", RTS_U8, 1},    {"input.mean", RTS_F4, 1},
    {"input.std", RTS_F4, 1},      {"head.weight", RTS_F4, 2},
    {"head.bias", RTS_F4, 1},      {"conv1.weight", RTS_F4, 4},
    {"conv1.bias", RTS_F4, 1},     {"dense1.weight", RTS_F4, 2},
    {"dense1.bias", RTS_F4, 1},    {"end", RTS_U1, 0},
    {"unknown", RTS_I2, 6},        {"train.settings", RTS_TEXT, 1},
    {"train.position", RTS_U8, 1}, {"train.best", RTS_F8, 1},
    {"soft", RTS_F4, 2},
};
enum { KNOWN = sizeof known / sizeof known[0] };

static uint64_t dimension(void)
{
    static const uint64_t odd[] = {16,         17,         1 << 10,           1 << 16,
                                   1 << 20,    1 << 22,    1 << 24,           1u << 31,
                                   1u << 30,   1ull << 32, 1ull << 61,        1ull << 62,
                                   1ull << 63, UINT64_MAX, UINT64_MAX / 4 + 1};

    return below(4) ? below(5) : odd[below(sizeof odd / sizeof odd[0])];
}

/* The bytes that the shape asks for; UINT64_MAX if they are too many to be made. */
static uint64_t wanted(const struct rts_header *h)
{
    uint64_t size;

    if (h->dtype == RTS_OTHER)
        return h->size <= PART_BYTES ? h->size : UINT64_MAX;
    return rts_payload_size(h, &size) == 0 && size <= PART_BYTES ? size : UINT64_MAX;
}

/* Makes the payload as long as the header says, or leaves it shorter than an impossible promise. */
static void fit_payload(struct part *r)
{
    uint64_t size = wanted(&r->head);

    if (size == UINT64_MAX)
        return;
    for (size_t i = r->n; i < size; i++)
        r->payload[i] = r->n ? r->payload[i % r->n] : 0;
    r->n = (size_t)size;
}

/* Makes the first dimension fit the payload. */
static void fit_shape(struct part *r)
{
    struct rts_header one = r->head;
    uint64_t size;

    if (r->head.ndim == 0) {
        fit_payload(r);
        return;
    }
    one.shape[0] = 1;
    size = wanted(&one);
    if (size == 0 || size == UINT64_MAX)
        size = 1;
    r->head.shape[0] = r->n / size;
    if (r->head.dtype == RTS_OTHER)
        r->head.size = r->n;
    fit_payload(r);
}

static void set_known(struct part *r, int which)
{
    uint64_t shape[RTS_DIMS_MAX];

    for (int i = 0; i < RTS_DIMS_MAX; i++)
        shape[i] = below(4);
    rts_describe(&r->head, known[which].name, known[which].dtype, known[which].ndim, shape);
}

static void change_header(struct part *r)
{
    struct rts_header *h = &r->head;
    struct rts_header like;

    switch (below(6)) {
    case 0:
        set_known(r, (int)below(KNOWN));
        break;
    case 1: /* the dtype alone, one byte of it perhaps */
        rts_describe(&like, "x", (enum rts_dtype)below(RTS_TEXT + 1), 0, NULL);
        h->dtype = like.dtype;
        memcpy(h->dtype_text, like.dtype ? like.dtype_text : "b3", 3);
        break;
    case 2:
        h->ndim = below(RTS_DIMS_MAX + 1);
        for (uint32_t i = h->ndim; i < RTS_DIMS_MAX; i++)
            h->shape[i] = 0;
        break;
    case 3:
        LLVMFuzzerMutate((uint8_t *)h->name, RTS_NAME_BYTES - 1, RTS_NAME_BYTES - 1);
        break;
    case 4:
        h->flags = below(2) ? 0x10000u << below(16) : 1u << below(32);
        break;
    default:
        if (h->ndim)
            h->shape[below(h->ndim)] = dimension();
    }
    fit_payload(r);
}

static void change_payload(struct part *r)
{
    r->n = LLVMFuzzerMutate(r->payload, r->n, r->n < 64 ? 256 : PART_BYTES);
    if (below(2))
        fit_shape(r);
    else
        fit_payload(r);
}

static void copy_part(struct parts *p, int from, int to)
{
    struct part *r = parts_insert(p, to);

    if (!r)
        return;
    from += from >= to;
    r->head = p->part[from].head;
    r->n = p->part[from].n;
    memcpy(r->payload, p->part[from].payload, r->n);
}

static void change(struct parts *p)
{
    int at = p->n ? (int)below((uint32_t)p->n) : 0;
    uint32_t what = p->n ? below(16) : 0;
    struct part *r;

    if (what == 0) {
        r = parts_insert(p, p->n ? (int)below((uint32_t)p->n + 1) : 0);
        if (r) {
            set_known(r, (int)below(KNOWN));
            fit_payload(r);
        }
    } else if (what == 1) {
        parts_remove(p, at);
    } else if (what == 2) {
        copy_part(p, at, (int)below((uint32_t)p->n + 1));
    } else if (what == 3) {
        struct part other = p->part[0];
        p->part[0] = p->part[at];
        p->part[at] = other;
    } else if (what < 8) {
        change_header(&p->part[at]);
    } else {
        change_payload(&p->part[at]);
    }
}

static void put(uint8_t *to, size_t room, size_t *n, const void *bytes, size_t count)
{
    if (count > room - *n)
        count = room - *n;
    memcpy(to + *n, bytes, count);
    *n += count;
}

/* The stream of these parts, with right numbers and checksums; slip: a record with a wrong one. */
static size_t join(struct parts *p, uint8_t *to, size_t room, int slip)
{
    static const uint8_t zeros[RTS_ALIGN];
    uint64_t index = 0;
    size_t n = 0;

    for (int i = 0; i < p->n; i++) {
        struct part *r = &p->part[i];
        uint8_t header[RTS_HEADER_BYTES];
        unsigned padding = rts_padding(r->n);
        uint64_t size;
        if (r->head.dtype == RTS_OTHER)
            r->head.size = r->n;
        else if (strcmp(r->head.name, "end") == 0)
            r->head.size = r->n = padding = 0;
        else
            r->head.size = rts_payload_size(&r->head, &size) == 0 ? size : r->n;
        r->head.index = index++;
        r->head.crc = (uint32_t)crc32_z(crc32_z(0, r->payload, r->n), zeros, padding);
        rts_encode(&r->head, header);
        if (i == slip)
            header[below(RTS_HEADER_BYTES)] ^= (uint8_t)(1u << below(8));
        put(to, room, &n, header, sizeof header);
        put(to, room, &n, r->payload, r->n);
        put(to, room, &n, zeros, padding);
        if (strcmp(r->head.name, "end") == 0)
            index = 0;
    }
    return n;
}

/* Most streams end as they should. */
static void close_stream(struct parts *p)
{
    struct part *r;

    if ((p->n && strcmp(p->part[p->n - 1].head.name, "end") == 0) || below(16) == 0)
        return;
    if (p->n == PARTS_MAX)
        parts_remove(p, p->n - 1);
    r = parts_insert(p, p->n);
    rts_describe(&r->head, "end", RTS_U1, 0, NULL);
}

static size_t compressed(uint8_t *data, size_t n, size_t most)
{
    z_stream z = {0};
    uint8_t *copy = malloc(n + 1);

    if (!copy || deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    memcpy(copy, data, n);
    z.next_in = copy;
    z.avail_in = (uInt)n;
    z.next_out = data;
    z.avail_out = (uInt)most;
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    free(copy);
    return z.total_out;
}

/* The stream inside gzip, as far as it is one; to be freed. */
static uint8_t *expanded(const uint8_t *data, size_t size, size_t *n)
{
    enum { ROOM = 1 << 20 };
    z_stream z = {0};
    uint8_t *out = malloc(ROOM);

    if (!out || inflateInit2(&z, 15 + 32) != Z_OK)
        abort();
    z.next_in = (uint8_t *)(uintptr_t)data;
    z.avail_in = (uInt)size;
    z.next_out = out;
    z.avail_out = ROOM;
    inflate(&z, Z_FINISH);
    *n = z.total_out;
    inflateEnd(&z);
    return out;
}

static void read_parts(struct parts *p, const uint8_t *data, size_t size)
{
    uint8_t *inside;
    size_t n;

    if (size < 2 || data[0] != 0x1f || data[1] != 0x8b) {
        parts_read(p, data, size);
        return;
    }
    inside = expanded(data, size, &n);
    parts_read(p, inside, n);
    free(inside);
}

static size_t finish(struct parts *p, uint8_t *out, size_t most)
{
    size_t n;

    close_stream(p);
    n = join(p, out, most, below(24) == 0 && p->n ? (int)below((uint32_t)p->n) : -1);
    parts_free(p);
    return below(64) == 0 ? compressed(out, n, most) : n;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    static struct parts p;

    state = seed | 1;
    if (below(32) == 0)
        return LLVMFuzzerMutate(data, size, most);
    read_parts(&p, data, size);
    do
        change(&p);
    while (below(3) == 0);
    return finish(&p, data, most);
}

/* The first records of one and the last of the other. */
size_t LLVMFuzzerCustomCrossOver(const uint8_t *a, size_t na, const uint8_t *b, size_t nb,
                                 uint8_t *out, size_t most, unsigned seed)
{
    static struct parts p, q;
    int first, second;

    state = seed | 1;
    read_parts(&p, a, na);
    read_parts(&q, b, nb);
    first = (int)below((uint32_t)p.n + 1);
    second = (int)below((uint32_t)q.n + 1);
    while (p.n > first)
        parts_remove(&p, p.n - 1);
    for (int i = second; i < q.n && p.n < PARTS_MAX; i++) {
        struct part *r = parts_insert(&p, p.n);
        r->head = q.part[i].head;
        r->n = q.part[i].n;
        memcpy(r->payload, q.part[i].payload, r->n);
    }
    parts_free(&q);
    return finish(&p, out, most);
}

/* Streams from anyone: well-formed as bytes, wrong or unknown in what they say; compressed. */
#include "check.h"
#include "streams.h"

#include <sys/resource.h>

/* Headers with right checksums and wrong content. */
static void test_rts_forged_headers(void)
{
    unsigned char bytes[1024], good[RTS_HEADER_BYTES];
    unsigned char payload[64] = {0};
    struct rts_header h, back;
    struct {
        int at;
        unsigned char byte;
        const char *says;
    } wrong[] = {{0, 'x', "not an rts stream"},
                 {3, '2', "version"},
                 {4, 1, "flag"},
                 {5, 0x80, "flag"},
                 {23, 0x80, "invalid size"},
                 {16, 5, "size does not fit"},
                 {24, ' ', "bad dtype"},
                 {27, 'x', "bad dtype"},
                 {28, 7, "dimensions"},
                 {47, 1, "dimensions beyond"},
                 {39, 0x40, "size does not fit"},
                 {80, '/', "bad record name"},
                 {80, 0, "bad record name"},
                 {82, 'x', "bad record name"},
                 {119, 'x', "bad record name"}};

    rts_describe(&h, "x", RTS_U4, 1, (uint64_t[]){4});
    h.size = 16;
    forge(bytes, &h, payload);
    memcpy(good, bytes, sizeof good);
    CHECK(rts_decode(bytes, &back) == NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint32_t crc;
        const char *says;
        memcpy(bytes, good, sizeof good);
        bytes[wrong[i].at] = wrong[i].byte;
        crc = (uint32_t)crc32_z(0, bytes, 124);
        memcpy(bytes + 124, &crc, 4);
        says = rts_decode(bytes, &back);
        if (!CHECK(says && strstr(says, wrong[i].says)))
            printf("# byte %d: %s\n", wrong[i].at, says ? says : "taken");
    }
    /* A flag that may be ignored. */
    h.flags = 0xffff0000;
    forge(bytes, &h, payload);
    CHECK(rts_decode(bytes, &back) == NULL && back.flags == 0xffff0000);
}

static void test_rts_padding_must_be_zero(void)
{
    unsigned char bytes[1024];
    struct rts_header h;
    struct error e;
    size_t n;

    rts_describe(&h, "x", RTS_U1, 1, (uint64_t[]){3});
    h.size = 3;
    n = forge(bytes, &h, "abc");
    bytes[RTS_HEADER_BYTES + 3] = 1;
    h.crc = (uint32_t)crc32_z(0, bytes + RTS_HEADER_BYTES, 64);
    rts_encode(&h, bytes);
    n += forge_end(bytes + n, 1);
    write_file(other, bytes, n);
    CHECK(count_records(other, &e) == -1 && strstr(e.text, "padding"));
}

static void test_rts_payload_size_overflow(void)
{
    struct rts_header h;
    uint64_t size;

    rts_describe(&h, "x", RTS_F8, 2, (uint64_t[]){1ull << 30, 1ull << 30});
    CHECK(rts_payload_size(&h, &size) == 0 && size == 1ull << 63);
    rts_describe(&h, "x", RTS_F8, 2, (uint64_t[]){1ull << 31, 1ull << 30});
    CHECK(rts_payload_size(&h, &size) == -1);
    rts_describe(&h, "x", RTS_F8, 3, (uint64_t[]){1ull << 63, 0, 1ull << 63});
    CHECK(rts_payload_size(&h, &size) == 0 && size == 0);
}

/* ---- what a later version may add ---- */

static void test_rts_unknown_dtype_is_skipped_and_copied(void)
{
    unsigned char bytes[2048], copy[2048];
    struct rts_header h, back;
    struct rts_reader *r;
    struct rts_writer *w;
    struct error e;
    size_t n;

    rts_describe(&h, "future", RTS_U1, 2, (uint64_t[]){5, 5});
    strcpy(h.dtype_text, "b3");
    h.flags = 0x10000;
    h.size = 70;
    n = forge(bytes, &h, "0123456789012345678901234567890123456789012345678901234567890123456789");
    n += forge_end(bytes + n, 1);
    write_file(path, bytes, n);
    CHECK(count_records(path, &e) == 1);
    r = rts_open(path, &e);
    w = rts_create(other, &e);
    CHECK(rts_next(r, &back, &e) == 1 && back.dtype == RTS_OTHER);
    CHECK(rts_copy(r, &back, w, &e) == 0 && rts_finish(w, &e) == 0);
    rts_close(r);
    CHECK(read_file(other, copy, sizeof copy) == n && memcmp(bytes, copy, n) == 0);
}

/* ---- streams from anyone ---- */

/* Terabytes are promised, and none arrive: little is allocated. */
static void test_rts_huge_promise_allocates_little(void)
{
    unsigned char bytes[1024] = {0};
    struct rts_header h;
    struct rts_reader *r;
    struct rusage usage;
    struct error e;
    void *buffer = NULL;
    size_t capacity = 0;

    rts_describe(&h, "huge", RTS_U1, 1, (uint64_t[]){1ull << 42});
    h.size = 1ull << 42;
    rts_encode(&h, bytes);
    write_file(path, bytes, sizeof bytes);
    r = rts_open(path, &e);
    CHECK(rts_next(r, &h, &e) == 1 && h.size == 1ull << 42);
    CHECK(rts_load(r, UINT64_MAX, &buffer, &capacity, &e) == -1 && strstr(e.text, "cut short"));
    CHECK(capacity <= 2 << 20);
    free(buffer);
    rts_close(r);
    getrusage(RUSAGE_SELF, &usage);
    CHECK(usage.ru_maxrss < 1 << 20); /* kilobytes */
    CHECK(count_records(path, &e) == -1 && strstr(e.text, "cut short"));
}

static void test_rts_load_keeps_its_limit(void)
{
    struct rts_reader *r;
    struct rts_header h;
    struct error e;
    void *buffer = NULL;
    size_t capacity = 0;

    write_small(path);
    r = rts_open(path, &e);
    CHECK(rts_next(r, &h, &e) == 1);
    CHECK(rts_load(r, h.size - 1, &buffer, &capacity, &e) == -1 && strstr(e.text, "at most"));
    CHECK(rts_load(r, h.size, &buffer, &capacity, &e) == 0 && capacity == h.size);
    free(buffer);
    rts_close(r);
}

static void test_rts_text_with_nul(void)
{
    unsigned char bytes[1024];
    struct rts_header h;
    struct rts_reader *r;
    struct error e;
    size_t n;

    rts_describe(&h, "names", RTS_TEXT, 1, (uint64_t[]){5});
    h.size = 5;
    n = forge(bytes, &h, "a\0b\nc");
    n += forge_end(bytes + n, 1);
    write_file(path, bytes, n);
    r = rts_open(path, &e);
    CHECK(rts_next(r, &h, &e) == 1);
    CHECK(rts_load_text(r, 100, &e) == NULL && strstr(e.text, "NUL"));
    rts_close(r);
}

static void test_rts_text_that_is_none(void)
{
    struct rts_header h;
    struct rts_reader *r;
    struct error e;

    write_small(path);
    r = rts_open(path, &e);
    rts_next(r, &h, &e);
    CHECK(rts_next(r, &h, &e) == 1);
    CHECK(rts_load_text(r, 100, &e) == NULL && strstr(e.text, "dtype is u1"));
    rts_close(r);
}

static void test_rts_name_valid(void)
{
    CHECK(rts_name_valid("conv1.weight") && rts_name_valid("A-z_0.9"));
    CHECK(rts_name_valid("123456789012345678901234567890123456789"));
    CHECK(!rts_name_valid("1234567890123456789012345678901234567890"));
    CHECK(!rts_name_valid("") && !rts_name_valid("a b") && !rts_name_valid("a/b"));
    CHECK(!rts_name_valid("\xc3\xa4") && !rts_name_valid("a\n"));
}

/* ---- compressed ---- */

static void gzip_append(const char *name, const char *mode, const void *bytes, unsigned n)
{
    gzFile f = gzopen(name, mode);

    gzwrite(f, bytes, n);
    gzclose(f);
}

static void test_rts_gzip_members(void)
{
    unsigned char bytes[4096];
    size_t n;
    struct error e;

    write_small(path);
    n = read_file(path, bytes, sizeof bytes);
    /* A stream in two members, cut anywhere; then a whole one in a third. */
    gzip_append(other, "wb", bytes, 333);
    gzip_append(other, "ab", bytes + 333, (unsigned)n - 333);
    CHECK(count_records(other, &e) == 4);
    gzip_append(other, "ab9", bytes, (unsigned)n);
    CHECK(count_records(other, &e) == 8);
}

static void test_rts_gzip_cut_and_flipped(void)
{
    unsigned char bytes[4096];
    size_t n, refused = 0;
    struct error e;

    write_small(path);
    n = read_file(path, bytes, sizeof bytes);
    gzip_append(other, "wb", bytes, (unsigned)n);
    n = read_file(other, bytes, sizeof bytes);
    for (size_t cut = 0; cut < n; cut++) {
        write_file(other, bytes, cut);
        if (!CHECK(count_records(other, &e) == -1))
            return;
    }
    /*
     * From the compressed data on: a name or time in gzip's own header may be anything. Some bits
     * of deflate make no difference, such as how far back zeros are copied from; a stream that is
     * taken is the one that was written.
     */
    for (size_t bit = 8 * 10; bit < 8 * n; bit++) {
        int records;
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        write_file(other, bytes, n);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        records = count_records(other, &e);
        refused += records == -1;
        if (!CHECK(records == -1 || records == 4)) {
            printf("# bit %zu\n", bit);
            return;
        }
    }
    CHECK(refused > (8 * n - 80) / 10 * 9);
}

int main(void)
{
    make_folder();
    RUN(test_rts_forged_headers);
    RUN(test_rts_padding_must_be_zero);
    RUN(test_rts_payload_size_overflow);
    RUN(test_rts_unknown_dtype_is_skipped_and_copied);
    RUN(test_rts_huge_promise_allocates_little);
    RUN(test_rts_load_keeps_its_limit);
    RUN(test_rts_text_with_nul);
    RUN(test_rts_text_that_is_none);
    RUN(test_rts_name_valid);
    RUN(test_rts_gzip_members);
    RUN(test_rts_gzip_cut_and_flipped);
    remove_folder();
    return check_status();
}

/* Tests of streams: written, read and described. */
#include "check.h"
#include "streams.h"

/* ---- what comes back is what was written ---- */

static void test_rts_round_trip(void)
{
    struct error e;
    struct rts_header h;
    struct rts_reader *r;
    float value[33];
    uint8_t one = 0;
    char *text;
    int same = 1;

    write_small(path);
    r = rts_open(path, &e);
    CHECK(rts_next(r, &h, &e) == 1 && rts_record_offset(r) == 0);
    text = rts_load_text(r, 100, &e);
    CHECK_TEXT(text, "first\nsecond\n");
    free(text);
    CHECK(rts_next(r, &h, &e) == 1 && h.ndim == 0 && h.size == 1 && h.index == 1);
    CHECK(rts_read(r, &one, 1, &e) == 0 && one == 200);
    CHECK(rts_next(r, &h, &e) == 1 && h.size == 0 && h.shape[1] == UINT64_MAX);
    CHECK(rts_next(r, &h, &e) == 1 && h.dtype == RTS_F4 && h.shape[0] == 3 && h.shape[1] == 11);
    CHECK_TEXT(h.name, "values");
    CHECK(rts_record_offset(r) % RTS_ALIGN == 0);
    /* In two parts, with the header taken back before. */
    rts_unread(r);
    CHECK(rts_next(r, &h, &e) == 1 && h.index == 3);
    CHECK(rts_read(r, value, 5 * sizeof(float), &e) == 0);
    CHECK(rts_read(r, value + 5, 28 * sizeof(float), &e) == 0);
    for (int i = 0; i < 33; i++)
        same &= value[i] == (float)i / 7;
    CHECK(same);
    CHECK(rts_read(r, value, 1, &e) == -1);
    CHECK(rts_next(r, &h, &e) == 0 && rts_streams(r) == 1);
    CHECK(rts_next(r, &h, &e) == 0);
    rts_close(r);
}

static void test_rts_dtypes(void)
{
    static const unsigned size[] = {0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8, 1};
    static const char *const name[] = {"",   "u1", "i1", "u2", "i2", "u4",
                                       "i4", "u8", "i8", "f4", "f8", "text"};
    unsigned char zeros[64] = {0}, bytes[RTS_HEADER_BYTES + 64];
    struct rts_header h, back;

    for (int t = RTS_U1; t <= RTS_TEXT; t++) {
        CHECK(rts_dtype_size((enum rts_dtype)t) == size[t]);
        rts_describe(&h, "x", (enum rts_dtype)t, 1, (uint64_t[]){3});
        h.size = 3 * size[t];
        forge(bytes, &h, zeros);
        CHECK(rts_decode(bytes, &back) == NULL && (int)back.dtype == t);
        CHECK_TEXT(back.dtype_text, name[t]);
    }
}

static void test_rts_copy_gives_the_same_bytes(void)
{
    unsigned char a[4096], b[4096];
    size_t na, nb;
    struct error e;
    struct rts_header h;
    struct rts_reader *r;
    struct rts_writer *w;

    write_small(path);
    r = rts_open(path, &e);
    w = rts_create(other, &e);
    while (rts_next(r, &h, &e) > 0)
        CHECK(rts_copy(r, &h, w, &e) == 0);
    CHECK(rts_finish(w, &e) == 0);
    rts_close(r);
    na = read_file(path, a, sizeof a);
    nb = read_file(other, b, sizeof b);
    CHECK(na == nb && na > 0 && memcmp(a, b, na) == 0);
}

/* The file that was there stays as it is until the new one is whole. */
static void test_rts_abandon_leaves_the_old_file(void)
{
    struct error e;
    struct rts_writer *w;
    unsigned char bytes[4096];

    write_file(path, "old", 3);
    w = rts_create(path, &e);
    rts_put_text(w, "text", "new", &e);
    rts_abandon(w);
    CHECK(read_file(path, bytes, sizeof bytes) == 3 && memcmp(bytes, "old", 3) == 0);
}

static void test_rts_closed_under_cat(void)
{
    unsigned char bytes[8192];
    size_t n;
    struct error e;
    struct rts_reader *r;
    struct rts_header h;
    int records = 0;

    write_small(path);
    n = read_file(path, bytes, 4096);
    memcpy(bytes + n, bytes, n);
    write_file(path, bytes, 2 * n);
    r = rts_open(path, &e);
    while (rts_next(r, &h, &e) > 0)
        CHECK((int)h.index == records++ % 4);
    CHECK(records == 8 && rts_streams(r) == 2 && rts_offset(r) == 2 * n);
    rts_close(r);
}

static void test_rts_100000_records(void)
{
    struct error e;
    struct rts_writer *w = rts_create(path, &e);
    struct rts_header h;

    for (uint32_t i = 0; i < 100000; i++) {
        rts_describe(&h, "tiny", RTS_U4, 0, NULL);
        rts_put(w, &h, &i, &e);
    }
    CHECK(rts_finish(w, &e) == 0);
    CHECK(count_records(path, &e) == 100000);
}

/* ---- what is refused ---- */

static void test_rts_cut_at_every_byte(void)
{
    unsigned char bytes[4096];
    size_t n;
    struct error e;

    write_small(path);
    n = read_file(path, bytes, sizeof bytes);
    CHECK(n > 900 && count_records(path, &e) == 4);
    for (size_t cut = 0; cut < n; cut++) {
        write_file(other, bytes, cut);
        e.text[0] = '\0';
        if (!CHECK(count_records(other, &e) == -1) || !CHECK(strncmp(e.text, other, 10) == 0) ||
            !CHECK(strstr(e.text, cut ? "cut short" : "empty")))
            return;
    }
}

static void test_rts_flip_of_every_bit(void)
{
    unsigned char bytes[4096];
    size_t n;
    struct error e;

    write_small(path);
    n = read_file(path, bytes, sizeof bytes);
    for (size_t bit = 0; bit < 8 * n; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        write_file(other, bytes, n);
        bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
        if (!CHECK(count_records(other, &e) == -1)) {
            printf("# bit %zu\n", bit);
            return;
        }
    }
}

static void test_rts_missing_record(void)
{
    unsigned char bytes[4096], less[4096];
    size_t n, first = RTS_HEADER_BYTES + 64, second = RTS_HEADER_BYTES + 64;
    struct error e;

    write_small(path);
    n = read_file(path, bytes, sizeof bytes);
    memcpy(less, bytes, first);
    memcpy(less + first, bytes + first + second, n - first - second);
    write_file(other, less, n - second);
    CHECK(count_records(other, &e) == -1 && strstr(e.text, "expected 1"));
    write_file(other, bytes + first, n - first);
    CHECK(count_records(other, &e) == -1 && strstr(e.text, "expected 0"));
}

static void test_rts_rubbish_behind_the_end(void)
{
    unsigned char bytes[4096];
    size_t n;
    struct error e;

    write_small(path);
    n = read_file(path, bytes, sizeof bytes);
    bytes[n] = 0;
    write_file(other, bytes, n + 1);
    CHECK(count_records(other, &e) == -1);
}

int main(void)
{
    make_folder();
    RUN(test_rts_round_trip);
    RUN(test_rts_dtypes);
    RUN(test_rts_copy_gives_the_same_bytes);
    RUN(test_rts_abandon_leaves_the_old_file);
    RUN(test_rts_closed_under_cat);
    RUN(test_rts_100000_records);
    RUN(test_rts_cut_at_every_byte);
    RUN(test_rts_flip_of_every_bit);
    RUN(test_rts_missing_record);
    RUN(test_rts_rubbish_behind_the_end);
    remove_folder();
    return check_status();
}

/* Tests of lib/base and of histories. */
#include "base/crc.h"
#include "base/error.h"
#include "base/files.h"
#include "base/input.h"
#include "base/output.h"
#include "base/parse.h"
#include "base/rate.h"
#include "base/rng.h"
#include "base/sigpipe.h"
#include "base/threads.h"
#include "check.h"
#include "rts/examples.h"
#include "rts/names.h"
#include "streams.h"

#include <errno.h>
#include <stdatomic.h>
#include <unistd.h>
#include <zlib.h>

/* ---- numbers ---- */

static void test_parse(void)
{
    static const char *const no_int[] = {"",    " 1",  "+1", "1 ",  "1x",
                                         "0x1", "1.0", "-",  "101", "99999999999999999999"};
    static const char *const no_real[] = {"",      " 1", "nan", "inf", "-inf",
                                          "1e999", "1x", ".",   "3.1", "0x1"};
    static const char *const no_bytes[] = {"",
                                           " 10",
                                           "+10",
                                           "10 ",
                                           "10B",
                                           "10k",
                                           "10MB",
                                           "1.5K",
                                           "-10",
                                           "9",
                                           "98K",
                                           "K",
                                           "0x10",
                                           "99999999999999999999",
                                           "0000000000000000000000000010"};
    int64_t n = 7;
    uint64_t u = 7;
    double d = 7;

    for (size_t i = 0; i < sizeof no_int / sizeof no_int[0]; i++)
        if (!CHECK(parse_int(no_int[i], -5, 100, &n) == -1))
            printf("# '%s'\n", no_int[i]);
    CHECK(n == 7);
    CHECK(parse_int("-5", -5, 100, &n) == 0 && n == -5);
    CHECK(parse_int("100", -5, 100, &n) == 0 && n == 100);
    CHECK(parse_u64("18446744073709551615", &u) == 0 && u == UINT64_MAX);
    CHECK(parse_u64("18446744073709551616", &u) == -1 && parse_u64("-1", &u) == -1);
    for (size_t i = 0; i < sizeof no_real / sizeof no_real[0]; i++)
        if (!CHECK(parse_real(no_real[i], -3, 3, &d) == -1))
            printf("# '%s'\n", no_real[i]);
    CHECK(d == 7);
    CHECK(parse_bytes("64M", 1, UINT64_MAX, &u) == 0 && u == (uint64_t)64 << 20);
    CHECK(parse_bytes("3K", 3072, 3072, &u) == 0 && u == 3072);
    CHECK(parse_bytes("0", 0, 9, &u) == 0 && u == 0);
    CHECK(parse_bytes("2G", 0, UINT64_MAX, &u) == 0 && u == (uint64_t)2 << 30);
    CHECK(parse_bytes("16777215T", 0, UINT64_MAX, &u) == 0 &&
          u == UINT64_MAX - (((uint64_t)1 << 40) - 1));
    CHECK(parse_bytes("16777216T", 0, UINT64_MAX, &u) == -1);
    for (size_t i = 0; i < sizeof no_bytes / sizeof *no_bytes; i++)
        if (!CHECK(parse_bytes(no_bytes[i], 10, 100000, &u) == -1))
            printf("# '%s'\n", no_bytes[i]);
    CHECK(parse_real("-.5", -3, 3, &d) == 0 && d == -0.5);
    CHECK(parse_real("1e-3", -3, 3, &d) == 0 && d == 1e-3);
    CHECK(parse_real("1e-320", 0, 3, &d) == 0 && d == 1e-320);
    CHECK(parse_real("-1e-999", -3, 3, &d) == 0 && d == 0);
}

/* The first numbers of the demo program that comes with PCG's C library: seed 42, stream 54. */
static void test_rng_is_pcg32(void)
{
    static const uint32_t want[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330,
                                    0x83d2f293, 0xbfa4784b, 0xcbed606e};
    struct rng r;

    rng_seed(&r, 42, 54);
    for (int i = 0; i < 6; i++)
        CHECK(rng_u32(&r) == want[i]);
}

static void test_rng_below(void)
{
    int seen[7] = {0};
    struct rng r;

    rng_seed(&r, 1, 1);
    for (int i = 0; i < 7000; i++) {
        uint64_t n = rng_below(&r, 7);
        if (!CHECK(n < 7))
            return;
        seen[n]++;
    }
    for (int i = 0; i < 7; i++)
        CHECK(seen[i] > 850 && seen[i] < 1150);
    CHECK(rng_below(&r, 1) == 0);
    CHECK(rng_below(&r, 1ull << 63) < 1ull << 63);
    for (int i = 0; i < 1000; i++) {
        float f = rng_float(&r);
        if (!CHECK(f >= 0 && f < 1))
            return;
    }
}

/* ---- errors stay one line ---- */

static void test_error_is_one_line(void)
{
    struct error e;
    char far[2000];

    CHECK(error_set(&e, "%s: %s", "a\nb\033[31m", "why\x7f") == -1);
    CHECK_TEXT(e.text, "a?b?[31m: why?");
    memset(far, 'x', sizeof far - 1);
    far[sizeof far - 1] = '\0';
    error_set(&e, "%s", far);
    CHECK(strlen(e.text) == sizeof e.text - 1);
}

/* ---- history and names ---- */

static void test_history(void)
{
    struct history h = {0};
    struct error e;

    CHECK(!history_holds(&h, "a\n"));
    CHECK(history_add(&h, "", "first 1\nsecond", &e) == 0);
    CHECK(history_add(&h, "  ", "x\ty\n", &e) == 0);
    CHECK_TEXT(h.text, "first 1\nsecond\n  x?y\n");
    CHECK(history_holds(&h, "first 1\n") && history_holds(&h, "second\n"));
    CHECK(history_holds(&h, "first 1\nsecond\n"));
    CHECK(!history_holds(&h, "1\n") && !history_holds(&h, "econd\n"));
    CHECK(history_holds(&h, "second") && !history_holds(&h, "first") && !history_holds(&h, "sec"));
    history_free(&h);
    CHECK(h.text == NULL);
}

/* Whole texts count, not how they begin; the last newline does not; bounded, it forgets. */
static void test_history_seen(void)
{
    struct history_seen s = {0};
    struct error e;
    char text[32];

    CHECK(history_seen(&s, "one\ntwo\n", &e) == 0 && history_seen(&s, "one\n", &e) == 0);
    CHECK(history_seen(&s, "two", &e) == 0 && history_seen(&s, "", &e) == 0);
    CHECK(history_seen(&s, "one\ntwo", &e) == 1 && history_seen(&s, "one\n", &e) == 1);
    for (int i = 4; i < HISTORY_SEEN_MAX; i++) {
        snprintf(text, sizeof text, "%d", i);
        CHECK(history_seen(&s, text, &e) == 0);
    }
    CHECK(s.count == HISTORY_SEEN_MAX && history_seen(&s, "one", &e) == 0);
    CHECK(s.count == 1 && s.slots == 2 * HISTORY_SEEN_MAX);
    history_seen_free(&s);
    CHECK(s.slot == NULL && s.count == 0);
}

/* It never grows beyond its bound: the oldest lines but the first are the ones to go. */
static void test_history_mark(void)
{
    static const char stopped[] = "rottrain 1 -e 9 stopped=SIGINT at step 3 of 9\n  data: x\n";
    char text[256];

    CHECK(!history_mark(NULL, " stopped=") && !history_mark("", " stopped=") &&
          !history_mark("rotgen stopped=x\n", " stopped="));
    CHECK(strncmp(history_mark(stopped, " stopped="), "SIGINT at step 3 of 9\n", 22) == 0);
    CHECK(!history_mark("  model: rottrain 1 stopped=SIGINT at step 3 of 9\nfeatdump 1\n",
                        " stopped="));
    CHECK(!history_mark("rottrain 1\nheadswap stopped=x\n", " stopped="));
    /* The last training counts. */
    snprintf(text, sizeof text, "%sheadswap 1 -c 3\n", stopped);
    CHECK(history_mark(text, " stopped=") != NULL);
    snprintf(text, sizeof text, "%srottrain 1 -e 2\n", stopped);
    CHECK(!history_mark(text, " stopped="));
    snprintf(text, sizeof text, "rottrain 1 -e 2\n%s", stopped);
    CHECK(history_mark(text, " stopped=") != NULL);
}

static void test_history_is_bounded(void)
{
    struct history h = {0};
    struct error e;
    char line[64];

    history_add(&h, "", "the very first", &e);
    for (int i = 0; i < 1000; i++) {
        snprintf(line, sizeof line, "step %d of many, which are too many", i);
        if (!CHECK(history_add(&h, "", line, &e) == 0) || !CHECK(strlen(h.text) <= HISTORY_MAX))
            break;
    }
    CHECK(strncmp(h.text, "the very first\n...\nstep ", 24) == 0);
    CHECK(strstr(h.text, "step 999 of many, which are too many\n") && !strstr(h.text, "step 0 "));
    CHECK(strlen(h.text) > HISTORY_MAX - 100);
    history_free(&h);
}

static void test_names_lines(void)
{
    int n;
    const char *name = names_line("a\nbcd\ne", 1, &n);

    CHECK(name && n == 3 && strncmp(name, "bcd", 3) == 0);
    name = names_line("a\nbcd\ne", 2, &n);
    CHECK(name && n == 1 && *name == 'e');
    CHECK(!names_line("a\nbcd\ne", 3, &n) && !names_line("a\n", 1, &n) && !names_line(NULL, 0, &n));
    CHECK(names_count("a\nbcd\ne") == 3 && names_count("a\n") == 1 && names_count(NULL) == 0);
}

static void test_names_load(void)
{
    static const char *const wrong[] = {"",       "\n",         "a\n\nb\n", "a\tb\n",
                                        "a\rb\n", "a\n\nb\n\n", "\r\n\n"};
    struct error e;
    char *names;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        write_file(path, wrong[i], strlen(wrong[i]));
        names = names_load(path, &e);
        if (!CHECK(names == NULL))
            printf("# %zu\n", i);
        free(names);
    }
    write_file(path, "a b\r\nc\r", 7);
    names = names_load(path, &e);
    CHECK_TEXT(names, "a b\nc\n");
    free(names);
    write_file(path, "a b\r\nc\n\r\n\n", 10);
    names = names_load(path, &e);
    CHECK_TEXT(names, "a b\nc\n");
    free(names);
    write_file(path, "a b\nc", 5);
    names = names_load(path, &e);
    CHECK_TEXT(names, "a b\nc\n");
    free(names);
}

/* ---- files ---- */

static void test_output_then_input(void)
{
    struct error e;
    struct output *out = output_open(path, &e);
    struct input *in;
    unsigned char piece[70000], back[70000];
    int same = 1;

    for (size_t i = 0; i < sizeof piece; i++)
        piece[i] = (unsigned char)(i * i >> 3);
    /* Pieces smaller and larger than any buffer. */
    for (size_t n = 1; n < sizeof piece; n = 3 * n + 1)
        CHECK(output_write(out, piece, n, &e) == 0);
    CHECK(output_write(out, NULL, 0, &e) == 0);
    CHECK(output_close(out, &e) == 0);
    in = input_open(path, &e);
    for (size_t n = 1; n < sizeof piece; n = 3 * n + 1)
        same &= input_read(in, back, n, &e) == (int64_t)n && memcmp(piece, back, n) == 0;
    CHECK(same);
    CHECK(input_read(in, back, 10, &e) == 0);
    input_close(in);
}

static void test_input_errors(void)
{
    struct error e;

    CHECK(input_open("/nonexistent/file", &e) == NULL && strstr(e.text, "No such file"));
    CHECK(input_open("/tmp", &e) == NULL && strstr(e.text, "is a directory"));
}

/* ---- threads ---- */

enum { TASKS = 1000 };

struct tally {
    atomic_int done[TASKS];
    atomic_int wrong;
    int threads;
};

static void count_task(void *context, int thread, int task)
{
    struct tally *t = context;

    atomic_fetch_add(&t->done[task], 1);
    if (thread < 0 || thread >= t->threads)
        atomic_fetch_add(&t->wrong, 1);
}

/* The file at `path` becomes a new one. */
static int replace_file(struct error *e)
{
    struct output *out = output_open(path, e);

    return out ? output_close(out, e) : -1;
}

static void test_no_file_is_input_and_output(void)
{
    struct error e;
    struct input *in;
    struct output *out;

    CHECK(replace_file(&e) == 0);
    out = output_open(path, &e);
    CHECK(out && !input_open(path, &e) && strstr(e.text, ": is both input and output"));
    output_abandon(out);
    /* Opened twice and closed once it is still an input. */
    in = input_open(path, &e);
    input_close(input_open(path, &e));
    CHECK(replace_file(&e) < 0 && strstr(e.text, ": is both input and output"));
    input_close(in);
    CHECK(replace_file(&e) == 0);
    /* In a program it stays one, unless that has an end. */
    files_keep();
    for (int i = 0; i < 2; i++) {
        input_close(input_open(path, &e));
        CHECK(replace_file(&e) < 0);
    }
    files_forget(path);
    CHECK(replace_file(&e) == 0 && replace_file(&e) == 0);
}

static void test_broken_pipe(void)
{
    struct sigpipe held;
    int end[2];

    CHECK(pipe(end) == 0);
    close(end[0]);
    for (int i = 0; i < 2; i++) {
        sigpipe_hold(&held);
        CHECK(write(end[1], "x", 1) < 0);
        sigpipe_release(&held);
        CHECK(errno == EPIPE);
    }
    close(end[1]);
}

static void test_threads_do_every_task_once(void)
{
    static struct tally t;
    struct error e;

    for (int threads = 1; threads <= 5; threads++) {
        struct team *team = team_new(threads, &e);
        int right = 1;
        memset(&t, 0, sizeof t);
        t.threads = threads;
        for (int job = 0; job < 200; job++)
            team_run(team, count_task, &t, job % TASKS);
        team_run(team, count_task, &t, TASKS);
        team_free(team);
        for (int task = 0; task < TASKS; task++)
            right &= t.done[task] == 1 + (task < 199 ? 199 - task : 0);
        CHECK(right && t.wrong == 0);
    }
}

static void test_rates(void)
{
    static const struct {
        double rate;
        int decimals;
        const char *text;
    } all[] = {{0, 4, "0.0000"},
               {1, 4, "1.0000"},
               {0.5, 4, "0.5000"},
               {29999.0 / 30000, 4, "0.99997"},
               {1.0 / 30000, 4, "0.00003"},
               {0.99994, 4, "0.9999"},
               {0.99995001, 4, "0.99995"},
               {59999999.0 / 60000000, 6, "0.99999998"},
               {1 - 1.2e-16, 4, "0.9999999999999999"}};
    char text[RATE_BYTES];

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!CHECK(strcmp(rate_text(all[i].rate, all[i].decimals, text), all[i].text) == 0))
            printf("# %s, not %s\n", text, all[i].text);
}

/* ---- checksums ---- */

/* Against zlib's: every length, at every address, going on from a CRC; and in parts. */
static void test_crc(void)
{
    static unsigned char bytes[70000];
    struct rng r;
    int same = 1;

    rng_seed(&r, 1, 1);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)rng_u32(&r);
    for (size_t n = 0; n < 700; n++)
        for (size_t at = 0; at < 17; at += n % 5 + 1) {
            uint32_t before = (uint32_t)(n * 0x9e3779b9u);
            same &= crc_add(before, bytes + at, n) == crc32_z(before, bytes + at, n);
        }
    CHECK(same);
    for (size_t n = sizeof bytes - 40; n <= sizeof bytes; n++)
        CHECK(crc_add(0, bytes, n) == crc32_z(0, bytes, n));
    for (size_t n = 0; n < 2000; n += 37)
        CHECK(crc_add(crc_add(0, bytes, n), bytes + n, sizeof bytes - n) ==
              crc32_z(0, bytes, sizeof bytes));
    CHECK(crc_add(7, NULL, 0) == 7);
    /* The check value of the Rocksoft catalogue. */
    CHECK(crc_add(0, "123456789", 9) == 0xcbf43926);
}

int main(void)
{
    make_folder();
    RUN(test_parse);
    RUN(test_rates);
    RUN(test_rng_is_pcg32);
    RUN(test_rng_below);
    RUN(test_error_is_one_line);
    RUN(test_history);
    RUN(test_history_seen);
    RUN(test_history_mark);
    RUN(test_history_is_bounded);
    RUN(test_names_lines);
    RUN(test_names_load);
    RUN(test_output_then_input);
    RUN(test_input_errors);
    RUN(test_no_file_is_input_and_output);
    RUN(test_broken_pipe);
    RUN(test_crc);
    RUN(test_threads_do_every_task_once);
    remove_folder();
    return check_status();
}

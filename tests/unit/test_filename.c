/* Names of files: as lines of text, in streams, through what collects examples. */
#include "check.h"
#include "streams.h"

#include "rts/filename.h"
#include "rts/gather.h"

/* What `printf %b` makes of a line. */
static void printf_b(const char *line, char *to, size_t room)
{
    char command[64 + FILENAME_LINE_MAX];
    FILE *f;
    size_t n;

    snprintf(command, sizeof command, "LINE='%s'; printf %%b \"$LINE\"", line);
    f = popen(command, "r");
    n = f ? fread(to, 1, room - 1, f) : 0;
    to[n] = '\0';
    if (f)
        pclose(f);
}

static void check_line(const char *name, const char *want)
{
    char line[FILENAME_LINE_MAX + 1], back[2 * FILENAME_LINE_MAX];

    CHECK(filename_line(name, line) == (int)strlen(want));
    CHECK(strcmp(line, want) == 0);
    printf_b(line, back, sizeof back);
    CHECK(strcmp(back, name) == 0);
}

static void test_lines(void)
{
    char longest[FILENAME_LINE_MAX + 2], line[FILENAME_LINE_MAX + 1];

    check_line("photos/cat/a b.jpg", "photos/cat/a b.jpg");
    check_line("Z\xc3\xbcrich/\xe2\x82\xac.png", "Z\xc3\xbcrich/\xe2\x82\xac.png");
    check_line("a\tb\nc\rd\\e", "a\\tb\\nc\\rd\\\\e");
    check_line("a\x01z\x7f\x1b", "a\\0001z\\0177\\0033");
    /* Latin-1, and a control character of two bytes (U+0085). */
    check_line("caf\xe9 \xc2\x85", "caf\\0351 \\0302\\0205");
    memset(longest, 'x', sizeof longest);
    longest[FILENAME_LINE_MAX + 1] = '\0';
    CHECK(filename_line(longest, line) == -1);
    longest[FILENAME_LINE_MAX] = '\0';
    CHECK(filename_line(longest, line) == FILENAME_LINE_MAX && strcmp(line, longest) == 0);
    longest[FILENAME_LINE_MAX - 1] = '\n';
    CHECK(filename_line(longest, line) == -1);
}

/* Chunks of 1, 2, ... examples, of which every second chunk has names; some are kept. */
static void put_kept(struct gather *g, struct error *e)
{
    static uint8_t pixel[40];
    static uint32_t label[40];
    const char *file[40];
    char text[40][16];

    for (uint64_t n = 1; n < 40; n++) {
        struct chunk c = chunk_like("image", RTS_U1, 4, (uint64_t[]){0, 1, 1, 1});
        for (uint64_t i = 0; i < n; i++) {
            pixel[i] = (uint8_t)(n + i);
            label[i] = (uint32_t)(n * 100 + i);
            snprintf(text[i], sizeof text[i], "%d/%d", (int)n, (int)i);
            file[i] = text[i];
        }
        c.n = n;
        c.data = pixel;
        c.label = label;
        c.file = n % 2 ? NULL : file;
        for (uint64_t i = 0; i < n / 2; i++)
            chunk_move(&c, i, 2 * i + 1);
        CHECK(gather_add(g, &c, n / 2, e) == 0);
    }
    CHECK(gather_finish(g, e) == 0);
}

static void test_gather(void)
{
    struct error e;
    char *paths[] = {path};
    struct gather g = {.out = rts_create(path, &e)};
    struct source *in;
    struct chunk c;
    uint64_t n = 2, i = 0;
    int right = 1;

    put_kept(&g, &e);
    CHECK(rts_finish(g.out, &e) == 0);
    gather_free(&g);
    in = source_open(paths, 1, &e);
    while (source_next(in, &c, &e) > 0)
        for (uint64_t k = 0; k < c.n; k++, i++) {
            char want[16];
            if (i == n / 2) {
                i = 0;
                n++;
            }
            snprintf(want, sizeof want, "%d/%d", (int)n, (int)(2 * i + 1));
            right &= c.label[k] == n * 100 + 2 * i + 1;
            right &= n % 2 ? !c.file : c.file && strcmp(c.file[k], want) == 0;
        }
    CHECK(right && n == 39 && i == 19);
    source_close(in);
}

/* A stream of two images, then a label record or not, and a record `file` of this text. */
static void check_refused(int labelled, int first, const char *text, const char *want)
{
    struct error e = {0};
    struct rts_writer *w = rts_create(path, &e);
    struct chunk c = chunk_like("image", RTS_U1, 4, (uint64_t[]){0, 1, 1, 1});
    char *paths[] = {path};
    uint8_t pixel[2] = {1, 2};
    uint32_t label[2] = {0, 1};
    struct source *in;
    int got;

    c.n = 2;
    c.data = pixel;
    c.label = labelled ? label : NULL;
    if (first)
        rts_put_text(w, "file", text, &e);
    examples_put_chunk(w, &c, &e);
    if (!first)
        rts_put_text(w, "file", text, &e);
    CHECK(rts_finish(w, &e) == 0);
    in = source_open(paths, 1, &e);
    got = source_next(in, &c, &e);
    if (want) {
        CHECK(got == -1 && strstr(e.text, "'file'") && strstr(e.text, want));
    } else {
        CHECK(got == 1 && strcmp(c.file[0], "one") == 0 && strcmp(c.file[1], "") == 0);
    }
    source_close(in);
}

static void test_refused(void)
{
    static char line[FILENAME_LINE_MAX + 16];

    check_refused(0, 0, "one\n\n", NULL);
    check_refused(1, 0, "one\n\n", NULL);
    check_refused(1, 0, "one\n", "1 file names for 2 examples");
    check_refused(0, 0, "one\ntwo\nthree\n", "3 file names for 2 examples");
    check_refused(0, 0, "one\ntwo", "no newline");
    check_refused(0, 1, "one\ntwo\n", "file names without examples");
    memset(line, 'x', FILENAME_LINE_MAX + 1);
    strcpy(line + FILENAME_LINE_MAX + 1, "\n\n");
    check_refused(0, 0, line, "more than 4095 bytes");
}

int main(void)
{
    make_folder();
    RUN(test_lines);
    RUN(test_gather);
    RUN(test_refused);
    remove_folder();
    return check_status();
}

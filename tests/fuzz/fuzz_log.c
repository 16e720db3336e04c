/* The table of epochs of a training that goes on: what was there of later epochs is gone, no more.
 */
#include "fuzz.h"

#include "train/epochlog.h"

#include <stdlib.h>
#include <unistd.h>

static struct file input;
static char path[] = "/tmp/rotpipe-fuzz.XXXXXX";

static void remove_file(void)
{
    unlink(path);
}

/* A log has a name: an open file of the program's own would be written on from where it is. */
static void name_file(void)
{
    if (input.fd)
        return;
    input.fd = mkstemp(path);
    REQUIRE(input.fd > 0 && atexit(remove_file) == 0);
}

/* Goes on behind so many epochs and, if there is one, adds a line. Returns whether it could. */
static int go_on(int epochs, const struct epoch *line)
{
    struct error e;
    FILE *log = epochlog_continue(path, epochs, &e);

    if (!log) {
        require_error(&e);
        return 0;
    }
    if (line)
        epochlog_add(log, line);
    REQUIRE(epochlog_close(log, "log", &e) == 0);
    return 1;
}

/* A header, lines of these epochs, and the line that was added. */
static void check_table(char *table, size_t n, int epochs)
{
    char *line = strchr(table, '\n');

    REQUIRE(n > 0 && strlen(table) <= n && strncmp(table, "epoch\t", 6) == 0 && line);
    for (line++; *line; line = strchr(line, '\n') + 1) {
        long number = strtol(line, NULL, 10);
        REQUIRE(strchr(line, '\n') && number >= 1 && number <= epochs + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    struct epoch line = {.number = 1, .lr = 0.5, .seconds = 1};
    int epochs = (int)(next_byte(&b) % 8), nul = memchr(b.at, '\0', b.left) != NULL;
    uint8_t *before, *after;
    size_t n, m;

    line.number += epochs;
    line.has_valid = (int)(size & 1);
    name_file();
    file_fill(&input, b.at, b.left);
    if (!go_on(epochs, &line)) {
        before = file_bytes(&input, &n);
        REQUIRE(n == b.left && memcmp(before, b.at, n) == 0);
        free(before);
        return 0;
    }
    before = file_bytes(&input, &n);
    before[n] = '\0';
    if (!nul)
        check_table((char *)before, n, epochs);
    /* Behind its last line a table stays as it is. */
    REQUIRE(go_on(epochs + 1, NULL));
    after = file_bytes(&input, &m);
    REQUIRE(n == m && memcmp(before, after, n) == 0);
    free(before);
    free(after);
    return 0;
}

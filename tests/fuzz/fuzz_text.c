/* Class names from a file, and histories: lists of lines that stay what they are. */
#include "fuzz.h"

#include "rts/examples.h"
#include "rts/names.h"

static struct file input;

/* Every way to count lines agrees, and none holds what would break a line. */
static void check_names(const char *names)
{
    uint64_t n = names_count(names), i = 0;
    const char *next = names;
    int length;

    REQUIRE(n > 0);
    for (; *next; i++) {
        const char *line = i < 64 ? names_line(names, i, &length) : next;
        REQUIRE(line == next);
        if (i >= 64)
            length = (int)strcspn(next, "\n");
        REQUIRE(length > 0 && next[length] == '\n');
        for (int k = 0; k < length; k++)
            REQUIRE((unsigned char)next[k] >= 0x20 && next[k] != 0x7f);
        next += length + 1;
    }
    REQUIRE(i == n && !names_line(names, n, &length) && length == 0);
}

static void require_history(const struct history *h)
{
    size_t n = strlen(h->text);

    REQUIRE(n > 0 && n <= HISTORY_MAX && h->text[n - 1] == '\n');
    for (size_t i = 0; i < n; i++)
        REQUIRE((unsigned char)h->text[i] >= 0x20 ? h->text[i] != 0x7f : h->text[i] == '\n');
}

/* A history that takes a text in, again and again: bounded, its first line the oldest. */
static void check_history(const char *text)
{
    struct history h = {0};
    struct error e;
    char *first;

    REQUIRE(history_add(&h, "", text, &e) == 0);
    REQUIRE(*text ? h.text != NULL : !h.text);
    if (!h.text)
        return;
    require_history(&h);
    REQUIRE(history_holds(&h, h.text));
    first = strndup(h.text, strcspn(h.text, "\n") + 1);
    REQUIRE(first != NULL);
    for (int i = 0; i < 6; i++) {
        REQUIRE(history_add(&h, i % 2 ? "  data: " : "", text, &e) == 0);
        require_history(&h);
        REQUIRE(history_holds(&h, first) && strncmp(h.text, first, strlen(first)) == 0);
    }
    REQUIRE(history_add(&h, "", "the last", &e) == 0 && history_holds(&h, "the last\n"));
    free(first);
    history_free(&h);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    struct error e;
    char *text, *names = names_load(file_fill(&input, data, size), &e);

    if (names)
        check_names(names);
    else
        require_error(&e);
    free(names);
    text = rest_as_text(&b);
    check_history(text);
    free(text);
    return 0;
}

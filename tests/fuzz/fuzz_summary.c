/* What a stream holds, gathered and printed as rtsinfo does it. */
#include "fuzz.h"

#include "rts/describe.h"

static struct file input;

/* What a terminal would be shown of it. */
static void require_plain(const struct summary *s)
{
    char *text = NULL;
    size_t n = 0;
    FILE *to = open_memstream(&text, &n);

    REQUIRE(to != NULL);
    describe_summary(to, s);
    REQUIRE(fclose(to) == 0);
    for (size_t i = 0; i < n; i++)
        REQUIRE((unsigned char)text[i] >= 0x20 ? text[i] != 0x7f : text[i] == '\n');
    free(text);
}

/* As rtsinfo does it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct summary s;
    struct error e;
    struct rts_reader *r = rts_open(file_fill(&input, data, size), &e);
    struct rts_header h;
    int got;

    REQUIRE(r != NULL);
    while ((got = rts_next(r, &h, &e)) > 0) {
        if (h.index == 0 && s.net) {
            require_plain(&s);
            summary_reset(&s);
        }
        if ((got = summary_take(&s, r, &h, &e)) < 0)
            break;
    }
    require_plain(&s);
    summary_reset(&s);
    if (got)
        require_error(&e);
    rts_close(r);
    return 0;
}

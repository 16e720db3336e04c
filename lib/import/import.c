/* The loop that turns a data set in another format into a stream. */
#include "import/import.h"

#include <inttypes.h>
#include <stdio.h>

static int put_examples(const struct importer *i, struct rts_writer *out, struct error *e)
{
    struct chunk c;
    int got, none = 1;

    while ((got = i->next(i->context, &c, e)) > 0) {
        if (examples_put_chunk(out, &c, e) < 0)
            return -1;
        none = 0;
    }
    if (got < 0)
        return -1;
    return none ? examples_put_chunk(out, &i->like, e) : 0;
}

/* The checksums of the sources are known at their end only. */
static int put_digest(const struct importer *i, struct rts_writer *out, struct error *e)
{
    struct history d = {0};
    int status = i->digest(i->context, &d, e);

    if (status == 0 && d.text)
        status = rts_put_text(out, "digest", d.text, e);
    history_free(&d);
    return status;
}

int import_write(const struct importer *i, struct rts_writer *out, int provenance, struct error *e)
{
    struct history step = {0};
    int status = 0;

    if (provenance) {
        status = history_add(&step, "", i->step, e);
        if (status == 0)
            status = rts_put_text(out, "history", step.text, e);
        history_free(&step);
    }
    if (status < 0 || (i->names && rts_put_text(out, "names", i->names, e) < 0) ||
        put_examples(i, out, e) < 0)
        return -1;
    return provenance ? put_digest(i, out, e) : 0;
}

int import_digest_add(struct history *d, const char *what, uint64_t n, uint32_t crc,
                      struct error *e)
{
    char line[128];

    snprintf(line, sizeof line, "%s %" PRIu64 " crc32 %08" PRIx32, what, n, crc);
    return history_add(d, "", line, e);
}

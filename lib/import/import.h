/*
 * A data set in another format becomes a stream: one loop, and one kind of provenance, for all
 * formats.
 */
#ifndef ROTPIPE_IMPORT_IMPORT_H
#define ROTPIPE_IMPORT_IMPORT_H

#include "rts/examples.h"

/* What a format has to tell. All that it points to stays the caller's. */
struct importer {
    const char
        *step; /* the line of the history: the program, its version, what decides the result */
    const char *names; /* class names, one per line, or NULL */
    struct chunk
        like; /* what is written if there are no examples: kind, shape, with labels or not */
    void *context;

    /*
     * The next examples, not more than a written chunk takes (examples_per_chunk); what c points to
     * stays valid until the next call. Returns 1; 0 after the last; -1.
     */
    int (*next)(void *context, struct chunk *c, struct error *e);

    /*
     * After the last example: adds to d a line for each source, as import_digest_add writes it.
     * 0 or -1.
     */
    int (*digest)(void *context, struct history *d, struct error *e);
};

/*
 * Writes all of it but the end of the stream: the history, the names, the examples, the digest;
 * without provenance neither history nor digest. 0 or -1.
 */
int import_write(const struct importer *i, struct rts_writer *out, int provenance, struct error *e);

/* Adds "WHAT N crc32 C": how many items a source held, and the CRC-32 of its bytes, uncompressed.
 */
int import_digest_add(struct history *d, const char *what, uint64_t n, uint32_t crc,
                      struct error *e);

#endif

/*
 * Whole files in memory, one after the other in the same buffer, with few system calls: for
 * programs that read many small ones.
 */
#ifndef ROTPIPE_BASE_WHOLEFILE_H
#define ROTPIPE_BASE_WHOLEFILE_H

#include "base/error.h"

#include <stddef.h>

/* Zeroed: empty. Freed by wholefile_free. */
struct wholefile {
    unsigned char *bytes;
    size_t n;
    size_t room;
};

enum wholefile_result {
    WHOLEFILE_READ = 0,
    WHOLEFILE_UNREADABLE = 1, /* missing, a folder, too large, ... */
    WHOLEFILE_FAILED = -1     /* the system has failed, or it is a file that this process writes */
};

/*
 * Reads the file at path; more than `most` bytes are refused. any: it may be a FIFO or a device,
 * too; if not, such a file is not waited for. Where the file is unreadable *e is the reason alone,
 * without the path; where reading has failed it is a whole message.
 */
enum wholefile_result wholefile_read(struct wholefile *f, const char *path, int any, size_t most,
                                     struct error *e);

/*
 * The same of standard input, which may be compressed (see input.h) and is noted as an input; *e is
 * always a whole message.
 */
int wholefile_read_standard_input(struct wholefile *f, size_t most, struct error *e);

void wholefile_free(struct wholefile *f);

#endif

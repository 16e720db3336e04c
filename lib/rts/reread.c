/* Files opened again, and a spool for what cannot be. */
#include "rts/reread.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* True if every operand is a regular file. One that cannot be looked at will say why when opened.
 */
static int can_read_again(const struct reread *r)
{
    struct stat st;

    for (int i = 0; i < (r->operands ? r->operands : 1); i++) {
        const char *path = r->operands ? r->paths[i] : "-";
        int standard = strcmp(path, "-") == 0;
        if ((standard ? fstat(STDIN_FILENO, &st) : stat(path, &st)) < 0)
            continue;
        if (!S_ISREG(st.st_mode) || (standard && r->start < 0))
            return 0;
    }
    return 1;
}

void reread_plan(struct reread *r, char **paths, int n, const char *step, unsigned drop)
{
    *r = (struct reread){.paths = paths, .operands = n, .step = step, .drop = drop};
    r->start = lseek(STDIN_FILENO, 0, SEEK_CUR);
    r->in_place = can_read_again(r);
}

/* The first reading of what can be read once: its copy becomes standard input. */
static int pass_to_copy(struct reread *r,
                        int (*pass)(void *context, struct source *in, struct rts_writer *copy,
                                    struct error *e),
                        void *context, struct error *e)
{
    int fd = -1, status = -1;
    struct source *in = source_open(r->paths, r->operands, e);
    struct output *file = in ? output_open_spool(&fd, e) : NULL;
    struct rts_writer *copy = file ? rts_create_on(file, e) : NULL;

    if (copy && source_pass(in, copy, r->step, r->drop, e) == 0 && pass(context, in, copy, e) == 0)
        status = rts_finish(copy, e);
    else
        rts_abandon(copy);
    source_close(in);
    if (status == 0 && (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0))
        status = error_set(e, "temporary file: cannot be read back");
    if (fd >= 0)
        close(fd);
    r->step = "";
    r->operands = 0;
    r->start = 0;
    r->in_place = 1;
    return status;
}

int reread_pass(struct reread *r,
                int (*pass)(void *context, struct source *in, struct rts_writer *copy,
                            struct error *e),
                void *context, struct error *e)
{
    struct source *in;
    int status;

    if (!r->in_place)
        return pass_to_copy(r, pass, context, e);
    in = source_open(r->paths, r->operands, e);
    status = in ? pass(context, in, NULL, e) : -1;
    source_close(in);
    if (r->start >= 0)
        lseek(STDIN_FILENO, r->start, SEEK_SET);
    return status;
}

struct source *reread_last(const struct reread *r, struct rts_writer *out, struct error *e)
{
    struct source *in = source_open(r->paths, r->operands, e);

    if (in && source_pass(in, out, r->step, r->drop, e) < 0) {
        source_close(in);
        return NULL;
    }
    return in;
}

#include "cli/cli.h"

#include "base/parse.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

const char *program = "rotpipe";

/*
 * A standard stream that the caller has closed would be the next file that is opened, and messages
 * or the result would go into that. Its place is taken by something that fails in every use.
 */
static void hold_standard_streams(void)
{
    static const int useless[] = {O_WRONLY, O_RDONLY, O_RDONLY};

    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", useless[fd]) != fd)
            exit(EXIT_FAILED);
}

void start(char **argv)
{
    const char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;

    if (argv[0])
        program = slash ? slash + 1 : argv[0];
    hold_standard_streams();
#ifdef SIGXFSZ
    signal(SIGXFSZ, SIG_IGN); /* writing past `ulimit -f` is then an error like a full disk */
#endif
}

void die(const struct error *e)
{
    fprintf(stderr, "%s: %s\n", program, e->text);
    exit(EXIT_FAILED);
}

void misused(const char *format, ...)
{
    va_list ap;

    fprintf(stderr, "%s: ", program);
    va_start(ap, format);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fprintf(stderr, " (try '%s --help')\n", program);
    exit(EXIT_MISUSED);
}

void finish_text(void)
{
    int failed = ferror(stdout);

    errno = 0;
    if (fclose(stdout) != 0 || failed) {
        fprintf(stderr, "%s: standard output: cannot write%s%s\n", program, errno ? ": " : "",
                errno ? strerror(errno) : "");
        exit(EXIT_FAILED);
    }
    exit(EXIT_DONE);
}

void common_option(int option, const char *help)
{
    if (option == OPT_HELP) {
        fputs(help, stdout);
        finish_text();
    }
    if (option == OPT_VERSION) {
        printf("%s (rotpipe) %s\n", program, ROTPIPE_VERSION);
        finish_text();
    }
    fprintf(stderr, "%s: try '%s --help'\n", program, program);
    exit(EXIT_MISUSED);
}

int standard_inputs(char **operands, int n)
{
    int count = n == 0;

    for (int i = 0; i < n; i++)
        count += strcmp(operands[i], "-") == 0;
    return count;
}

int64_t int_argument(const char *option, const char *text, int64_t lowest, int64_t highest)
{
    int64_t v = 0;

    if (parse_int(text, lowest, highest, &v) < 0)
        misused("%s: '%s' is no whole number from %" PRId64 " to %" PRId64, option, text, lowest,
                highest);
    return v;
}

double real_argument(const char *option, const char *text, double lowest, double highest)
{
    double v = 0;

    if (parse_real(text, lowest, highest, &v) < 0)
        misused("%s: '%s' is no number from %g to %g", option, text, lowest, highest);
    return v;
}

uint64_t seed_argument(const char *text)
{
    uint64_t v = 0;

    if (parse_u64(text, &v) < 0)
        misused("-s: '%s' is no seed: a whole number from 0 to 2^64 - 1", text);
    return v;
}

/* Start and end of a program, and its messages. */
#include "cli/cli.h"

#include "base/files.h"
#include "base/input.h"
#include "base/output.h"
#include "base/sigpipe.h"
#include "base/utf8.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <unistd.h>

const char *program = "rotpipe";

/* The file of -o, while text goes there and it is not whole. */
static struct output *text_output;

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

/* Somebody who has forgotten an operand should not sit before a program that seems to hang. */
static void tell_waiting(void)
{
    note("reads from the terminal; Ctrl-D ends the input");
}

void start(char **argv)
{
    char *slash = argv[0] ? strrchr(argv[0], '/') : NULL;

    if (argv[0]) {
        program = slash ? slash + 1 : argv[0];
        utf8_make_printable(slash ? slash + 1 : argv[0], strlen(program));
    }
    hold_standard_streams();
    files_keep();
#ifdef SIGXFSZ
    signal(SIGXFSZ, SIG_IGN); /* writing past `ulimit -f` is then an error like a full disk */
#endif
    input_on_terminal(tell_waiting);
}

/*
 * Every message but progress: one line that may be shown, whatever is in it; cut if it is longer.
 * Where its reader has gone the program ends as it would have, and not by SIGPIPE.
 */
static void message(const char *format, va_list ap, int hint)
{
    struct sigpipe held;
    char text[2048];

    vsnprintf(text, sizeof text, format, ap);
    utf8_make_printable(text, strlen(text));
    sigpipe_hold(&held);
    fprintf(stderr, "%s: %s", program, text);
    if (hint)
        fprintf(stderr, " (try '%s --help')", program);
    putc('\n', stderr);
    sigpipe_release(&held);
}

void complain(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    message(format, ap, 0);
    va_end(ap);
}

void die(const struct error *e)
{
    if (e->misuse)
        misused("%s", e->text);
    complain("%s", e->text);
    exit(EXIT_FAILED);
}

void misused(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    message(format, ap, 1);
    va_end(ap);
    exit(EXIT_MISUSED);
}

void note(const char *format, ...)
{
    va_list ap;

    if (is_quiet())
        return;
    va_start(ap, format);
    message(format, ap, 0);
    va_end(ap);
}

/* Whichever way the program ends: what is not whole goes. */
static void abandon_text(void)
{
    output_abandon(text_output);
    text_output = NULL;
}

void start_text(void)
{
    const char *path = result_path();
    struct error e;

    if (!path || strcmp(path, "-") == 0)
        return;
    text_output = output_open_how(path, OUTPUT_TEXT, &e);
    if (!text_output || atexit(abandon_text) != 0 ||
        output_redirect(text_output, STDOUT_FILENO, &e) < 0)
        die(&e);
}

const char *text_name(void)
{
    return text_output ? result_path() : "standard output";
}

void finish_text(void)
{
    const char *name = text_name();
    int failed = ferror(stdout);
    struct error e;

    errno = 0;
    if (fclose(stdout) != 0 || failed) {
        complain("%s: cannot write%s%s", name, errno ? ": " : "", errno ? strerror(errno) : "");
        exit(EXIT_FAILED);
    }
    if (text_output) {
        struct output *out = text_output;
        text_output = NULL;
        if (output_close(out, &e) < 0)
            die(&e);
    }
    exit(EXIT_DONE);
}

/*
 * Errors as values. A library function that can fail returns -1 (or NULL, as its
 * header says) and leaves one line in the caller's struct error; only cmd/ prints it.
 */
#ifndef ROTPIPE_BASE_ERROR_H
#define ROTPIPE_BASE_ERROR_H

struct error {
    char text[512]; /* one line, no newline; NUL-terminated, cut if longer */
};

/* Formats the message into e (control characters become '?'). */
void error_format(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* -1, which the compiler can see: it then knows that what a failed function has not set is not
 * used. */
static inline int error_failed(void)
{
    return -1;
}

/* error_set(e, format, ...) formats the message into e and returns -1. */
#define error_set(...) (error_format(__VA_ARGS__), error_failed())

/* The message "WHAT: out of memory". Returns -1. */
static inline int error_memory(struct error *e, const char *what)
{
    return error_set(e, "%s: out of memory", what);
}

#endif

/*
 * Errors as values. A library function that can fail returns -1 (or NULL, as its
 * header says) and leaves one line in the caller's struct error; only cmd/ prints it.
 */
#ifndef ROTPIPE_BASE_ERROR_H
#define ROTPIPE_BASE_ERROR_H

struct error {
    char text[512]; /* one line, no newline; NUL-terminated, cut if longer */
    int misuse;     /* the program was used wrongly: an option is at fault, not the data */
};

/* Formats the message into e (control characters become '?') and notes whether it is misuse. */
void error_format(struct error *e, int misuse, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* -1, which the compiler can see: it then knows that what a failed function has not set is not
 * used. */
static inline int error_failed(void)
{
    return -1;
}

/* error_set(e, format, ...) formats the message into e and returns -1. */
#define error_set(e, ...) (error_format(e, 0, __VA_ARGS__), error_failed())

/* The same for an error that an option has caused: the program's exit status is 2. */
#define error_misuse(e, ...) (error_format(e, 1, __VA_ARGS__), error_failed())

/* The message "WHAT: out of memory". Returns -1. */
static inline int error_memory(struct error *e, const char *what)
{
    return error_set(e, "%s: out of memory", what);
}

#endif

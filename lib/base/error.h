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

/* Formats the message into e (control characters become '?'). Always returns -1. */
int error_set(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same for an error that an option has caused: the program's exit status is 2. */
int error_misuse(struct error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The message "WHAT: out of memory". Always returns -1. */
int error_memory(struct error *e, const char *what);

#endif

/*
 * The signals that ask a long work to stop: SIGINT and SIGTERM.
 */
#ifndef ROTPIPE_CLI_STOPSIGNAL_H
#define ROTPIPE_CLI_STOPSIGNAL_H

#include <signal.h>

enum { STOP_SIGNALS = 2 };

/* What the signals did before stopsignal_catch. */
struct stopsignal {
    struct sigaction old[STOP_SIGNALS];
};

/*
 * From here on the first of the signals is only noted; the next one ends the program as ever. One
 * that the caller has set to be ignored, as nohup and & do, stays ignored.
 */
void stopsignal_catch(struct stopsignal *s);

/* From here on nobody asks any more whether to stop: a signal does again what it did before. */
void stopsignal_leave(const struct stopsignal *s);

/* The signal that was caught, 0 if none was. */
int stopsignal_caught(void);

/* Its name, "SIGINT" or "SIGTERM". */
const char *stopsignal_name(void);

/*
 * Ends the program by the signal that was caught, so that whoever waits for it learns of the signal
 * and a script or make stops as well.
 */
void stopsignal_die(void);

#endif

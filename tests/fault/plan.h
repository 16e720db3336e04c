/*
 * What the driver `faults` asks of the libraries that are preloaded into a program, and what they
 * tell it: in shared memory, under a descriptor that the program inherits.
 */
#ifndef ROTPIPE_TESTS_PLAN_H
#define ROTPIPE_TESTS_PLAN_H

#include <stdatomic.h>

/* The number of the descriptor is in this environment variable. */
#define PLAN_VARIABLE "ROTPIPE_FAULT_PLAN"

enum call {
    CALL_NONE,
    CALL_MEMORY, /* malloc and its kin */
    CALL_READ,
    CALL_WRITE,
    CALL_OPEN, /* and mkstemp */
    CALL_CLOSE,
    CALL_STAT, /* fstat, stat, lstat */
    CALL_SYNC,
    CALL_NAME, /* rename, link, linkat */
    CALL_MODE, /* fchmod */
    CALL_SEEK,
    CALL_DUP, /* dup, dup2 */
    CALL_FOLDER,
    CALL_THREAD
};

struct plan {
    int call;          /* which calls are counted */
    long at;           /* the first one that fails, from 1; 0: none */
    int from_then_on;  /* those after it fail, too */
    int error;         /* errno then */
    int every;         /* read, write: each `every`-th is interrupted, EINTR; 0: none */
    long piece;        /* read, write: not more than this at a time; 0: as asked */
    atomic_long count; /* calls so far */
    atomic_long hits;  /* of them failed, interrupted or cut */
    atomic_long live;  /* blocks of memory allocated, less those freed */
};

/* plan.c: the plan, or NULL outside of a test. */
struct plan *plan_in_hand(void);

/* Notes that so many blocks more are allocated. */
void plan_live(int blocks);

/* Counts a call; true if it is to fail, errno being set. */
int plan_fails(enum call call);

#endif

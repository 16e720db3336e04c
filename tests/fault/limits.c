/*
 * limits - whether a program keeps within time and memory
 *
 *     limits SECONDS MIB PROGRAM [ARGUMENT ...]
 *
 * Runs the program with the streams that this one has, and ends with its status; or with 99 and a
 * line on standard error, if it took more processor time or resident memory, or did not end.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* wait4 */
#endif
#include "child.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXCEEDED = 99 };

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

int main(int argc, char **argv)
{
    double most = argc > 3 ? atof(argv[1]) : 0, took;
    long mib = argc > 3 ? atol(argv[2]) : 0;
    struct rusage usage;
    int status;
    pid_t pid;

    if (argc < 4)
        give_up("seconds, MiB and a program are needed");
    pid = fork();
    if (pid < 0)
        give_up("no process: %s", strerror(errno));
    if (pid == 0) {
        alarm(3 * CHILD_SECONDS);
        execvp(argv[3], argv + 3);
        _exit(127);
    }
    while (wait4(pid, &status, 0, &usage) < 0)
        if (errno != EINTR)
            give_up("wait: %s", strerror(errno));
    took = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    if (WIFSIGNALED(status)) {
        fprintf(stderr, "limits: %s: ended by signal %d\n", argv[3], WTERMSIG(status));
        return EXCEEDED;
    }
    if (!SANITIZED && (took > most || usage.ru_maxrss > mib * 1024)) {
        fprintf(stderr, "limits: %s: %.2f s, %ld KiB\n", argv[3], took, usage.ru_maxrss);
        return EXCEEDED;
    }
    return WEXITSTATUS(status);
}

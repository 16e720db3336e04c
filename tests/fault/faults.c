/*
 * faults - what a program makes of a system that fails
 *
 *     faults [-s STRIDE] [-i FILE | -p FILE] [-l FOLDER] KIND PROGRAM [ARGUMENT ...]
 *
 * Runs the program once as it is, then once for every place at which a fault of this kind can hit
 * it. It must refuse, with status 1 and one clean line, or end as it did without the fault, with
 * the same result, silent but for the warning that a training continues without its state having
 * been saved. No file may be left but such as a run without a fault leaves, whole; and of the
 * kinds `memory`, no more blocks that nobody has freed.
 *
 *     -s STRIDE    only every STRIDE-th place
 *     -i FILE      is standard input; -p FILE: comes through a pipe
 *     -l FOLDER    that of the preloaded libraries (default: that of this program)
 *
 * The current folder has an empty folder `made`, where the program writes its files if it writes
 * any. (That temporary files are made there, TMPDIR sees to.)
 *
 * KIND: see `kinds` below. Prints how many were tried; status 0 if all was as it must be, 1 if not,
 * 2 for trouble.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create */
#endif
#include "child.h"
#include "plan.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum must { MAY_SURVIVE, MUST_REFUSE, MUST_SURVIVE };

/*
 * An error that is to be told must not be passed over; an interruption or a short count means
 * nothing and must not be told.
 */
static const struct kind {
    const char *name;
    enum call call;
    int error, from_then_on;
    enum must must;
    int scan; /* 'c': the calls are counted and fail in turn; 'e': every; 'p': pieces; 'b': bytes */
} kinds[] = {{"memory", CALL_MEMORY, ENOMEM, 0, MAY_SURVIVE, 'c'},
             {"memory-gone", CALL_MEMORY, ENOMEM, 1, MAY_SURVIVE, 'c'},
             {"read-EIO", CALL_READ, EIO, 1, MUST_REFUSE, 'c'},
             {"write-ENOSPC", CALL_WRITE, ENOSPC, 1, MUST_REFUSE, 'c'},
             {"write-EPIPE", CALL_WRITE, EPIPE, 1, MUST_REFUSE, 'c'},
             {"open-EMFILE", CALL_OPEN, EMFILE, 0, MAY_SURVIVE, 'c'},
             {"close-EIO", CALL_CLOSE, EIO, 0, MAY_SURVIVE, 'c'},
             {"stat-EIO", CALL_STAT, EIO, 0, MAY_SURVIVE, 'c'},
             {"sync-EIO", CALL_SYNC, EIO, 0, MUST_REFUSE, 'c'},
             {"name-EACCES", CALL_NAME, EACCES, 0, MUST_REFUSE, 'c'},
             {"mode-EPERM", CALL_MODE, EPERM, 0, MUST_REFUSE, 'c'},
             {"seek-ESPIPE", CALL_SEEK, ESPIPE, 0, MAY_SURVIVE, 'c'},
             {"dup-EMFILE", CALL_DUP, EMFILE, 0, MUST_REFUSE, 'c'},
             {"folder-EACCES", CALL_FOLDER, EACCES, 0, MUST_REFUSE, 'c'},
             {"thread-EAGAIN", CALL_THREAD, EAGAIN, 0, MUST_REFUSE, 'c'},
             {"read-EINTR", CALL_READ, 0, 0, MUST_SURVIVE, 'e'},
             {"write-EINTR", CALL_WRITE, 0, 0, MUST_SURVIVE, 'e'},
             {"read-short", CALL_READ, 0, 0, MUST_SURVIVE, 'p'},
             {"write-short", CALL_WRITE, 0, 0, MUST_SURVIVE, 'p'},
             {"disk-full", CALL_NONE, 0, 0, MUST_REFUSE, 'b'}};

enum { FILES = 16, EVERY_MOST = 5 };

/* Sizes of reads and writes that are tried. */
static const long pieces[] = {1, 2, 3, 7, 64, 127, 1000};

struct file {
    char name[NAME_MAX + 1];
    unsigned char *bytes;
    size_t size;
};

struct job {
    struct child child;
    const struct kind *kind;
    struct plan *plan;
    long stride;
    char library[PATH_MAX];

    unsigned char *right; /* the result without a fault, and the files in `made` */
    size_t right_size;
    struct file made[FILES];
    int files;
    unsigned long long tried, refused, survived;
    long live; /* blocks of memory that it leaves to the system, without a fault */
};

/* ---- the folder `made` ---- */

static void path_in_made(char path[PATH_MAX], const char *name)
{
    snprintf(path, PATH_MAX, "made/%s", name);
}

/* Calls take for every file in the folder, and removes it. */
static void empty_folder(struct job *j, void (*take)(struct job *j, const char *name))
{
    DIR *d = opendir("made");
    struct dirent *entry;
    char path[PATH_MAX];

    if (!d)
        give_up("no folder `made`");
    while ((entry = readdir(d))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (take)
            take(j, entry->d_name);
        path_in_made(path, entry->d_name);
        if (unlink(path) < 0)
            give_up("%s: %s", path, strerror(errno));
    }
    closedir(d);
}

static void keep_file(struct job *j, const char *name)
{
    struct file *f = &j->made[j->files];
    char path[PATH_MAX];

    if (j->files++ == FILES)
        give_up("too many files");
    snprintf(f->name, sizeof f->name, "%s", name);
    path_in_made(path, name);
    f->bytes = load_file(path, &f->size);
}

/* A training state is replaced while the program runs: an earlier one, whole, may stand there. */
static int may_differ(const char *name, const unsigned char *bytes, size_t n)
{
    return strcmp(name, "state") == 0 && is_whole_stream(bytes, n);
}

/* After a fault: only what a run without one leaves, too. */
static void judge_file(struct job *j, const char *name)
{
    char path[PATH_MAX];

    path_in_made(path, name);
    for (int i = 0; i < j->files; i++)
        if (strcmp(j->made[i].name, name) == 0) {
            size_t n;
            unsigned char *bytes = load_file(path, &n);
            if ((n != j->made[i].size || memcmp(bytes, j->made[i].bytes, n) != 0) &&
                !may_differ(name, bytes, n))
                report(&j->child, "%s %ld: leaves a part of made/%s", j->kind->name, j->plan->at,
                       name);
            free(bytes);
            return;
        }
    report(&j->child, "%s %ld: leaves made/%s", j->kind->name, j->plan->at, name);
}

/* ---- one run ---- */

static void run(struct job *j)
{
    atomic_store(&j->plan->count, 0);
    atomic_store(&j->plan->hits, 0);
    atomic_store(&j->plan->live, 0);
    child_run(&j->child);
}

static int is_same(const struct job *j)
{
    return j->child.out_size == j->right_size && memcmp(j->child.out, j->right, j->right_size) == 0;
}

/* What is wrong with a run that ended with status 0; NULL if nothing. */
static const char *judge_success(const struct job *j)
{
    if (!is_same(j))
        return "another result";
    return j->child.said_size ? "not silent" : NULL;
}

/*
 * Text that was printed before the fault lies in a buffer of the C library's, which nothing but
 * closing standard output frees.
 */
static int loses_memory(const struct job *j)
{
    int buffer = j->child.status != 0 && j->child.out_size > 0;

    return atomic_load(&j->plan->live) > j->live + buffer;
}

/* Runs it with a fault at `where` and judges. 0: it did not come to that place. */
static int try(struct job *j, long where)
{
    const struct child *c = &j->child;
    enum must must = j->kind->must;
    const char *wrong;
    int hit, warned;

    run(j);
    hit = j->kind->call == CALL_NONE || atomic_load(&j->plan->hits) > 0;
    warned = must != MUST_SURVIVE && hit && child_warned(&j->child);
    if (c->status == 0 && (must != MUST_REFUSE || !hit || warned)) {
        wrong = judge_success(j);
        j->survived += (unsigned)hit;
    } else {
        wrong = must == MUST_SURVIVE || !hit ? "must not fail" : child_refusal(c);
        j->refused++;
    }
    if (!wrong && loses_memory(j))
        wrong = "memory is lost";
    if (wrong)
        report(c, "%s %ld: %s", j->kind->name, where, wrong);
    j->tried += (unsigned)hit;
    empty_folder(j, judge_file);
    return hit;
}

/* ---- all places ---- */

/* The calls fail in turn until the program has ended before it came to one. */
static void scan_calls(struct job *j)
{
    j->plan->error = j->kind->error;
    j->plan->from_then_on = j->kind->from_then_on;
    do
        j->plan->at += j->plan->at ? j->stride : 1;
    while (try(j, j->plan->at));
}

static void scan_interruptions(struct job *j)
{
    for (j->plan->every = 2; j->plan->every <= EVERY_MOST; j->plan->every++)
        try(j, j->plan->every);
}

static void scan_pieces(struct job *j)
{
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        j->plan->piece = pieces[i];
        try(j, pieces[i]);
    }
}

/* No file may become as large as the largest that the program writes. */
static void scan_sizes(struct job *j)
{
    size_t largest = j->right_size;

    for (int i = 0; i < j->files; i++)
        if (j->made[i].size > largest)
            largest = j->made[i].size;
    for (size_t size = 0; size < largest; size += (size_t)j->stride) {
        j->child.file_size = (long)size;
        try(j, (long)size);
    }
}

/* ---- the start ---- */

/* The run without a fault. Allocation and reading are what every program does. */
static void run_as_it_is(struct job *j)
{
    struct child *c = &j->child;

    j->plan->call = j->kind->call == CALL_MEMORY ? CALL_MEMORY : CALL_READ;
    run(j);
    if (c->status != 0 || c->said_size)
        give_up("%s fails without a fault: status %d, %.*s", c->argv[0], c->status,
                (int)c->said_size, c->said);
    if (j->kind->call != CALL_NONE && atomic_load(&j->plan->count) == 0)
        give_up("%s: preloading has no effect", c->argv[0]);
    j->live = atomic_load(&j->plan->live);
    j->right = c->out;
    j->right_size = c->out_size;
    c->out = NULL;
    empty_folder(j, keep_file);
    if (j->right_size == 0 && j->files == 0)
        give_up("%s has no result", c->argv[0]);
    j->plan->call = j->kind->call;
}

static void make_plan(struct job *j)
{
    char number[16];
    int fd = memfd_create("plan", MFD_CLOEXEC);

    if (fd < 0 || ftruncate(fd, sizeof *j->plan) < 0)
        give_up("no plan: %s", strerror(errno));
    j->plan = mmap(NULL, sizeof *j->plan, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (j->plan == MAP_FAILED)
        give_up("no plan: %s", strerror(errno));
    j->child.extra_fd = fd;
    snprintf(number, sizeof number, "%d", fd);
    setenv(PLAN_VARIABLE, number, 1);
    setenv("LD_PRELOAD", j->library, 1);
    /* A sanitizer may come second, and memory that was freed or never set is not what it was. */
    setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1);
    setenv("MALLOC_PERTURB_", "165", 1);
    setenv("TMPDIR", "made", 1);
}

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    give_up("no kind '%s'", name);
}

static void take_arguments(struct job *j, int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/'), *folder = NULL;
    int option;

    while ((option = getopt(argc, argv, "+s:i:p:l:")) != -1)
        switch (option) {
        case 's':
            j->stride = atol(optarg);
            break;
        case 'i':
        case 'p':
            j->child.input = open_input(optarg);
            j->child.piped = option == 'p';
            break;
        case 'l':
            folder = optarg;
            break;
        default:
            exit(2);
        }
    if (argc - optind < 2 || j->stride < 1 || !(folder || slash))
        give_up("a kind of fault and a program are needed, and a stride of at least 1");
    j->kind = find_kind(argv[optind]);
    j->child.argv = argv + optind + 1;
    snprintf(j->library, sizeof j->library, "%.*s/%s.so",
             folder ? PATH_MAX / 2 : (int)(slash - argv[0]), folder ? folder : argv[0],
             j->kind->call == CALL_MEMORY ? "inject_memory" : "inject_calls");
}

int main(int argc, char **argv)
{
    static struct job j = {.child = {.input = -1, .file_size = -1}, .stride = 1};

    take_arguments(&j, argc, argv);
    make_plan(&j);
    run_as_it_is(&j);
    if (j.kind->scan == 'c')
        scan_calls(&j);
    else if (j.kind->scan == 'e')
        scan_interruptions(&j);
    else if (j.kind->scan == 'p')
        scan_pieces(&j);
    else
        scan_sizes(&j);
    printf("%llu faults: %llu refused, %llu survived\n", j.tried, j.refused, j.survived);
    return reported ? 1 : 0;
}

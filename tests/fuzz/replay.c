/*
 * A fuzz target without a fuzzer: runs it on every file of the folders named, and on no bytes at
 * all. Prints TAP, with the name of an input before it is run, so that the last one is the one
 * that a program died of.
 *
 * usage: fuzz_NAME folder ...     a folder that is not there holds nothing
 */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <sys/resource.h>

/* What an input may cost: no small file makes this library slow or large. */
enum { SECONDS_MAX = 10, KIB_MAX = 96 << 10 };

/* Sanitizers need memory of their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define COUNTS_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define COUNTS_MEMORY 0
#endif
#endif
#ifndef COUNTS_MEMORY
#define COUNTS_MEMORY 1
#endif

static void run(const uint8_t *bytes, size_t n)
{
    struct rusage used;

    alarm(SECONDS_MAX);
    LLVMFuzzerTestOneInput(bytes, n);
    alarm(0);
    REQUIRE(getrusage(RUSAGE_SELF, &used) == 0);
    if (COUNTS_MEMORY)
        REQUIRE(used.ru_maxrss < KIB_MAX);
}

static void run_file(const char *path)
{
    struct file f = {.fd = open(path, O_RDONLY)};
    uint8_t *bytes;
    size_t n;

    printf("# %s\n", path);
    fflush(stdout);
    REQUIRE(f.fd >= 0);
    bytes = file_bytes(&f, &n);
    run(bytes, n);
    free(bytes);
    close(f.fd);
}

static int run_folder(const char *folder)
{
    DIR *d = opendir(folder);
    struct dirent *entry;
    char path[4096];
    int n = 0;

    REQUIRE(d || errno == ENOENT);
    while (d && (entry = readdir(d)))
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            run_file(path);
            n++;
        }
    if (d)
        closedir(d);
    return n;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '/');
    int n = 0;

    puts("# nothing");
    fflush(stdout);
    run((const uint8_t *)"", 0);
    for (int i = 1; i < argc; i++)
        n += run_folder(argv[i]);
    printf("%s %s: %d inputs\n", n ? "ok" : "not ok", slash ? slash + 1 : argv[0], n);
    return n ? 0 : 1;
}

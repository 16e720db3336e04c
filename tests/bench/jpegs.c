/*
 * jpegs - how fast libjpeg alone decodes many JPEG files, on several threads
 *
 *     jpegs [-g] [-s EIGHTHS] THREADS < LIST    LIST: a path on each line
 *
 * Every thread takes the next files, decodes them to RGB (-g: to grey; -s 1: to an eighth of width
 * and height) and forgets them. Prints
 * three lines, each of a name, seconds on the clock and seconds of processor time (user and
 * system): `memory`, with all files in memory before the clock starts; `files`, with each opened,
 * read and closed in the loop; `first`, the same, but before anything else, which is a warm-up.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jpeglib.h>

enum { TAKE = 32, THREADS_MAX = 64 };

struct file {
    char *path;
    unsigned char *bytes;
    size_t n;
};

static struct file *files;
static size_t count;
static atomic_size_t next;
static int in_memory, grey;
static unsigned eighths = 8;

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Reads a file into a buffer of *room bytes, which grows. */
static void read_file(struct file *f, unsigned char **bytes, size_t *room)
{
    int fd = open(f->path, O_RDONLY);
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        fail(f->path);
    if ((size_t)st.st_size > *room && !(*bytes = realloc(*bytes, *room = (size_t)st.st_size)))
        fail("memory");
    if (read(fd, *bytes, (size_t)st.st_size) != st.st_size)
        fail(f->path);
    f->n = (size_t)st.st_size;
    close(fd);
}

static void decode(struct jpeg_decompress_struct *d, const unsigned char *bytes, size_t n,
                   unsigned char **pixels, size_t *room)
{
    size_t row;

    jpeg_mem_src(d, bytes, n);
    jpeg_read_header(d, TRUE);
    d->scale_num = eighths;
    d->scale_denom = 8;
    d->out_color_space = grey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_start_decompress(d);
    row = d->output_width * (size_t)d->output_components;
    if (row * d->output_height > *room &&
        !(*pixels = realloc(*pixels, *room = row * d->output_height)))
        fail("memory");
    while (d->output_scanline < d->output_height) {
        JSAMPROW to = *pixels + d->output_scanline * row;
        jpeg_read_scanlines(d, &to, 1);
    }
    jpeg_finish_decompress(d);
}

static void *work(void *unused)
{
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    unsigned char *pixels = NULL, *bytes = NULL;
    size_t room = 0, bytes_room = 0, first;

    (void)unused;
    d.err = jpeg_std_error(&errors);
    jpeg_create_decompress(&d);
    while ((first = atomic_fetch_add(&next, TAKE)) < count)
        for (size_t i = first; i < first + TAKE && i < count; i++) {
            if (!in_memory)
                read_file(&files[i], &bytes, &bytes_room);
            decode(&d, in_memory ? files[i].bytes : bytes, files[i].n, &pixels, &room);
        }
    jpeg_destroy_decompress(&d);
    free(pixels);
    free(bytes);
    return NULL;
}

static double seconds(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static void measure(const char *name, int threads)
{
    double started = seconds(CLOCK_MONOTONIC), used = seconds(CLOCK_PROCESS_CPUTIME_ID);
    pthread_t thread[THREADS_MAX];

    next = 0;
    for (int i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, work, NULL))
            fail("threads");
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    printf("%s %.6f %.6f\n", name, seconds(CLOCK_MONOTONIC) - started,
           seconds(CLOCK_PROCESS_CPUTIME_ID) - used);
}

static void read_list(void)
{
    char line[4096];
    size_t room = 0;

    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        if (count == room && !(files = realloc(files, (room = 2 * room + 1024) * sizeof *files)))
            fail("memory");
        files[count++] = (struct file){strdup(line), NULL, 0};
    }
}

int main(int argc, char **argv)
{
    int threads, option;

    while ((option = getopt(argc, argv, "gs:")) != -1) {
        if (option == 'g')
            grey = 1;
        else
            eighths = option == 's' ? (unsigned)atoi(optarg) : 0;
    }
    threads = argc == optind + 1 ? atoi(argv[optind]) : 0;
    if (threads < 1 || threads > THREADS_MAX || eighths < 1 || eighths > 8) {
        fputs("usage: jpegs [-g] [-s eighths] threads < list\n", stderr);
        return 2;
    }
    read_list();
    measure("first", threads);
    measure("files", threads);
    for (size_t i = 0; i < count; i++) {
        size_t room = 0;
        read_file(&files[i], &files[i].bytes, &room);
    }
    in_memory = 1;
    measure("memory", threads);
    return 0;
}

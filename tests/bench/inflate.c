/* inflate - what zlib alone needs to inflate gzip files: to standard output, nothing else done */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 256 << 10 };

static int write_all(const unsigned char *p, size_t n)
{
    while (n) {
        ssize_t done = write(1, p, n);
        if (done < 0)
            return -1;
        p += done;
        n -= (size_t)done;
    }
    return 0;
}

static int inflate_file(const char *path, unsigned char *in, unsigned char *out)
{
    int fd = open(path, O_RDONLY), status = Z_OK;
    z_stream z = {0};
    ssize_t n = 0;

    if (fd < 0 || inflateInit2(&z, 15 + 16) != Z_OK)
        return -1;
    while (status == Z_OK && (n = read(fd, in, CHUNK)) > 0) {
        z.next_in = in;
        z.avail_in = (unsigned)n;
        do {
            z.next_out = out;
            z.avail_out = CHUNK;
            status = inflate(&z, Z_NO_FLUSH);
            if ((status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) ||
                write_all(out, CHUNK - z.avail_out) < 0)
                return -1;
        } while (z.avail_out == 0);
        if (status == Z_BUF_ERROR)
            status = Z_OK;
    }
    inflateEnd(&z);
    close(fd);
    return status == Z_STREAM_END ? 0 : -1;
}

int main(int argc, char **argv)
{
    unsigned char *in = malloc(CHUNK), *out = malloc(CHUNK);

    if (!in || !out)
        return 1;
    if (argc < 2)
        return puts(zlibVersion()) < 0;
    for (int i = 1; i < argc; i++)
        if (inflate_file(argv[i], in, out) < 0) {
            fprintf(stderr, "inflate: %s: failed\n", argv[i]);
            return 1;
        }
    return 0;
}

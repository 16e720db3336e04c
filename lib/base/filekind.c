/* The first bytes by which files of other formats are recognized. */
#include "base/filekind.h"

#include <ctype.h>
#include <string.h>

/* So many bytes tell all kinds apart: the mark of a tar archive is the last. */
enum { HEAD_BYTES = 262 };

#define MAGIC(bytes) bytes, sizeof bytes - 1

/* The bytes at an offset; where two kinds begin alike, the longer stands first. */
static const struct kind {
    const char *what, *bytes;
    size_t length, offset;
} kinds[] = {
    {"an rts stream", MAGIC("rts1"), 0},
    {"a PNG image", MAGIC("\x89PNG\r\n\x1a\n"), 0},
    {"a JPEG image", MAGIC("\xff\xd8\xff"), 0},
    {"a GIF image", MAGIC("GIF8"), 0},
    {"a TIFF image", MAGIC("II*\0"), 0},
    {"a TIFF image", MAGIC("MM\0*"), 0},
    {"a WebP image", MAGIC("WEBP"), 8},
    {"a PDF document", MAGIC("%PDF-"), 0},
    {"an SVG image", MAGIC("<svg"), 0},
    {"an XML document", MAGIC("<?xml"), 0},
    {"an HTML page", MAGIC("<!DOCTYPE html"), 0},
    {"an HTML page", MAGIC("<!doctype html"), 0},
    {"an HTML page", MAGIC("<html"), 0},
    {"a zip archive, which must be unpacked first", MAGIC("PK\3\4"), 0},
    {"a 7-Zip archive, which must be unpacked first", MAGIC("7z\xbc\xaf\x27\x1c"), 0},
    {"a tar archive, which must be unpacked first", MAGIC("ustar"), 257},
    {"compressed by xz, and must be unpacked first",
     MAGIC("\xfd"
           "7zXZ\0"),
     0},
    {"compressed by bzip2, and must be unpacked first", MAGIC("BZh"), 0},
    {"compressed by zstd, and must be unpacked first", MAGIC("\x28\xb5\x2f\xfd"), 0},
    {"a NumPy array", MAGIC("\x93NUMPY"), 0},
    {"an HDF5 file", MAGIC("\x89HDF\r\n\x1a\n"), 0},
    {"a Parquet file", MAGIC("PAR1"), 0},
};

/* IDX: two zeros, a known type, one to four dimensions. */
static int is_idx(const unsigned char *head, size_t n)
{
    return n >= 8 && !head[0] && !head[1] && head[2] >= 0x08 && head[2] <= 0x0e &&
           head[2] != 0x0a && head[3] >= 1 && head[3] <= 4;
}

/* A PNM image begins with P, a digit and a blank; a pickle with its protocol and a frame or a dict.
 */
static int is_pnm(const unsigned char *head, size_t n)
{
    return n >= 3 && head[0] == 'P' && head[1] >= '1' && head[1] <= '7' && isspace(head[2]);
}

static int is_pickle(const unsigned char *head, size_t n)
{
    return n >= 3 && head[0] == 0x80 && head[1] >= 2 && head[1] <= 5 &&
           memchr("\x95}](c\x8a", head[2], 6);
}

const char *filekind_of(const void *head, size_t n)
{
    const unsigned char *bytes = head;

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (n >= kinds[i].offset + kinds[i].length &&
            memcmp(bytes + kinds[i].offset, kinds[i].bytes, kinds[i].length) == 0)
            return kinds[i].what;
    if (is_idx(bytes, n))
        return "an IDX file";
    if (is_pnm(bytes, n))
        return "a PNM image";
    return is_pickle(bytes, n) ? "a Python pickle" : NULL;
}

const char *filekind(struct input *in, const void *head, size_t n)
{
    unsigned char bytes[HEAD_BYTES];
    struct error unsaid;
    int64_t more = 0;

    if (n > sizeof bytes)
        n = sizeof bytes;
    if (n)
        memcpy(bytes, head, n);
    if (n < sizeof bytes)
        more = input_read(in, bytes + n, sizeof bytes - n, &unsaid);
    return filekind_of(bytes, more > 0 ? n + (size_t)more : n);
}

const char *filekind_hint(const char *kind)
{
    if (strcmp(kind, "an IDX file") == 0)
        return " (idx2rts makes a stream from it)";
    if (strcmp(kind, "a PNG image") == 0 || strcmp(kind, "a JPEG image") == 0)
        return " (img2rts makes a stream from it)";
    return "";
}

/*
 * IDX images and labels, plain and compressed: both say the same, and what they hold reads back
 * from the stream that it is written to. The first two bytes tell how many are the file of labels.
 */
#include "fuzz.h"

#include "import/idx.h"
#include "rts/examples.h"

#include <zlib.h>

static struct file images, labels;

/* Images that are not of bytes are scaled, unless an even number of classes is named. */
static const struct idx_range range = {-1.5, 1000};

/* What was read: a checksum of the elements, and how it ended. */
struct verdict {
    int status;
    uint64_t n;
    uint32_t crc, label_crc;
    struct error error;
};

static int put(struct rts_writer *w, struct idx_pair *p, uint64_t classes, struct error *e)
{
    uint64_t stride = p->images.stride, most = examples_per_chunk(stride), n;
    uint64_t shape[] = {0, p->images.height, p->images.width, p->images.channels};
    uint8_t *image = malloc(most * stride);
    uint32_t *label = malloc(most * sizeof *label);
    struct chunk c = chunk_like("image", RTS_U1, 4, shape);
    int status;

    REQUIRE(image && label && p->images.stride <= IDX_IMAGE_MAX);
    c.data = image;
    c.label = p->labelled ? label : NULL;
    do {
        n = p->images.n - p->images.done < most ? p->images.n - p->images.done : most;
        status = idx_pair_read(p, n, image, label, classes, e);
        for (uint64_t i = 0; status == 0 && classes && p->labelled && i < n; i++)
            REQUIRE(label[i] < classes);
        c.n = n;
        if (status == 0)
            REQUIRE(examples_put(w, &c, e) == 0);
    } while (status == 0 && p->images.done < p->images.n);
    free(image);
    free(label);
    return status == 0 ? idx_pair_end(p, e) : -1;
}

/* Reads the pair into a stream. */
static struct verdict convert(int labelled, uint64_t classes, int scaled, struct file *output)
{
    struct verdict v = {.status = -1};
    struct rts_writer *w = file_writer(output);
    struct idx_pair p;
    const char *second = labelled ? file_path(&labels) : NULL;

    if (idx_pair_open(&p, file_path(&images), second, scaled ? &range : NULL, &v.error) == 0)
        v.status = put(w, &p, classes, &v.error);
    v.n = p.images.n;
    v.crc = p.images.crc;
    v.label_crc = p.labels.crc;
    idx_pair_close(&p);
    if (v.status == 0) {
        REQUIRE(rts_finish(w, &v.error) == 0);
        return v;
    }
    require_error(&v.error);
    rts_abandon(w);
    return v;
}

/* The stream holds as many examples as the files, and their bytes. */
static void read_back(struct file *output, const uint8_t *elements, uint64_t n, int labelled,
                      int scaled)
{
    char *path = (char *)(uintptr_t)file_path(output);
    struct error e;
    struct source *s = source_open(&path, 1, &e);
    struct chunk c;
    uint64_t done = 0;
    int got;

    REQUIRE(s != NULL);
    while ((got = source_next_images(s, &c, &e)) > 0) {
        REQUIRE(scaled || memcmp(c.data, elements + done * c.stride, c.n * c.stride) == 0);
        REQUIRE(labelled ? c.label != NULL : !c.label);
        done += c.n;
    }
    REQUIRE(got == 0 && done == n);
    source_close(s);
}

/* Puts bytes into a file as one gzip member. */
static void fill_compressed(struct file *f, const uint8_t *bytes, size_t n)
{
    z_stream z = {0};
    size_t room = n + n / 100 + 64;
    unsigned char *out = malloc(room);

    REQUIRE(out && deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    z.next_in = (uint8_t *)(uintptr_t)bytes;
    z.avail_in = (uInt)n;
    z.next_out = out;
    z.avail_out = (uInt)room;
    REQUIRE(deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    file_fill(f, out, z.total_out);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    size_t n = next_number(&b, 2), head;
    uint64_t classes = n >> 12;
    struct verdict plain, packed;
    struct file output;
    int labelled, scaled;

    n = (n & 0xfff) < b.left ? n & 0xfff : b.left;
    labelled = n > 0;
    file_fill(&labels, b.at, n);
    file_fill(&images, b.at + n, b.left - n);
    scaled = classes % 2 && b.left > n + 2 && b.at[n + 2] != 8;
    plain = convert(labelled, classes, scaled, &output);
    /* Compressed within, or what begins as gzip does: nothing to compare with. */
    if (plain.status == 0 && !(b.at[n] == 0x1f || b.at[0] == 0x1f)) {
        head = 4 + 4u * b.at[n + 3];
        read_back(&output, b.at + n + head, plain.n, labelled, scaled);
    }
    file_close(&output);
    fill_compressed(&labels, b.at, n);
    fill_compressed(&images, b.at + n, b.left - n);
    packed = convert(labelled, classes, scaled, &output);
    if (b.left > n && b.at[n] != 0x1f && b.at[0] != 0x1f) {
        REQUIRE(plain.status == packed.status && plain.n == packed.n);
        REQUIRE(plain.crc == packed.crc && plain.label_crc == packed.label_crc);
    }
    file_close(&output);
    return 0;
}

/* The headers of IDX files that are written. */
#include "check.h"
#include "streams.h"

#include "export/idx.h"

/* Writes a header to a file; its bytes, of which there are *n. 0, or -1 on error. */
static int header(enum element type, uint32_t ndim, const uint64_t *dims, unsigned char *bytes,
                  size_t room, size_t *n, struct error *e)
{
    struct output *out = output_open(path, e);

    *n = 0;
    if (!CHECK(out != NULL))
        return -1;
    if (idx_put_header(out, type, ndim, dims, e) < 0) {
        output_abandon(out);
        return -1;
    }
    CHECK(output_close(out, e) == 0);
    *n = read_file(path, bytes, room);
    unlink(path);
    return 0;
}

static void test_header(void)
{
    static const unsigned char want[] = {0, 0, 0x0d, 2, 255, 255, 255, 255, 1, 2, 3, 4};
    uint64_t most[] = {UINT32_MAX, 0x01020304}, beyond[] = {(uint64_t)UINT32_MAX + 1, 1};
    uint64_t wide[] = {1, UINT64_MAX};
    unsigned char bytes[64];
    struct error e;
    size_t n;

    CHECK(header(ELEMENT_FLOAT, 2, most, bytes, sizeof bytes, &n, &e) == 0);
    CHECK(n == sizeof want && memcmp(bytes, want, n) == 0);
    CHECK(header(ELEMENT_FLOAT, 2, beyond, bytes, sizeof bytes, &n, &e) == -1);
    CHECK(strstr(e.text, "4294967296, but at most 4294967295") != NULL);
    CHECK(header(ELEMENT_FLOAT, 2, wide, bytes, sizeof bytes, &n, &e) == -1);
    CHECK(access(path, F_OK) < 0);
}

static void test_label_type(void)
{
    CHECK(idx_label_type(0) == ELEMENT_UNSIGNED_BYTE &&
          idx_label_type(255) == ELEMENT_UNSIGNED_BYTE);
    CHECK(idx_label_type(256) == ELEMENT_INT && idx_label_type(INT32_MAX) == ELEMENT_INT);
    CHECK(idx_label_type((uint32_t)INT32_MAX + 1) == 0 && idx_label_type(UINT32_MAX) == 0);
}

int main(void)
{
    make_folder();
    RUN(test_header);
    RUN(test_label_type);
    remove_folder();
    return check_status();
}

/*
 * A picture, PNG or JPEG: decoded and brought to a size it is an image or one line of an error, and
 * the same once more with memory that was used before. The first byte picks the form.
 */
#include "fuzz.h"

#include "import/photo.h"

enum { PIXELS_MAX = 1 << 20 };

/* What claims to have more pixels, for which there must be memory before there are pixels. */
static int is_large(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i + 9 <= n; i++) {
        uint64_t a = (uint64_t)bytes[i + 5] << 8 | bytes[i + 6];
        uint64_t b = (uint64_t)bytes[i + 7] << 8 | bytes[i + 8];
        if (bytes[i] == 0xff && bytes[i + 1] >= 0xc0 && bytes[i + 1] <= 0xcf && a * b > PIXELS_MAX)
            return 1;
    }
    for (size_t i = 0; i + 12 <= n; i++)
        if (memcmp(bytes + i, "IHDR", 4) == 0 &&
            (bytes[i + 4] || bytes[i + 5] || bytes[i + 6] > 3 || bytes[i + 8] || bytes[i + 9] ||
             bytes[i + 10] > 3))
            return 1;
    return 0;
}

/* Decodes the picture and makes an image; what it is goes to `to`, of 64 x 64 x 3 bytes. */
static int convert(struct photo_maker *m, struct photo_form form, const struct wholefile *f,
                   uint8_t *to)
{
    struct error e;
    enum photo_result result = photo_decode(m, &form, f, &e);
    struct photo_facts facts;

    REQUIRE(result != PHOTO_FAILED);
    if (result == PHOTO_MADE) {
        facts = photo_facts(m);
        REQUIRE(facts.width > 0 && facts.height > 0 && facts.bytes == f->n);
        if (!form.width) {
            form.width = facts.width < 64 ? facts.width : 64;
            form.height = facts.height < 64 ? facts.height : 64;
        }
        result = photo_make(m, &form, to, &e);
        REQUIRE(result != PHOTO_FAILED);
    }
    if (result == PHOTO_BROKEN)
        require_error(&e);
    return result == PHOTO_MADE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    unsigned look = next_byte(&b);
    struct photo_form form = {.channels = look & 1 ? 3 : 1,
                              .width = look & 2 ? 1 + (int)(look >> 4) : 0,
                              .height = look & 2 ? 16 - (int)(look >> 4) : 0,
                              .sized = (look & 2) != 0,
                              .fit = (enum fit)((look >> 2 & 3) % 3),
                              .background = {200, 100, 50},
                              .upright = look >> 4 & 1};
    uint8_t *first = calloc(2, 64 * 64 * 3), *second = first + 64 * 64 * 3;
    struct wholefile f = {.n = b.left};
    struct photo_maker *m;
    struct error e;
    int made;

    REQUIRE(first && (f.bytes = malloc(b.left + 1)));
    memcpy(f.bytes, b.at, b.left);
    if (!is_large(f.bytes, f.n)) {
        REQUIRE((m = photo_maker_new(&e)) != NULL);
        made = convert(m, form, &f, first);
        REQUIRE(convert(m, form, &f, second) == made);
        REQUIRE(!made || memcmp(first, second, 64 * 64 * 3) == 0);
        photo_maker_free(m);
    }
    free(f.bytes);
    free(first);
    return 0;
}

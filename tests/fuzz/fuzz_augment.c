/*
 * Changes from text: what is read is written as a text that reads the same, and an image of any
 * shape that suits is changed within its bounds, to the same bytes a second time.
 */
#include "fuzz.h"

#include "augment/augment.h"

enum { GUARD = 0x5a };

/* Memory of an image with one byte behind it that must stay. */
static uint8_t *image_new(size_t bytes)
{
    uint8_t *p = malloc(bytes + 1);

    REQUIRE(p != NULL);
    memset(p, GUARD, bytes + 1);
    return p;
}

static void change(const struct augments *a, struct pixels shape, uint64_t seed)
{
    size_t bytes = augment_bytes(shape);
    uint8_t *from = image_new(bytes), *to = image_new(bytes), *again = image_new(bytes);
    uint8_t *spare = image_new(bytes);

    for (size_t i = 0; i < bytes; i++)
        from[i] = (uint8_t)(i * (seed | 1));
    shape.at = from;
    augments_apply(a, shape, seed, 1, 2, to, spare);
    memset(spare, 0, bytes);
    augments_apply(a, shape, seed, 1, 2, again, spare);
    REQUIRE(memcmp(to, again, bytes) == 0);
    REQUIRE(to[bytes] == GUARD && spare[bytes] == GUARD);
    free(from);
    free(to);
    free(again);
    free(spare);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    int height = 1 + (int)next_byte(&b), width = 1 + (int)next_byte(&b);
    int channels = 1 + (int)next_byte(&b) % 4;
    uint64_t seed = next_byte(&b);
    char *text = rest_as_text(&b), written[AUGMENT_TEXT_MAX], twice[AUGMENT_TEXT_MAX];
    struct pixels shape = {NULL, width, height, channels};
    struct augments a, reread;
    struct error e;

    if (augments_parse(&a, text, &e) < 0) {
        require_error(&e);
    } else {
        augments_text(&a, written);
        REQUIRE(augments_parse(&reread, written, &e) == 0 && reread.n == a.n);
        augments_text(&reread, twice);
        REQUIRE(strcmp(written, twice) == 0);
        if (augments_check(&a, (uint64_t)height, (uint64_t)width, (uint64_t)channels, &e) < 0)
            require_error(&e);
        else
            change(&a, shape, seed);
    }
    free(text);
    return 0;
}

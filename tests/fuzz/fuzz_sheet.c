/*
 * Contact sheets, which is where PNGs are written (none are read): every pixel of what libpng
 * reads back is looked up in the images again.
 */
#include "fuzz.h"

#include "draw/sheet.h"

#include <png.h>

struct picture {
    png_image image;
    uint8_t *pixels;
    uint64_t channels;
};

static void read_png(struct file *f, uint64_t channels, struct picture *p)
{
    size_t n;
    uint8_t *bytes = file_bytes(f, &n);

    memset(p, 0, sizeof *p);
    p->channels = channels;
    p->image.version = PNG_IMAGE_VERSION;
    REQUIRE(png_image_begin_read_from_memory(&p->image, bytes, n));
    REQUIRE(p->image.format == (channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB));
    p->pixels = malloc(PNG_IMAGE_SIZE(p->image));
    REQUIRE(p->pixels && png_image_finish_read(&p->image, NULL, p->pixels, 0, NULL));
    free(bytes);
}

/* Image i lies where its pixels are, each `scale` wide and high, on a sheet of `columns`. */
static void require_image(const struct picture *p, const struct sheet *s,
                          const struct sheet_style *style, uint64_t columns, uint64_t i)
{
    uint64_t caption = (p->image.height - style->border) / ((s->n + columns - 1) / columns) -
                       style->border - s->height * style->scale;
    uint64_t left = style->border + i % columns * (s->width * style->scale + style->border);
    uint64_t top =
        style->border + i / columns * (s->height * style->scale + style->border + caption);

    REQUIRE(style->captions ? caption > 0 && caption < 16 : caption == 0);
    for (uint64_t y = 0; y < s->height * style->scale; y++)
        for (uint64_t x = 0; x < s->width * style->scale; x++) {
            const uint8_t *drawn =
                p->pixels + ((top + y) * p->image.width + left + x) * p->channels;
            const uint8_t *pixel =
                s->pixels +
                ((i * s->height + y / style->scale) * s->width + x / style->scale) * s->channels;
            REQUIRE(memcmp(drawn, pixel, s->channels) == 0);
        }
}

static void draw(const struct sheet *s, const struct sheet_style *style, const char *names)
{
    struct file f;
    struct picture p;
    struct error e;
    struct output *out = file_output(&f);
    uint64_t columns;

    if (sheet_write(s, style, names, out, &e) < 0) {
        require_error(&e);
        output_abandon(out);
        file_close(&f);
        return;
    }
    REQUIRE(s->n > 0 && !(style->captions && s->unlabelled));
    REQUIRE(output_close(out, &e) == 0);
    read_png(&f, s->channels, &p);
    columns = (p.image.width - style->border) / (s->width * style->scale + style->border);
    REQUIRE(columns == style->columns || !style->columns || style->columns > s->n);
    for (uint64_t i = 0; i < s->n; i++)
        require_image(&p, s, style, columns, i);
    free(p.pixels);
    file_close(&f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    struct sheet sheet = {0};
    struct sheet_style style = {.columns = next_byte(&b) % 16, .border = next_byte(&b) % 8};
    uint64_t height = next_byte(&b) % 24 + 1, width = next_byte(&b) % 24 + 1;
    unsigned how = next_byte(&b), n = next_byte(&b) % 12;
    uint64_t channels = how & 1 ? 3 : 1, stride = height * width * channels;
    uint8_t *pixels = calloc(n + 1, stride);
    uint32_t label[12];
    struct error e;
    char *names;

    style.captions = how >> 1 & 1;
    style.scale = (how >> 2) % 4 + 1;
    for (unsigned i = 0; i < n; i++)
        label[i] = next_byte(&b) < 200 ? i : (uint32_t)next_number(&b, 4);
    REQUIRE(pixels != NULL);
    for (uint64_t i = 0; i < n * stride && b.left; i++)
        pixels[i] = (uint8_t)next_byte(&b);
    names = rest_as_text(&b);
    for (unsigned i = 0; i < n; i++) /* some of them without a label */
        REQUIRE(sheet_add(&sheet, height, width, channels, 1, pixels + i * stride,
                          how == 255 && i == 1 ? NULL : &label[i], &e) == 0);
    REQUIRE(n == 0 || sheet_add(&sheet, height + 1, width, channels, 0, NULL, NULL, &e) == -1);
    draw(&sheet, &style, *names ? names : NULL);
    free(names);
    free(pixels);
    sheet_free(&sheet);
    return 0;
}

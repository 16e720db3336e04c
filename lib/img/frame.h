/*
 * A rectangle that is cut out of images, or in which images are placed.
 */
#ifndef ROTPIPE_IMG_FRAME_H
#define ROTPIPE_IMG_FRAME_H

#include <stddef.h>
#include <stdint.h>

struct frame {
    uint64_t width, height; /* 0: none */
    int placed;             /* its upper left corner is at: */
    uint64_t x, y;          /* otherwise it is in the middle */
};

enum { FRAME_TEXT = 96, FRAME_SIDE_MAX = 1 << 22 };

/*
 * Reads "24" (24 x 24 pixels), "32x24" (width and height), or, if may_be_placed, "32x24+5+0", whose
 * corner is 5 pixels from the left. 0 or -1.
 */
int frame_parse(const char *text, int may_be_placed, struct frame *f);

/* Writes it as frame_parse reads it, always with width and height. */
void frame_format(const struct frame *f, char text[FRAME_TEXT]);

/* True if it lies within images of this height and width. */
int frame_lies_in(const struct frame *f, uint64_t height, uint64_t width);

/*
 * Cuts the frame out of an image, in which it lies. from: [height, width, channels]; to, not
 * overlapping: [f->height, f->width, channels]. In the middle, if the rows or columns left over are
 * odd in number, there is one more below or to the right.
 */
void crop_image(const uint8_t *from, uint8_t *to, uint64_t height, uint64_t width,
                uint64_t channels, const struct frame *f);

/*
 * Places an image in the middle of the frame, which is at least as high and wide: the other way
 * round. colour: of the pixels around it, as many values as there are channels.
 */
void pad_image(const uint8_t *from, uint8_t *to, uint64_t height, uint64_t width, uint64_t channels,
               const struct frame *f, const uint8_t *colour);

#endif

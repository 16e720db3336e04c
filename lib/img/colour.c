/* Grey levels of colours. */
#include "img/colour.h"

uint8_t grey_level(const uint8_t colour[3])
{
    uint32_t sum = 19595u * colour[0] + 38470u * colour[1] + 7471u * colour[2];

    return (uint8_t)((sum + 0x8000) >> 16);
}

void grey_image(const uint8_t *from, uint8_t *to, uint64_t pixels)
{
    for (uint64_t i = 0; i < pixels; i++)
        to[i] = grey_level(from + 3 * i);
}

void rgb_image(const uint8_t *from, uint8_t *to, uint64_t pixels)
{
    for (uint64_t i = 0; i < pixels; i++)
        to[3 * i] = to[3 * i + 1] = to[3 * i + 2] = from[i];
}

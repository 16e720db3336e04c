/* Columns, border, scale and labels of a contact sheet, taken from the options. */
#include "cli/sheetoptions.h"

/* The border where none was asked for; text needs more, lest two images' run into one another. */
enum { SHEET_BORDER = 1, SHEET_TEXT_BORDER = 6 };

#undef SETTINGS
#define SETTINGS struct sheet_style

/* clang-format off */
const struct setting sheet_rows[] = {
    {"columns", 0, "N", "number of images in a row (default: about square)",
     SETTING_FREE, LONG(columns, 1, INT32_MAX)},
    {"border", 0, "N", "pixels around every image (default 1; 6 with text)",
     SETTING_FREE, LONG(border, 0, 1000)},
    {"scale", 0, "N", "draw every pixel as N x N pixels (default 1)",
     SETTING_FREE, LONG(scale, 1, 1000)},
    {"labels", 0, NULL, "write the class under every image",
     SETTING_FREE, FLAG(captions)},
    {0}};
/* clang-format on */

void sheet_settle(struct sheet_style *style, int text)
{
    if (style->border == SHEET_BORDER_UNSET)
        style->border = text ? SHEET_TEXT_BORDER : SHEET_BORDER;
}

/*
 * The options that evalpng, idx2png and rts2png share: the look of a contact sheet.
 */
#ifndef ROTPIPE_CMD_SHEET_H
#define ROTPIPE_CMD_SHEET_H

#include "cmd.h"

#include "img/sheet.h"

enum { OPT_BORDER = OPT_FIRST, OPT_COLUMNS, OPT_LABELS, OPT_SCALE, OPT_SHEET_END };

enum { SHEET_DEFAULT_COUNT = 100 };

/* The border where none was asked for; text needs more, lest two images' run into one another. */
enum { SHEET_BORDER = 1, SHEET_TEXT_BORDER = 6 };
#define SHEET_BORDER_UNSET UINT64_MAX

/* clang-format off */
#define SHEET_OPTIONS                                                                              \
    {"border", required_argument, NULL, OPT_BORDER},                                               \
    {"columns", required_argument, NULL, OPT_COLUMNS},                                             \
    {"labels", no_argument, NULL, OPT_LABELS},                                                     \
    {"scale", required_argument, NULL, OPT_SCALE}
/* clang-format on */

#define SHEET_HELP                                                                                 \
    "      --columns N   images in a row (default: about square)\n"                                \
    "      --border N    pixels around every image (default 1; 6 around text)\n"                   \
    "      --scale N     every pixel drawn N x N (default 1)\n"                                    \
    "      --labels      the class under every image\n"

#define SHEET_DEFAULTS                                                                             \
    {                                                                                              \
        .border = SHEET_BORDER_UNSET, .scale = 1                                                   \
    }

/* Takes one of SHEET_OPTIONS; false: it is none of them. */
static inline int sheet_option(struct sheet_style *style, int option, const char *argument)
{
    switch (option) {
    case OPT_BORDER:
        style->border = (uint64_t)int_argument("--border", argument, 0, 1000);
        return 1;
    case OPT_COLUMNS:
        style->columns = (uint64_t)int_argument("--columns", argument, 1, INT32_MAX);
        return 1;
    case OPT_LABELS:
        style->captions = 1;
        return 1;
    case OPT_SCALE:
        style->scale = (uint64_t)int_argument("--scale", argument, 1, 1000);
        return 1;
    default:
        return 0;
    }
}

/* When all options are read: the border that was asked for, or that fits; text: some is beneath. */
static inline void sheet_settle(struct sheet_style *style, int text)
{
    if (style->border == SHEET_BORDER_UNSET)
        style->border = text ? SHEET_TEXT_BORDER : SHEET_BORDER;
}

#endif

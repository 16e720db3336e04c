/*
 * The options that evalpng, idx2png and rts2png share: the look of a contact sheet.
 */
#ifndef ROTPIPE_CLI_SHEETOPTIONS_H
#define ROTPIPE_CLI_SHEETOPTIONS_H

#include "cli/cli.h"
#include "draw/sheet.h"

enum { OPT_BORDER = OPT_FIRST, OPT_COLUMNS, OPT_LABELS, OPT_SCALE, OPT_SHEET_END };

enum { SHEET_DEFAULT_COUNT = 100 };

/* No border was asked for. */
#define SHEET_BORDER_UNSET UINT64_MAX

/* clang-format off */
#define SHEET_OPTIONS                                                                              \
    {"border", required_argument, NULL, OPT_BORDER},                                               \
    {"columns", required_argument, NULL, OPT_COLUMNS},                                             \
    {"labels", no_argument, NULL, OPT_LABELS},                                                     \
    {"scale", required_argument, NULL, OPT_SCALE}
/* clang-format on */

#define SHEET_HELP                                                                                 \
    "      --columns N      number of images in a row (default: about square)\n"                   \
    "      --border N       pixels around every image (default 1; 6 with text)\n"                  \
    "      --scale N        draw every pixel as N x N pixels (default 1)\n"                        \
    "      --labels         write the class under every image\n"

#define SHEET_DEFAULTS                                                                             \
    {                                                                                              \
        .border = SHEET_BORDER_UNSET, .scale = 1                                                   \
    }

/* The rows that set a struct sheet_style, which holds SHEET_DEFAULTS. */
extern const struct setting sheet_rows[];

/* Takes one of SHEET_OPTIONS; false: it is none of them. */
int sheet_option(struct sheet_style *style, int option, const char *argument);

/* When all options are read: the border that was asked for, or that fits; text: some is beneath. */
void sheet_settle(struct sheet_style *style, int text);

#endif

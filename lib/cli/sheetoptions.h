/*
 * The options that evalpng, idx2png and rts2png share: the look of a contact sheet.
 */
#ifndef ROTPIPE_CLI_SHEETOPTIONS_H
#define ROTPIPE_CLI_SHEETOPTIONS_H

#include "cli/cli.h"
#include "draw/sheet.h"

enum { SHEET_DEFAULT_COUNT = 100 };

/* No border was asked for. */
#define SHEET_BORDER_UNSET UINT64_MAX

#define SHEET_DEFAULTS                                                                             \
    {                                                                                              \
        .border = SHEET_BORDER_UNSET, .scale = 1                                                   \
    }

/* The rows that set a struct sheet_style, which holds SHEET_DEFAULTS. */
extern const struct setting sheet_rows[];

/* When all options are read: the border that was asked for, or that fits; text: some is beneath. */
void sheet_settle(struct sheet_style *style, int text);

#endif

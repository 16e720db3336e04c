/* Lines of provenance: added, bounded and searched. */
#include "rts/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = HISTORY_MAX / 4 };

static const char cut_mark[] = "...\n";

/* Takes whole lines out after the first until the text, of this length, fits. */
static void make_fit(char *text, size_t length)
{
    char *second = strchr(text, '\n') + 1, *keep = second;
    size_t over = length + strlen(cut_mark) - HISTORY_MAX;

    if (strncmp(keep, cut_mark, strlen(cut_mark)) == 0)
        keep += strlen(cut_mark);
    /* On to the first line that begins far enough behind; the text ends in a newline. */
    if ((size_t)(keep - second) < over && *keep)
        keep = second + over >= text + length ? text + length : strchr(second + over - 1, '\n') + 1;
    if ((size_t)(keep - second) < strlen(cut_mark))
        return; /* already fits */
    memmove(second + strlen(cut_mark), keep, strlen(keep) + 1);
    memcpy(second, cut_mark, strlen(cut_mark));
}

/* Room for the lines behind their indent: no less than they take, with the newline of the last. */
static size_t room_for(const char *lines, size_t margin)
{
    size_t count = 1;

    for (const char *p = lines; margin && (p = strchr(p, '\n')); p++)
        count++;
    return strlen(lines) + count * margin + 1;
}

/* Writes the lines, each behind its indent and cut where it is too long; returns where they end. */
static char *put_lines(char *to, const char *indent, size_t margin, const char *lines)
{
    while (*lines) {
        size_t n = 0;
        memcpy(to, indent, margin);
        to += margin;
        for (; *lines && *lines != '\n'; lines++, n++) {
            unsigned char c = (unsigned char)*lines;
            if (n < LINE_MAX_BYTES)
                *to++ = (char)(c < 0x20 || c == 0x7f ? '?' : c);
        }
        *to++ = '\n';
        lines += *lines == '\n';
    }
    return to;
}

int history_add(struct history *h, const char *indent, const char *lines, struct error *e)
{
    size_t old = h->text ? strlen(h->text) : 0, margin = strlen(indent), length;
    char *text;

    if (!*lines)
        return 0;
    text = realloc(h->text, old + room_for(lines, margin) + 1 + sizeof cut_mark);
    if (!text)
        return error_memory(e, "history");
    h->text = text;
    length = (size_t)(put_lines(text + old, indent, margin, lines) - text);
    text[length] = '\0';
    if (length > HISTORY_MAX)
        make_fit(text, length);
    return 0;
}

int history_merge(struct history *h, const char *lines, struct error *e)
{
    char line[LINE_MAX_BYTES + 2];

    while (*lines) {
        size_t n = strcspn(lines, "\n");
        snprintf(line, sizeof line, "%.*s\n", (int)(n < LINE_MAX_BYTES ? n : LINE_MAX_BYTES),
                 lines);
        if (!history_holds(h, line) && history_add(h, "", line, e) < 0)
            return -1;
        lines += n + (lines[n] == '\n');
    }
    return 0;
}

int history_holds(const struct history *h, const char *lines)
{
    const char *at = h->text;

    size_t n = strlen(lines);

    while (at && (at = strstr(at, lines))) {
        int begins = at == h->text || at[-1] == '\n';
        if (begins && (n == 0 || lines[n - 1] == '\n' || at[n] == '\n'))
            return 1;
        at = *at ? at + 1 : NULL;
    }
    return 0;
}

const char *history_mark(const char *lines, const char *mark)
{
    static const char program[] = "rottrain ";
    const char *last = NULL, *how;

    while (lines && *lines) {
        if (strncmp(lines, program, strlen(program)) == 0)
            last = lines;
        lines += strcspn(lines, "\n");
        lines += *lines == '\n';
    }
    how = last ? strstr(last, mark) : NULL;
    return how && how < last + strcspn(last, "\n") ? how + strlen(mark) : NULL;
}

void history_free(struct history *h)
{
    free(h->text);
    h->text = NULL;
}

/* ---- texts seen ---- */

/* Never 0. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325;
    size_t n = strlen(text);

    if (n && text[n - 1] == '\n')
        n--;
    for (size_t i = 0; i < n; i++)
        hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3;
    return hash ? hash : 1;
}

/* The slot of the hash, or the free one where it belongs. */
static uint64_t *find_slot(const struct history_seen *s, uint64_t hash)
{
    size_t i = hash & (s->slots - 1);

    while (s->slot[i] && s->slot[i] != hash)
        i = (i + 1) & (s->slots - 1);
    return &s->slot[i];
}

/* Keeps at least half of the slots free. */
static int make_room(struct history_seen *s, struct error *e)
{
    struct history_seen wider = {.slots = s->slots ? 2 * s->slots : 16, .count = s->count};

    if (2 * s->count < s->slots)
        return 0;
    if (s->count == HISTORY_SEEN_MAX) {
        memset(s->slot, 0, s->slots * sizeof *s->slot);
        s->count = 0;
        return 0;
    }
    wider.slot = calloc(wider.slots, sizeof *wider.slot);
    if (!wider.slot)
        return error_memory(e, "history");
    for (size_t i = 0; i < s->slots; i++)
        if (s->slot[i])
            *find_slot(&wider, s->slot[i]) = s->slot[i];
    free(s->slot);
    *s = wider;
    return 0;
}

int history_seen(struct history_seen *s, const char *text, struct error *e)
{
    uint64_t hash = hash_text(text), *slot;

    if (make_room(s, e) < 0)
        return -1;
    slot = find_slot(s, hash);
    if (*slot)
        return 1;
    *slot = hash;
    s->count++;
    return 0;
}

void history_seen_free(struct history_seen *s)
{
    free(s->slot);
    memset(s, 0, sizeof *s);
}

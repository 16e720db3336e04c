/*
 * Labels mapped by a table from a file: with and without class names a label has one place to go,
 * which has a name where names are; and classes that are renumbered keep their order.
 */
#include "fuzz.h"

#include "rts/examples.h"
#include "rts/names.h"
#include "rts/relabel.h"

enum { LABELS = 40 };

static struct file input;

static const char names[] = "coat\nshoe\nbag\n-\n*\n7\ncoat\n";

/* What becomes of some labels, of which the largest are far away; -2: dropped, -1: an error. */
static void map_all(const struct relabel *r, int64_t *to)
{
    struct error e;

    for (uint32_t i = 0; i < LABELS; i++) {
        uint32_t label, old = i < LABELS / 2 ? i : UINT32_MAX - i;
        int kept = relabel_map(r, old, &label, &e);
        to[i] = kept < 0 ? -1 : kept ? (int64_t)label : -2;
        if (kept < 0)
            require_error(&e);
        REQUIRE(kept <= 0 || !relabel_names(r) || label < names_count(relabel_names(r)));
        REQUIRE(kept != 0 || labeltable_drops(r->table));
    }
}

/* The classes that occur become 0, 1, 2 ... in their order. */
static void check_compact(struct relabel *r, const int64_t *to)
{
    struct error e;
    uint64_t named;

    for (int i = 0; i < LABELS; i++)
        REQUIRE(to[i] < 0 || relabel_see(r, (uint32_t)to[i], &e) == 0);
    r->compact = 1;
    REQUIRE(relabel_settle(r, &e) == 0);
    named = names_count(relabel_names(r));
    for (int i = 0; i < LABELS; i++)
        for (int k = 0; k < LABELS; k++) {
            uint32_t a = (uint32_t)to[i], b = (uint32_t)to[k];
            if (to[i] < 0 || to[k] < 0)
                continue;
            REQUIRE(relabel_compact(r, &a, &e) == 0 && relabel_compact(r, &b, &e) == 0);
            REQUIRE((to[i] < to[k]) == (a < b) && a <= (uint32_t)LABELS);
            REQUIRE(!r->labels || a < named);
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes b = {data, size};
    unsigned how = next_byte(&b);
    struct relabel r = {.shift = (int64_t)(how & 15) - 8};
    int64_t to[LABELS];
    struct error e;

    r.names = how & 16 ? names : NULL;
    r.table = labeltable_load(file_fill(&input, b.at, b.left), &e);
    if (!r.table) {
        require_error(&e);
        return 0;
    }
    if (relabel_begin(&r, how & 32 ? names : NULL, &e) == 0) {
        map_all(&r, to);
        check_compact(&r, to);
    } else {
        require_error(&e);
    }
    relabel_free(&r);
    labeltable_free(r.table);
    return 0;
}

/*
 * The beginning of a residual block (He et al., 2016): what goes in is passed on as it is, and is
 * read again where the block ends (add.c).
 */
#include "net/layer.h"
#include "net/plan.h"

#ifndef KERNEL_VARIANT

static const char skip_token[] = "(", skip_form[] = "(";
static const char skip_about[] = "begins a residual block";
static const char skip_torch[] = "Skip()";
static const char skip_examples[] = "( c3 )\n"
                                    "c3 p ( ( c3 r ) )";
enum { skip_traits = LAYER_BEGINS };
#define skip_parse layer_parse_nothing
#define skip_shape layer_shape_same
#define skip_slots layer_slots_none
#define skip_place layer_place_vector
#define skip_multiply_adds layer_multiply_adds_none

static int skip_lower(struct plan *p, const struct net *n, int at)
{
    (void)n;
    plan_pass(p, at);
    return at;
}

#endif

DEFINE_LAYER_WITHOUT_OPERATION(skip);

/* The nets that have a name. */
#include "net/named.h"

#include <inttypes.h>
#include <string.h>

/* One of air's parts: its first convolution is pooled before anything else is done to it. */
#define AIR(N, NORM) "c" N "b0 p " NORM " r c" N "b0 " NORM " r "

/* The block of ResNet, with its first convolution's stride. */
#define BLOCK(N, STRIDE) "( c" N STRIDE "b0 bn r c" N "b0 bn ) r "
#define STAGE(N, STRIDE) BLOCK(N, STRIDE) BLOCK(N, "")

/* Network in network as RotNet has it, of which each block is three convolutions. */
#define MLP(A, K, B, C) "c" A K "b0 bn r c" B "k1b0 bn r c" C "k1b0 bn r "
#define NIN_2 MLP("192", "k5", "160", "96") "p " MLP("192", "k5", "192", "192") "ap "
#define NIN_3 NIN_2 MLP("192", "", "192", "192")
#define NIN_4 NIN_3 MLP("192", "", "192", "192")

static const struct named_net nets[] = {
    {"small", NET_DEFAULT, "the default"},
    {"air", AIR("32", "gn8") AIR("64", "gn8") AIR("128", "gn8") "a",
     "pairs of convolutions with group norm"},
    {"air-bn", AIR("32", "bn") AIR("64", "bn") AIR("128", "bn") "a", "the same with batch norm"},
    {"resnet8", "c16b0 bn r " BLOCK("16", "") BLOCK("32", "s2") BLOCK("64", "s2") "a",
     "three residual blocks (Banbury et al., 2021)"},
    {"resnet18",
     "c64b0 bn r " STAGE("64", "") STAGE("128", "s2") STAGE("256", "s2") STAGE("512", "s2") "a",
     "eight residual blocks (He et al., 2016), for images of about 32 x 32"},
    {"nin3", NIN_3 "a", "network in network of three blocks (Gidaris et al., 2018)"},
    {"nin4", NIN_4 "a", "the same of four blocks"},
    {"nin5", NIN_4 MLP("192", "", "192", "192") "a", "the same of five blocks"},
    {NULL, NULL, NULL}};

const struct named_net *named_net(int i)
{
    return nets[i].name ? &nets[i] : NULL;
}

const char *net_expand(const char *text)
{
    for (int i = 0; nets[i].name; i++)
        if (strcmp(nets[i].name, text) == 0)
            return nets[i].text;
    return text;
}

uint64_t net_weights(const struct net *n)
{
    uint64_t sum = 0;

    for (int i = 0; i < n->layers; i++)
        sum += layer_parameters(n, i);
    return sum;
}

uint64_t net_multiply_adds(const struct net *n)
{
    uint64_t sum = 0;

    for (int i = 0; i < n->layers; i++)
        sum += n->layer[i].kind->multiply_adds(&n->layer[i]);
    return sum;
}

static void list_net(FILE *to, const struct named_net *named)
{
    static struct net n;
    struct error e;

    if (net_build(&n, named->text, (struct extent){28, 28, 1}, 10, &e) == 0)
        fprintf(to, "%-9s %10" PRIu64 " %14" PRIu64 "  %s\n    %s\n", named->name, net_weights(&n),
                net_multiply_adds(&n), named->about, named->text);
}

void net_list(FILE *to)
{
    const struct layer_kind *kind;

    for (int i = 0; (kind = layer_kind(i)); i++)
        fprintf(to, "%-6s  %s\n", kind->form, kind->about);
    fprintf(to, "\n%-9s %10s %14s  (images of 28 x 28 x 1, 10 classes)\n", "net", "weights",
            "multiply-adds");
    for (int i = 0; named_net(i); i++)
        list_net(to, named_net(i));
}

/* The arrays of a forest, and a step from a node to its child. The C files of the kernels include this file. */
#include <stddef.h>
#include <stdint.h>

#define BITSET_FLAG 0x80000000u
#define LEAF_SPAN 0xFFFFFFFFu /* the span of a leaf */

typedef struct {
    uint32_t column; /* index among a row's codes; BITSET_FLAG is set if `low` is the index of a bitset's first word */
    uint32_t low;    /* first code of the range; in a leaf: index among the values */
    uint32_t span;   /* codes low ... low + span, modulo 2^32, go to the second child */
    uint32_t child;  /* the index of the first child */
} Node;

typedef struct {
    const Node *nodes;
    const uint32_t *bitsets;
    const uint32_t *roots;
    const uint32_t *outputs; /* for each tree: index of the first score to which the tree adds values */
    const double *values;    /* for each distinct leaf value: `width` numbers, added to `width` adjacent scores */
    uint32_t trees, width, columns, scores;
    uint32_t single; /* 1: each sum is rounded to float32, as in XGBoost */
} Forest;

/* Return 1 if a row with these codes goes from the node to its second child, 0 for the first child. With a return in
 * each branch, GCC 12 compiled a kernel.c that took 8 to 20 % more time. */
static inline uint32_t goes_second(const Forest *forest, const Node *node, const uint32_t *codes)
{
    uint32_t second;
    if (node->column & BITSET_FLAG) {
        uint32_t code = codes[node->column & ~BITSET_FLAG];
        second = forest->bitsets[node->low + (code >> 5)] >> (code & 31) & 1;
    } else {
        second = codes[node->column] - node->low <= node->span;
    }
    return second;
}

/* Return the node that a row with these codes reaches from the node `at`. A leaf returns itself. */
static inline uint32_t next(const Forest *forest, const uint32_t *codes, uint32_t at)
{
    const Node *node = forest->nodes + at;
    return node->child + goes_second(forest, node, codes);
}

/* Add the value of a leaf to the scores of a row. */
static inline void add(const Forest *forest, uint32_t tree, uint32_t leaf, double *out)
{
    const double *value = forest->values + (size_t)forest->nodes[leaf].low * forest->width;
    out += forest->outputs[tree];
    for (uint32_t k = 0; k < forest->width; k++)
        out[k] = forest->single ? (float)(out[k] + value[k]) : out[k] + value[k];
}

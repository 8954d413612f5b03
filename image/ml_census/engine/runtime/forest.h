/* The arrays of a forest, and the test of a node. The C files of the kernels include this file. */
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

/* Return 1 if a row with these codes goes from the node to its second child, 0 for the first child. */
static inline uint32_t goes_second(const Forest *forest, const Node *node, const uint32_t *codes)
{
    if (node->column & BITSET_FLAG) {
        uint32_t code = codes[node->column & ~BITSET_FLAG];
        return forest->bitsets[node->low + (code >> 5)] >> (code & 31) & 1;
    }
    return codes[node->column] - node->low <= node->span;
}

/* Sum the values of the leaves that rows reach in small trees, with one bit mask for each tree.
 *
 * The method is QuickScorer (Lucchese et al. 2015, https://doi.org/10.1145/2766462.2767733). A mask has one bit for
 * each leaf of a tree. For each tested column and code there is a line: one mask for each tree. A mask of a line has
 * the bits of the leaves that a row with this code can still reach. The bitwise AND of a row's lines leaves the bit of
 * one leaf in each tree.
 *
 * The loops have no branches and no dependent loads. The boosted census model has 400 trees of 24 leaves. One row takes
 * 0.57 us (kernel.c: 6.4 us), and a row of 1,000 takes 0.42 us (kernel.c: 5.3 us). Masks of 64 bits for these trees
 * take 0.93 and 0.74 us. For this reason there are masks of 32 bits and of 64 bits. AVX2 gains 14 %, below the 20 %
 * that a second build would have to gain.
 */
#include <stddef.h>
#include <stdint.h>

enum { BLOCK = 256, LANES = 4 };

typedef struct {
    const void *masks;       /* lines x trees: uint32_t or uint64_t */
    const uint32_t *lines;   /* for each column: index of the line of code 0 */
    const uint32_t *outputs; /* for each tree: index of the first score to which the tree adds values */
    const double *values;    /* trees x leaves x width; leaves is the number of bits of a mask */
    uint32_t trees, width, columns, scores;
    uint32_t single; /* 1: each sum is rounded to float32, as in XGBoost */
} LeafMasks;

#define MASK uint32_t
#define LEAVES 32
#define FIRST_LEAF __builtin_ctz
#define NAMED(name) name##_32
#include "leaf_masks_sum.h"
#undef MASK
#undef LEAVES
#undef FIRST_LEAF
#undef NAMED
#define MASK uint64_t
#define LEAVES 64
#define FIRST_LEAF __builtin_ctzll
#define NAMED(name) name##_64
#include "leaf_masks_sum.h"

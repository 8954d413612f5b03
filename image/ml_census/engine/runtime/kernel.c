/* Sum the values of the leaves that rows reach in the trees of a forest.
 *
 * A row is a list of codes, one small whole number for each tested column (encoders.py). An inner node tests whether
 * the code of one column lies in a range or belongs to a bitset. A range can express "x > threshold", "x is this
 * category" and the side of a missing value (code 0). The two children of a node are adjacent in memory. The result of
 * the test, 0 or 1, is added to the index of the first child. The test of a leaf is always true, and the second child
 * of a leaf is the leaf itself.
 *
 * The time of a step from a node to its child is mostly a wait for memory. For this reason, LANES steps of different
 * trees or rows run interleaved. Of 4, 8, 16 and 25 lanes, 8 were fastest. This file does not check the arrays:
 * tree_checks.py checks them before the first call.
 */
#include <math.h>

#include "forest.h"

enum {
    LANES = 8,
    NODES_OF_CACHE_LINE = 4,
    NODES_AHEAD = 16 /* nodes of the next tree that each row loads into the cache */
};

/* Move each lane from node to child until all lanes have reached a leaf. at: the index of each lane's node. */
static inline void walk(const Forest *forest, const uint32_t *const codes[LANES], uint32_t at[LANES])
{
    uint32_t moved;
    do {
        moved = 0;
        for (int lane = 0; lane < LANES; lane++) {
            uint32_t after = next(forest, codes[lane], at[lane]);
            moved |= after ^ at[lane];
            at[lane] = after;
        }
    } while (moved);
}

/* Add the leaf values of one row, for LANES trees at a time. The order of the additions is that of scikit-learn. */
static void one_row(const Forest *forest, const uint32_t *codes, double *out)
{
    const uint32_t *lanes[LANES];
    uint32_t at[LANES];
    for (int lane = 0; lane < LANES; lane++)
        lanes[lane] = codes;
    for (uint32_t tree = 0; tree < forest->trees; tree += LANES) {
        uint32_t used = forest->trees - tree < LANES ? forest->trees - tree : LANES;
        for (uint32_t lane = 0; lane < LANES; lane++)
            at[lane] = forest->roots[tree + (lane < used ? lane : 0)];
        walk(forest, lanes, at);
        for (uint32_t lane = 0; lane < used; lane++)
            add(forest, tree + lane, at[lane], out);
    }
}

/* Add the leaf values of many rows, for LANES rows at a time. With the outer loop over trees, a tree stays in the CPU
 * cache. 1,000 rows load a tree of 11,000 nodes while they walk through the previous tree: a row of the 100 trees with
 * 1.13 million nodes then took 4.7 us instead of 7.5 us. With 8 or 24 NODES_AHEAD, the row took 5.1 or 5.6 us. */
static void many_rows(const Forest *forest, const uint32_t *codes, size_t rows, double *out)
{
    const uint32_t *lanes[LANES];
    uint32_t at[LANES];
    for (uint32_t tree = 0; tree < forest->trees; tree++) {
        for (size_t row = 0; row < rows; row += LANES) {
            uint32_t used = rows - row < LANES ? (uint32_t)(rows - row) : LANES;
            for (uint32_t lane = 0; lane < LANES; lane++) {
                lanes[lane] = codes + (row + (lane < used ? lane : 0)) * forest->columns;
                at[lane] = forest->roots[tree];
            }
            if (tree + 2 < forest->trees) { /* load nodes of the next tree into the cache */
                size_t node = forest->roots[tree + 1] + row * NODES_AHEAD, end = node + LANES * NODES_AHEAD;
                for (; node < end && node < forest->roots[tree + 2]; node += NODES_OF_CACHE_LINE)
                    __builtin_prefetch(forest->nodes + node);
            }
            walk(forest, lanes, at);
            for (uint32_t lane = 0; lane < used; lane++)
                add(forest, tree, at[lane], out + (row + lane) * forest->scores);
        }
    }
}

/* For each row, add the values of the leaves that the row reaches to its scores. codes: rows x columns; out: rows x
 * scores. */
void sum_leaves(const Forest *forest, const uint32_t *codes, size_t rows, double *out)
{
    if (rows >= LANES) {
        many_rows(forest, codes, rows, out);
        return;
    }
    for (size_t row = 0; row < rows; row++)
        one_row(forest, codes + row * forest->columns, out + row * forest->scores);
}

/* The exponential functions of libm, which LightGBM and XGBoost call. The last bits of NumPy's differ. */
void exponentials(const double *numbers, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = exp(numbers[i]);
}

void single_exponentials(const float *numbers, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = expf(numbers[i]);
}

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
#include <stddef.h>

#include "forest.h"

enum { LANES = 8 };

static inline uint32_t next(const Forest *forest, const uint32_t *codes, uint32_t at)
{
    const Node *node = forest->nodes + at;
    return node->child + goes_second(forest, node, codes);
}

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

static inline void add(const Forest *forest, uint32_t tree, uint32_t leaf, double *out)
{
    const double *value = forest->values + (size_t)forest->nodes[leaf].low * forest->width;
    out += forest->outputs[tree];
    for (uint32_t k = 0; k < forest->width; k++)
        out[k] = forest->single ? (float)(out[k] + value[k]) : out[k] + value[k];
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
 * cache. */
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

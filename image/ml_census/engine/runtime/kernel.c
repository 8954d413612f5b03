/* Sum the values of the leaves that rows reach in the trees of a forest.
 *
 * A row is a list of small whole numbers, one code a column: see encoders.py. An inner node tests whether a code lies
 * in a range or in a bitset. A range covers "x <= threshold", one category of many, and where a missing value goes.
 * The two children of a node are adjacent: the result of the test, 0 or 1, is added to the index of the first child.
 * The test of a leaf is always true, and its second child is the leaf itself.
 *
 * A step mostly waits for memory, so LANES steps of different trees or rows run interleaved. Of 4, 8, 16 and 25 lanes,
 * 8 were fastest. tree_checks.py checks the arrays beforehand: this file checks nothing.
 */
#include <stddef.h>
#include <stdint.h>

enum { LANES = 8 };
#define BITSET_FLAG 0x80000000u

typedef struct {
    uint32_t column; /* with BITSET_FLAG set if `low` is the index of a bitset's first word */
    uint32_t low;    /* of a leaf: its index among the values */
    uint32_t span;   /* codes from low to low + span go to the second child; the range may wrap around to 0 */
    uint32_t child;  /* the index of the first child */
} Node;

typedef struct {
    const Node *nodes;
    const uint32_t *bitsets;
    const uint32_t *roots;
    const uint32_t *outputs; /* for each tree: the first score that it adds to */
    const double *values;    /* for each leaf value: `width` numbers */
    uint32_t trees, width, columns, scores;
} Forest;

static inline uint32_t next(const Forest *forest, const uint32_t *codes, uint32_t at)
{
    const Node *node = forest->nodes + at;
    uint32_t second;
    if (node->column & BITSET_FLAG) {
        uint32_t code = codes[node->column & ~BITSET_FLAG];
        second = forest->bitsets[node->low + (code >> 5)] >> (code & 31) & 1;
    } else {
        second = codes[node->column] - node->low <= node->span;
    }
    return node->child + second;
}

/* Move all lanes down until each has reached a leaf. */
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
        out[k] += value[k];
}

/* One row, LANES trees at a time. Sums are made in the order of the trees, as scikit-learn does. */
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

/* One tree at a time, so that it stays in the cache, for LANES rows at a time. */
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

/* Add the values of the leaves that rows reach to their scores. codes: rows x columns; out: rows x scores. */
void sum_leaves(const Forest *forest, const uint32_t *codes, size_t rows, double *out)
{
    if (rows >= LANES) {
        many_rows(forest, codes, rows, out);
        return;
    }
    for (size_t row = 0; row < rows; row++)
        one_row(forest, codes + row * forest->columns, out + row * forest->scores);
}

/* Sum the leaves that rows reach in the trees of a forest.
 *
 * A row is a list of small whole numbers, one code a column: see encoders.py. A node asks whether a code lies in a
 * range (which covers "x <= threshold", one category of many, and where a missing value goes) or in a set; its two
 * children lie side by side, so that the answer, 0 or 1, is added to the place of the first. A leaf asks what is always
 * true and is its own child.
 *
 * A step waits for memory most of the time, so LANES steps of different trees or rows go on at once: 8 was fastest of
 * 4, 8, 16 and 25. The arrays are checked before they come here (trees.py): nothing is checked again.
 */
#include <stddef.h>
#include <stdint.h>

enum { LANES = 8 };
#define SET 0x80000000u

typedef struct {
    uint32_t column; /* and SET if `low` is the place of a bit set */
    uint32_t low;    /* of a leaf: its place among the values */
    uint32_t span;   /* low <= code <= low + span goes to the second child; it may wrap around */
    uint32_t child;
} Node;

typedef struct {
    const Node *nodes;
    const uint32_t *sets;
    const uint32_t *roots;
    const uint32_t *outputs; /* of each tree: the first output that it adds to */
    const double *values;    /* of each leaf: `width` numbers */
    uint32_t trees, width, columns, sums;
} Forest;

static inline uint32_t next(const Forest *forest, const uint32_t *codes, uint32_t at)
{
    const Node *node = forest->nodes + at;
    uint32_t second;
    if (node->column & SET) {
        uint32_t code = codes[node->column & ~SET];
        second = forest->sets[node->low + (code >> 5)] >> (code & 31) & 1;
    } else {
        second = codes[node->column] - node->low <= node->span;
    }
    return node->child + second;
}

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

/* The lanes are trees. The sums are made in the order of the trees, as scikit-learn makes them. */
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

/* The lanes are rows. One tree after the other, so that it stays in the cache while all rows pass it. */
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
                add(forest, tree, at[lane], out + (row + lane) * forest->sums);
        }
    }
}

/* codes: rows x columns; out: rows x sums, to which the leaves are added. */
void sum_leaves(const Forest *forest, const uint32_t *codes, size_t rows, double *out)
{
    if (rows >= LANES) {
        many_rows(forest, codes, rows, out);
        return;
    }
    for (size_t row = 0; row < rows; row++)
        one_row(forest, codes + row * forest->columns, out + row * forest->sums);
}

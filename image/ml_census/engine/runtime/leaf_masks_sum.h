/* Functions for masks of one size. leaf_masks.c includes this file for uint32_t and for uint64_t. */

/* Compute the masks of `trees` trees from tree `from`, for one row. */
static inline void NAMED(intersect)(const LeafMasks *model, const uint32_t *codes, uint32_t from, uint32_t trees, MASK *out)
{
    const MASK *start = (const MASK *)model->masks + from;
    const MASK *line[LANES];
    uint32_t column = 0;
    for (uint32_t t = 0; t < trees; t++)
        out[t] = (MASK)-1;
    for (; column + LANES <= model->columns; column += LANES) {
        for (uint32_t k = 0; k < LANES; k++)
            line[k] = start + (size_t)(model->lines[column + k] + codes[column + k]) * model->trees;
        for (uint32_t t = 0; t < trees; t++)
            out[t] &= line[0][t] & line[1][t] & line[2][t] & line[3][t];
    }
    for (; column < model->columns; column++) {
        line[0] = start + (size_t)(model->lines[column] + codes[column]) * model->trees;
        for (uint32_t t = 0; t < trees; t++)
            out[t] &= line[0][t];
    }
}

/* Add the leaf values of one row to several scores. The order of the additions is that of the trees. */
static void NAMED(add_to_scores)(const LeafMasks *model, const uint32_t *codes, double *out)
{
    MASK masks[BLOCK];
    for (uint32_t from = 0; from < model->trees; from += BLOCK) {
        uint32_t trees = model->trees - from < BLOCK ? model->trees - from : BLOCK;
        NAMED(intersect)(model, codes, from, trees, masks);
        for (uint32_t t = 0; t < trees; t++) {
            const double *value = model->values + ((size_t)(from + t) * LEAVES + FIRST_LEAF(masks[t])) * model->width;
            double *score = out + model->outputs[from + t];
            for (uint32_t k = 0; k < model->width; k++)
                score[k] = model->single ? (float)(score[k] + value[k]) : score[k] + value[k];
        }
    }
}

/* Add the leaf values of `rows` rows, at most LANES, that have one score each. The sums of the rows are interleaved,
 * because each addition waits for the previous one. */
static inline void NAMED(add_to_one_score)(const LeafMasks *model, const uint32_t *codes, uint32_t rows, double *out)
{
    MASK masks[LANES][BLOCK];
    double sum[LANES];
    for (uint32_t row = 0; row < rows; row++)
        sum[row] = out[row];
    for (uint32_t from = 0; from < model->trees; from += BLOCK) {
        uint32_t trees = model->trees - from < BLOCK ? model->trees - from : BLOCK;
        for (uint32_t row = 0; row < rows; row++)
            NAMED(intersect)(model, codes + (size_t)row * model->columns, from, trees, masks[row]);
        const double *value = model->values + (size_t)from * LEAVES;
        for (uint32_t t = 0; t < trees; t++, value += LEAVES)
            for (uint32_t row = 0; row < rows; row++) {
                double next = sum[row] + value[FIRST_LEAF(masks[row][t])];
                sum[row] = model->single ? (float)next : next;
            }
    }
    for (uint32_t row = 0; row < rows; row++)
        out[row] = sum[row];
}

/* For each row, add the values of the leaves that the row reaches to its scores. codes: rows x columns; out: rows x
 * scores. */
void NAMED(sum_masked_leaves)(const LeafMasks *model, const uint32_t *codes, size_t rows, double *out)
{
    size_t row = 0;
    if (model->scores == 1) {
        for (; row + LANES <= rows; row += LANES)
            NAMED(add_to_one_score)(model, codes + row * model->columns, LANES, out + row);
        for (; row < rows; row++)
            NAMED(add_to_one_score)(model, codes + row * model->columns, 1, out + row);
    }
    for (; row < rows; row++)
        NAMED(add_to_scores)(model, codes + row * model->columns, out + row * model->scores);
}

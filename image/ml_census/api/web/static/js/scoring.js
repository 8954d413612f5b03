// Predictions for the rows of a table, in batches.

import { predict, RequestError } from "./api.js";
import { inputsOf } from "./csv_table.js";
import { formatCount } from "./format.js";

const BATCH_ROWS = 500; // maximum rows of a request; a response with status 413 halves this number
const MAX_REJECTED = 1000; // maximum rejected rows; the server names at most 20 in a response

/** Predict all rows without an `answer` or a `problem`, and set one of both. Yield the number of rows of each batch. Throw
 *  RequestError. */
export async function* predictRows(table) {
  const open = table.rows.filter(isOpen);
  for (let start = 0, size = BATCH_ROWS; start < open.length; ) {
    const batch = open.slice(start, start + size);
    try {
      await predictBatch(table, batch.filter(isOpen));
      start += batch.length;
      yield batch.length;
    } catch (error) {
      if (error.status !== 413 || batch.length === 1) throw error;
      size = Math.ceil(batch.length / 2);
    }
  }
}

export const isOpen = (row) => !row.answer && !row.problem;

/** Predict a batch. Set the `problem` of the rows that the server rejects, and predict the others. */
async function predictBatch(table, batch) {
  while (batch.length) {
    try {
      const { predictions, probabilities, unknown } = await predict(batch.map((row) => inputsOf(table, row)));
      batch.forEach((row, index) => (row.answer = { prediction: predictions[index], shares: probabilities?.[index] }));
      table.unknown += unknown;
      return;
    } catch (error) {
      if (error.status !== 400 || !error.details?.length) throw error;
      for (const { row, column, expected, got } of error.details) {
        const found = got === undefined ? "" : `got ${got === null ? "an empty cell" : JSON.stringify(got)}`;
        batch[row].problem ??= { column, expected, found };
      }
      const accepted = batch.filter(isOpen);
      table.rejected += batch.length - accepted.length;
      batch = accepted;
      if (table.rejected > MAX_REJECTED) {
        throw new RequestError(`more than ${formatCount(MAX_REJECTED)} rows do not fit the model's columns`);
      }
    }
  }
}

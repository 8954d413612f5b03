// Typical values of the columns, and an example row of the model.

const EXAMPLES = { number: 1, text: "some text", date: "2024-03-05T10:00:00", bool: true };

/** Return the typical value of a column in the training data: `typical` of the schema, else the most frequent category
 *  or the upper edge of the histogram bin with the median. Return undefined without training data. */
export function typicalValue({ type, training, categories }) {
  if (!training) return undefined;
  const { typical, frequencies, bin_edges, maximum } = training;
  if (typical !== undefined) return typical;
  if (!frequencies || type === "text") return undefined;
  if (categories) return categories[frequencies.indexOf(Math.max(...frequencies.slice(0, -1)))];
  let sum = 0;
  return bin_edges?.[frequencies.findIndex((frequency) => (sum += frequency) >= 0.5)] ?? maximum;
}

/** Return an example row: an object by column name, or a list if the columns have no names. */
export function exampleRow({ columns }) {
  return toInput(columns, columns.map(exampleValue));
}

/** Return the typical value of a column, or a value that the column accepts. */
export const exampleValue = (column) =>
  typicalValue(column) ?? column.categories?.[0] ?? EXAMPLES[column.type] ?? EXAMPLES.number;

/** Return a row of values as a client sends it: an object by column name, or a list if the columns have no names. */
export const toInput = (columns, row) =>
  columns.every(({ name }) => typeof name === "string") ? Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])) : row;

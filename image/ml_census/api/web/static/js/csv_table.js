// Table of a CSV file: the columns of the file, its rows, and the cell of each column of the model.

import { areNumbers, CsvError, decode, detectDelimiter, firstRecord, records } from "./csv.js";
import { countOf, formatCount } from "./format.js";

const MAX_NAMES = 8; // maximum column names in an error message
const DELIMITER_NAMES = { ",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe" };
const OTHER_FORMATS = { // first characters of a file -> what the user can do
  PAR1: (name) => `the file ${name} is in Parquet format, and the server reads CSV only. To convert the file in Python: `
    + `pandas.read_parquet("${name}").to_csv("${name.replace(/\.\w+$/, "")}.csv", index=False)`,
  "PK\x03\x04": (name) => `the file ${name} is an Excel workbook or a zip file, and the server reads CSV only. Save the sheet as CSV`,
};

/** Return the table in a File. Throw CsvError if the file is not CSV. */
export async function readFile(file, columns) {
  const start = await file.slice(0, 4).text();
  if (OTHER_FORMATS[start]) throw new CsvError(OTHER_FORMATS[start](file.name));
  const { text, encoding } = await decode(new Uint8Array(await file.arrayBuffer()));
  return readText(text, columns, { name: file.name, encoding });
}

/** Return the table in a text. `problem` says why the model cannot predict the table; `indices` has the index of the cell,
 *  or -1, for each column. A row {line, cells} has a `problem` if the number of its cells is wrong. */
export function readText(text, columns, { name = "", encoding = "" } = {}) {
  const names = columns.map((column) => String(column.name));
  const delimiter = findDelimiter(text, names);
  const lines = [...records(text, delimiter)];
  const first = lines.findIndex(({ cells }) => cells.length);
  const cells = lines[first]?.cells.map((cell) => cell.trim()) || [];
  const hasHeader = !isRow(cells, names);
  const header = hasHeader ? cells : names;
  const blank = header.length === 1 ? [""] : []; // in a table of one column, a blank line is an empty cell
  const rows = lines.slice(first + (hasHeader ? 1 : 0)).filter((row) => row.cells.length || row.cells.push(...blank));
  const table = { name, encoding, delimiter, columns, header, hasHeader, rows, indices: names.map((item) => header.indexOf(item)) };
  table.problem = findProblem(table, names);
  table.hasDecimalComma = hasDecimalComma(table);
  clearAnswers(table);
  return table;
}

/** Return the delimiter. If the first line has none of the column names, prefer the delimiter with the most cells: then the
 *  page shows the columns of the file. */
function findDelimiter(text, names) {
  const found = detectDelimiter(text, names);
  const count = (delimiter) => firstRecord(text, delimiter).length;
  if (names.length === 1 || count(found) > 1) return found;
  return Object.keys(DELIMITER_NAMES).reduce((left, right) => (count(right) > count(left) ? right : left), found);
}

/** Return whether the first record is a row of values, and not a header. */
function isRow(cells, names) {
  if (cells.length !== names.length) return false;
  if (areNumbers(names)) return !names.every((name, index) => cells[index] === name);
  return !names.some((name) => cells.some((cell) => plain(cell) === plain(name)));
}

const plain = (name) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** Remove the predictions and the problems that the server reported. */
export function clearAnswers(table) {
  const { rows, header } = table;
  Object.assign(table, { unknown: 0, rejected: 0 }); // unknown values, and rows that the server rejected
  for (const row of rows) {
    row.answer = null;
    row.problem = row.cells.length === header.length ? null : {
      expected: countOf(header.length, "value", "values"), found: `got ${formatCount(row.cells.length)}` };
  }
}

function findProblem({ header, rows, columns }, names) {
  if (!rows.length) return "there are no rows: expected a line of column names, then a line for each row";
  const missing = names.filter((name, index) => !columns[index].dropped && !header.includes(name));
  if (!missing.length) {
    const twice = names.find((name) => header.indexOf(name) !== header.lastIndexOf(name));
    return twice === undefined ? "" : `the first line names ${twice} twice`;
  }
  const similar = missing.map((name) => [header.find((cell) => plain(cell) === plain(name)), name]).filter(([cell]) => cell);
  const hint = similar.length ? `. Rename ${similar.slice(0, MAX_NAMES).map(([cell, name]) => `${cell} to ${name}`).join(", ")}` : "";
  return `the first line has ${shorten(header)}; the model also needs ${shorten(missing)}${hint}`;
}

function shorten(names) {
  const rest = names.length - MAX_NAMES;
  return names.slice(0, MAX_NAMES).join(", ") + (rest > 0 ? ` and ${formatCount(rest)} more` : "");
}

/** Return whether numbers have a decimal comma. If each comma has three digits after it, or a number has a point, a comma
 *  may separate thousands: then the server gets the numbers as they are. */
function hasDecimalComma({ delimiter, columns, indices, rows }) {
  const numbers = indices.filter((index, position) => index >= 0 && columns[position].type === "number");
  let found = false;
  if (delimiter === ",") return false;
  for (const { cells } of rows) {
    for (const index of numbers) {
      const cell = (cells[index] || "").trim();
      if (/^[+-]?\d[\d,]*(\.\d*|(,\d+){2,})$/.test(cell)) return false;
      found ||= /^[+-]?\d+,(\d{1,2}|\d{4,})$/.test(cell);
    }
  }
  return found;
}

/** Return the values of a row in the order of the model's columns. */
export const inputsOf = ({ columns, indices, hasDecimalComma: hasComma }, { cells }) => indices.map((index, position) => {
  const cell = cells[index] || null;
  return cell && hasComma && columns[position].type === "number" ? cell.replace(",", ".") : cell;
});

/** Return a sentence on the format of the table. */
export function describeTable({ name, encoding, delimiter, header, hasHeader, rows, indices, hasDecimalComma: hasComma }) {
  const unused = header.filter((_, index) => !indices.includes(index));
  return [
    `${name && `${name}: `}${countOf(rows.length, "row", "rows")}, ${countOf(header.length, "column", "columns")}`,
    `delimiter: ${DELIMITER_NAMES[delimiter]}`,
    hasComma && "numbers have a decimal comma",
    encoding && `encoding: ${encoding}`,
    !hasHeader && "no column names, so the columns have the order of the model",
    unused.length && `not used: ${shorten(unused)}`,
  ].filter(Boolean).join(" · ");
}

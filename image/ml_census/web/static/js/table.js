// Predictions for the rows of a CSV file.

import { predictBatches, RequestError, session } from "./api.js";
import { CsvError, decode, detectDelimiter, quote, records } from "./csv.js";
import { $, countOf, formatCount, formatPrediction, showBars } from "./format.js";

/** Return the table in the file or text of a form. `indices` has the index in the header, or -1, for each column of the
 *  model. Throw RequestError if the text is not CSV or does not have the model's columns. */
async function readTable(form) {
  const names = session.schema.columns.map(({ name }) => String(name));
  try {
    const file = form.file.files[0];
    const text = file ? await decode(new Uint8Array(await file.arrayBuffer())) : form.text.value;
    const delimiter = detectDelimiter(text, names);
    const lines = [...records(text, delimiter)];
    const first = lines.findIndex(({ cells }) => cells.length);
    const header = lines[first]?.cells.map((cell) => cell.trim()) || [];
    const blank = header.length === 1 ? [""] : []; // in a table of one column, a blank line is an empty cell
    const rows = lines.slice(first + 1).map(({ line, cells }) => ({ line, cells: cells.length ? cells : blank }))
      .filter(({ cells }) => cells.length);
    checkTable(header, rows, names);
    return { header, rows, delimiter, indices: names.map((name) => header.indexOf(name)) };
  } catch (error) {
    throw error instanceof CsvError ? new RequestError(error.message) : error;
  }
}

function checkTable(header, rows, names) {
  if (!rows.length) throw new CsvError("there are no rows: expected a line of column names, then a line for each row");
  const missing = names.filter((name, index) => !session.schema.columns[index].dropped && !header.includes(name));
  if (missing.length) throw new CsvError(`the first line does not name ${missing.join(", ")}: it is “${header.join(",")}”`);
  const wrong = rows.find(({ cells }) => cells.length !== header.length);
  if (wrong) throw new CsvError(`line ${formatCount(wrong.line)} has ${wrong.cells.length} values, expected ${header.length}`);
}

export async function predictTable(form) {
  $("result").hidden = true;
  $("done").textContent = "";
  const { header, rows: records, delimiter, indices } = await readTable(form);
  const rows = records.map(({ cells }) => indices.map((index) => cells[index] || null));
  const lines = [[...header, "prediction", ...(session.schema.classes || []).map((name) => `probability ${name}`)]];
  const counts = new Map();
  let unknown = 0;
  try {
    showProgress(0, rows.length);
    for await (const [start, response] of predictBatches(rows)) {
      response.predictions.forEach((prediction, index) => {
        const name = formatPrediction(prediction);
        lines.push([...records[start + index].cells, prediction, ...(response.probabilities?.[index] || [])]);
        counts.set(name, (counts.get(name) || 0) + 1);
      });
      unknown += response.unknown;
      showProgress(lines.length - 1, rows.length);
    }
  } catch (error) {
    error.details?.forEach((detail) => (detail.line = records[detail.row].line));
    throw error;
  } finally {
    $("progress").hidden = true;
  }
  offerDownload(lines, delimiter);
  showCounts(counts, rows.length, unknown);
}

function showCounts(counts, total, unknown) {
  const classes = new Set((session.schema.classes || []).map(formatPrediction));
  const parts = [...classes].map((name) => ({ name, share: (counts.get(name) || 0) / total }));
  showBars($("counts"), parts, (share) => formatCount(Math.round(share * total)));
  $("done").textContent = `${countOf(total, "row is", "rows are")} predicted.`
    + (unknown ? ` ${countOf(unknown, "value is", "values are")} unknown to the model.` : "");
}

function showProgress(done, total) {
  const [label, bar] = $("progress").children;
  label.textContent = `${formatCount(done)} of ${formatCount(total)}`;
  bar.value = done / total;
  $("progress").hidden = false;
}

function offerDownload(lines, delimiter) {
  const link = $("download");
  URL.revokeObjectURL(link.href);
  const text = lines.map((line) => line.map((cell) => quote(cell, delimiter)).join(delimiter) + "\n").join("");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  $("result").hidden = false;
  link.focus();
}

/** Accept a file that the user drops anywhere on the page. Otherwise the browser would open a file that is dropped
 *  outside the form. */
export function onDrag(event) {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.toggle("over", event.type === "dragover");
  if (event.type !== "drop" || !event.dataTransfer.files.length) return;
  $("table").file.files = event.dataTransfer.files;
  $("table").text.value = "";
}

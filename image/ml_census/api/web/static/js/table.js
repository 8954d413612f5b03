// Predictions for many rows: a CSV file or pasted rows, a preview, progress, and results.

import { RequestError, session } from "./api.js";
import { CsvError, quote } from "./csv.js";
import { clearAnswers, describeTable, readFile, readText } from "./csv_table.js";
import { exampleRow } from "./example.js";
import { onSubmit } from "./form.js";
import { $, countOf, element, formatCount, formatPrediction, problemElements, showBars } from "./format.js";
import { reasonOf, refresh, render, showRejected, showRow, showTable, startResults } from "./results.js";
import { isOpen, predictRows } from "./scoring.js";

const MAX_LISTED = 5; // maximum rejected rows in the list above the table
const DELAY = 300; // milliseconds without a change of the text, after which the page reads the rows

let table = null;
let reading = null; // promise of the table, or null if the source has changed
let cancel = () => {};
let timer;

/** Register the event handlers. The page calls this function once. */
export function startTable() {
  onSubmit($("table"), predictTable);
  startResults();
  $("table").text.addEventListener("input", () => change($("table").file));
  $("table").file.addEventListener("change", () => change($("table").text));
  $("sample").addEventListener("click", insertSample);
  $("cancel").addEventListener("click", () => cancel());
  for (const type of ["dragover", "dragleave", "drop"]) document.addEventListener(type, onDrag);
}

/** Remove the rows of another model or user. */
export function resetTable() {
  const names = session.schema.columns.map(({ name }) => quote(name));
  $("table").reset();
  $("table").text.placeholder = names.join(",");
  change();
}

/** Forget the previous rows, and read the new source. `other` is the field that does not have the rows any more. */
function change(other) {
  if (other) other.value = "";
  cancel();
  table = reading = null;
  $("table").querySelector("[role=alert]").replaceChildren();
  for (const id of ["about", "done", "rejected", "counts"]) $(id).replaceChildren();
  showTable(null);
  showButton();
  $("table").classList.toggle("filled", hasSource());
  clearTimeout(timer);
  if (hasSource()) timer = setTimeout(() => preview().catch(showProblem), $("table").file.files.length ? 0 : DELAY);
}

const hasSource = () => Boolean($("table").file.files.length || $("table").text.value.trim());

function showProblem(error) {
  if (!(error instanceof RequestError)) throw error;
  $("table").querySelector("[role=alert]").replaceChildren(...problemElements(error));
}

/** Read the rows, unless the page has read them, and show the first rows. Throw RequestError. */
function preview() {
  clearTimeout(timer);
  return (reading ||= read());
}

async function read() {
  const { file, text } = $("table");
  const { columns } = session.schema;
  const source = file.files[0] || text.value;
  const isCurrent = () => source === (file.files[0] || text.value);
  if (source.name) $("about").textContent = `Reading ${source.name} …`;
  try {
    const found = await (source instanceof File ? readFile(source, columns) : readText(source, columns));
    if (!isCurrent()) return;
    table = found;
    $("about").textContent = hasSource() ? describeTable(table) : "";
    showTable(table);
    showButton();
  } catch (error) {
    if (isCurrent()) $("about").textContent = "";
    throw error instanceof CsvError ? new RequestError(error.message) : error;
  }
  if (table.problem) throw new RequestError(table.problem);
}

function showButton() {
  const open = table ? table.rows.filter(isOpen).length : 0;
  const isStarted = table?.rows.some(({ answer }) => answer);
  const verb = isStarted && open ? "Continue with" : "Predict";
  $("run").classList.toggle("quiet", Boolean(isStarted && !open));
  $("run").textContent = open ? `${verb} ${countOf(open, "row", "rows")}` : isStarted ? "Predict again" : "Predict all";
}

async function predictTable() {
  do await preview(); while (!table); // the source may change while the page reads it
  const current = table;
  if (!current.rows.some(isOpen)) clearAnswers(current);
  const cancelled = new Promise((resolve) => (cancel = () => resolve({ done: true })));
  const batches = predictRows(current);
  const before = current.rows.filter((row) => !isOpen(row)).length;
  const started = performance.now();
  $("done").textContent = "";
  $("rejected").replaceChildren();
  $("cancel").hidden = false;
  try {
    refresh();
    for (let step = { value: 0 }, done = 0; !step.done; step = await Promise.race([batches.next(), cancelled])) {
      done += step.value;
      showProgress(before + done, current.rows.length, (1000 * done) / (performance.now() - started));
      render();
    }
  } finally {
    cancel = () => {};
    $("cancel").hidden = $("progress").hidden = true;
    if (current === table) showResult();
  }
}

/** Show the progress. `rate` is the number of rows per second, or 0 before the first batch. */
function showProgress(done, total, rate) {
  const [label, bar] = $("progress").children;
  const seconds = Math.ceil((total - done) / rate);
  const left = seconds < 60 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`;
  label.textContent = `${formatCount(done)} of ${formatCount(total)}`
    + (rate ? ` · ${formatCount(Math.round(rate))} rows/s · ${left} left` : "");
  bar.value = done / total;
  $("progress").hidden = false;
}

function showResult() {
  const { rows, unknown } = table;
  const answers = rows.map(({ answer }) => answer).filter(Boolean);
  const open = rows.filter(isOpen).length;
  const predictions = answers.map(({ prediction }) => prediction);
  const areNumbers = !session.schema.classes && predictions.some((value) => typeof value === "number" && !Number.isInteger(value));
  const parts = [`${countOf(answers.length, "row is", "rows are")} predicted.`];
  if (open) parts.unshift(`Stopped: ${countOf(open, "row has", "rows have")} no prediction.`);
  if (areNumbers) parts.push(summarize(predictions));
  if (unknown) parts.push(`${countOf(unknown, "value is", "values are")} unknown to the model.`);
  $("done").textContent = parts.join(" ");
  refresh();
  showRejections(rows.filter(({ problem }) => problem));
  if (!areNumbers && !Array.isArray(predictions[0])) showCounts(predictions.map(formatPrediction));
  showButton();
  if (answers.length) $("download").focus({ preventScroll: true });
}

/** Return a sentence on predictions that are numbers. */
function summarize(predictions) {
  let [least, most, sum] = [Infinity, -Infinity, 0];
  for (const prediction of predictions) {
    least = Math.min(least, prediction);
    most = Math.max(most, prediction);
    sum += prediction;
  }
  return `Lowest ${formatPrediction(least)}, mean ${formatPrediction(sum / predictions.length)}, highest ${formatPrediction(most)}.`;
}

function showRejections(rejected) {
  if (!rejected.length) return;
  const link = (text, action) => {
    const item = element("li");
    const button = Object.assign(element("button", text), { type: "button", className: "link" });
    button.addEventListener("click", action);
    item.append(button);
    return item;
  };
  const list = element("ul");
  const textOf = ({ line, problem }) => `line ${formatCount(line)}${problem.column === undefined ? ":" : ","} ${reasonOf(problem)}`;
  list.append(...rejected.slice(0, MAX_LISTED).map((row) => link(textOf(row), () => showRow(row))));
  if (rejected.length > MAX_LISTED) list.append(link(`Show all ${formatCount(rejected.length)}`, showRejected));
  $("rejected").replaceChildren(element("p", `${countOf(rejected.length, "row does", "rows do")} not fit the model's columns`), list);
}

/** Show the number of rows of each class, or of each prediction of a model without classes, such as a clustering. */
function showCounts(names) {
  const counts = new Map((session.schema.classes || []).map((name) => [formatPrediction(name), 0]));
  for (const name of names) counts.set(name, (counts.get(name) || 0) + 1);
  const parts = [...counts].map(([name, count]) => ({ name, share: count / (names.length || 1) }));
  showBars($("counts"), parts, (share) => formatCount(Math.round(share * names.length)));
}

function insertSample() {
  const names = session.schema.columns.map(({ name }) => name);
  const row = exampleRow(session.schema);
  const lines = [names, names.map((name, index) => (Array.isArray(row) ? row[index] : row[name]))];
  $("table").text.value = lines.map((cells) => `${cells.map((cell) => quote(cell ?? "")).join(",")}\n`).join("");
  change($("table").file);
}

/** Accept a file that the user drops anywhere on the page. Otherwise the browser would open a file that is dropped
 *  outside the form. */
function onDrag(event) {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.toggle("over", event.type === "dragover");
  if (event.type !== "drop" || !event.dataTransfer.files.length || $("many").hidden) return;
  $("table").file.files = event.dataTransfer.files;
  change($("table").text);
}

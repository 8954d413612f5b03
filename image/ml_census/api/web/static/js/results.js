// The rows of a table with their predictions: pages, filter, sort order, and download.

import { session } from "./api.js";
import { quote } from "./csv.js";
import { $, columnName, countOf, element, formatCount, formatPrediction, percent } from "./format.js";

const PAGE_ROWS = 20;
const MAX_CLASSES = 50; // with more classes, the filter has no classes
const collator = new Intl.Collator();
const view = { table: null, rows: [], page: 0, sorted: null, isDescending: false };

/** Return the reason of a rejected row, such as `age: expected a number, got "old"`. */
export const reasonOf = ({ column, expected, found }) =>
  `${column === undefined ? "" : `${columnName(column)}: `}expected ${expected}${found && `, ${found}`}`;

/** Show the first rows of a table, or hide the rows if the table is null. */
export function showTable(table) {
  Object.assign(view, { table, page: 0, sorted: null, isDescending: false });
  $("result").hidden = !table?.rows.length;
  $("search").value = "";
  if (table) refresh();
}

/** Show new predictions of the table. */
export function refresh() {
  showChoices();
  $("download").hidden = !view.table.rows.some(({ answer }) => answer);
  select();
}

/** Show the page with a row, and mark the row. */
export function showRow(row) {
  $("shown").value = $("search").value = "";
  select();
  view.page = Math.floor(view.rows.indexOf(row) / PAGE_ROWS);
  render();
  const line = $("rows").children[view.rows.indexOf(row) % PAGE_ROWS];
  line.tabIndex = -1;
  line.focus({ preventScroll: true });
  line.scrollIntoView({ block: "center" });
  line.querySelector(".bad:not(.reason)")?.scrollIntoView({ block: "center", inline: "nearest" });
}

export function showRejected() {
  $("shown").value = "bad";
  showFirst();
}

const nameOf = ({ answer }) => answer && formatPrediction(answer.prediction);

function showChoices() {
  const counts = new Map();
  for (const row of view.table.rows) {
    const name = row.problem ? "bad" : nameOf(row);
    counts.set(name, (counts.get(name) || 0) + 1);
  }
  const classes = [...new Set((session.schema.classes || []).map(formatPrediction))].filter((name) => counts.has(name));
  const choices = classes.length > MAX_CLASSES ? [] : classes.map((name) => [name, `= ${name}`, counts.get(name)]);
  if (counts.has("bad")) choices.push(["rows that do not fit", "bad", counts.get("bad")]);
  const before = $("shown").value;
  $("shown").replaceChildren(new Option(`all rows (${formatCount(view.table.rows.length)})`, ""));
  for (const [name, value, count] of choices) $("shown").add(new Option(`${name} (${formatCount(count)})`, value));
  $("shown").value = choices.some(([, value]) => value === before) ? before : "";
  $("shown").parentElement.hidden = !choices.length;
}

/** Filter and sort the rows. */
function select() {
  const shown = $("shown").value;
  const part = $("search").value.trim().toLowerCase();
  view.rows = view.table.rows.filter((row) => (!shown || shown === (row.problem ? "bad" : `= ${nameOf(row)}`))
    && (!part || [...row.cells, nameOf(row) || ""].some((cell) => cell.toLowerCase().includes(part))));
  if (view.sorted) sort();
  view.page = Math.max(0, Math.min(view.page, Math.ceil(view.rows.length / PAGE_ROWS) - 1));
  render();
}

function sort() {
  const keys = new Map(view.rows.map((row) => [row, view.sorted.key(row) ?? ""]));
  const sign = view.isDescending ? -1 : 1;
  view.rows.sort((left, right) => sign * compare(keys.get(left), keys.get(right)));
}

function compare(left, right) {
  const difference = left === "" || right === "" ? NaN : Number(left) - Number(right);
  return Number.isNaN(difference) ? collator.compare(left, right) : difference;
}

function turn(pages) {
  view.page += pages;
  render();
}

function showFirst() {
  view.page = 0;
  select();
}

function fields() {
  const { header, indices, hasDecimalComma } = view.table;
  const hasAnswers = view.table.rows.some((row) => row.answer || row.problem);
  const number = (cell = "") => (hasDecimalComma ? cell.replace(",", ".") : cell);
  return [
    { name: "Line", key: ({ line }) => line },
    ...(hasAnswers ? [{ name: "Prediction", key: ({ answer }) => answer?.prediction }] : []),
    ...(hasAnswers && session.schema.classes ? [{ name: "Probability", key: ({ answer }) => answer && Math.max(...answer.shares) }] : []),
    ...header.map((name, index) => ({ name, isUnused: !indices.includes(index), key: ({ cells }) => number(cells[index]) })),
  ];
}

/** Show the current page of the table. */
export function render() {
  const shown = fields();
  $("names").replaceChildren(...shown.map(headerCell));
  const start = view.page * PAGE_ROWS;
  $("rows").replaceChildren(...view.rows.slice(start, start + PAGE_ROWS).map((row) => line(row, shown)));
  const end = Math.min(start + PAGE_ROWS, view.rows.length);
  $("position").textContent = view.rows.length ? `${formatCount(start + 1)}–${formatCount(end)} of ${countOf(view.rows.length, "row", "rows")}` : "no row matches";
  $("previous").disabled = !view.page;
  $("next").disabled = end >= view.rows.length;
}

function headerCell(field) {
  const cell = element("th");
  const button = Object.assign(element("button", field.name), { type: "button" });
  const isSorted = view.sorted?.name === field.name;
  cell.scope = "col";
  cell.classList.toggle("unused", Boolean(field.isUnused));
  cell.ariaSort = isSorted ? (view.isDescending ? "descending" : "ascending") : null;
  button.addEventListener("click", () => {
    Object.assign(view, { sorted: field, isDescending: isSorted && !view.isDescending });
    showFirst();
    [...$("names").children].find(({ textContent }) => textContent === field.name).firstChild.focus();
  });
  cell.append(button);
  return cell;
}

function line(row, shown) {
  const tr = element("tr");
  const { answer, problem, cells } = row;
  const first = [element("th", formatCount(row.line))];
  const added = shown.length - view.table.header.length - 1;
  if (problem) first.push(Object.assign(element("td", reasonOf(problem)), { className: "bad reason", colSpan: added }));
  else if (added) first.push(element("td", nameOf(row) || "…"));
  if (!problem && added > 1) first.push(element("td", answer ? percent(Math.max(...answer.shares)) : ""));
  const bad = problem && view.table.indices[view.table.columns.findIndex(({ name }) => name === problem.column)];
  const rest = view.table.header.map((_, index) => {
    const cell = element("td", cells[index]);
    cell.classList.toggle("unused", Boolean(shown[index + added + 1].isUnused));
    if (index === bad) {
      cell.className = "bad";
      cell.append(element("small", `expected ${problem.expected}`));
    }
    return cell;
  });
  tr.append(...first, ...rest);
  return tr;
}

/** Return all rows as CSV, with the prediction, the probabilities, and the error of rejected rows. */
function toCsv({ rows, header, delimiter, hasDecimalComma }) {
  const classes = session.schema.classes || [];
  const hasErrors = rows.some(({ problem }) => problem);
  const number = (value) => (hasDecimalComma && typeof value === "number" ? String(value).replace(".", ",") : value);
  const names = [...header, "prediction", ...classes.map((name) => `probability ${name}`), ...(hasErrors ? ["error"] : [])];
  const records = rows.map(({ cells, answer, problem }) => [
    ...header.map((_, index) => cells[index] ?? ""),
    answer ? number(answer.prediction) : "",
    ...classes.map((_, index) => (answer ? number(answer.shares[index]) : "")),
    ...(hasErrors ? [problem ? reasonOf(problem) : ""] : []),
  ]);
  return [names, ...records].map((cells) => `${cells.map((cell) => quote(cell, delimiter)).join(delimiter)}\n`).join("");
}

function offerDownload() {
  URL.revokeObjectURL($("download").href);
  $("download").href = URL.createObjectURL(new Blob([toCsv(view.table)], { type: "text/csv" }));
}

export function startResults() {
  for (const id of ["shown", "search"]) $(id).addEventListener("input", showFirst);
  $("previous").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  $("download").addEventListener("click", offerDownload); // the browser follows the link afterwards
}

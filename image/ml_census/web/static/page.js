// The page: log in, one row by a form, many rows by a CSV file. The form is made from what /schema says of the model.

import { CsvError, decode, delimiterOf, records } from "./csv.js";

const BATCH = 500; // rows in a request, as long as the server takes so many
const MANY = 10; // of more classes the most probable are shown
const FEW = 5; // so many are shown of what is too much: classes, problems
const LISTED = 200; // of more categories a search field shows those that match
const FOUND = 50; // so many of them
const DOCUMENT_ROWS = 8; // lines of the field for a document
const CHANGES = 3; // so many changed values are named
const $ = (id) => document.getElementById(id);
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

let token = "";
let schema = { columns: [], classes: null };
const inputs = new Map(); // of the form, by column
let last = null; // the row that was predicted last, and its answer

// --- what the server says

/** Why there is no answer: a message, where in which rows, and the status, if it was the server who refused. */
class Refused extends Error {
  constructor(message, status = 0, details = []) {
    super(message);
    Object.assign(this, { status, details });
  }
}

class LoginEnded extends Refused {}

/** The JSON of an answer; waits while the server says that it has too much to do. Throws Refused. */
async function ask(path, options = {}) {
  for (let attempt = 1; ; attempt++) {
    const answer = await fetch(path, { cache: "no-store", credentials: "omit", ...options }).catch(() => {
      throw new Refused("the server cannot be reached");
    });
    if (answer.status === 503 && attempt < 20) {
      const seconds = Number(answer.headers.get("Retry-After")) || 1;
      await new Promise((resume) => setTimeout(resume, 1000 * seconds));
      continue;
    }
    const document = await answer.json().catch(() => ({}));
    if (answer.ok) return { ...document, unknown: Number(answer.headers.get("X-Unknown-Values")) };
    if (token && (answer.status === 401 || answer.status === 403)) throw new LoginEnded("login ended", answer.status);
    throw new Refused(document["error message"] || `the server answers ${answer.status}`, answer.status, document.details);
  }
}

const authorized = () => ({ Authorization: `Bearer ${token}` });

const predict = (rows) =>
  ask(`prediction${schema.classes ? "?proba=true" : ""}`, {
    method: "POST",
    headers: { ...authorized(), "Content-Type": "application/json" },
    body: JSON.stringify({ inputs: rows }),
  });

/** The answers to rows in batches, each with the place of its first row. Where a batch is too large for the server
 *  (413), smaller ones follow. Throws Refused, with places among all rows. */
async function* answers(rows) {
  for (let start = 0, size = BATCH; start < rows.length; ) {
    const batch = rows.slice(start, start + size);
    try {
      yield [start, await predict(batch)];
      start += batch.length;
    } catch (error) {
      if (error.status === 413 && batch.length > 1) {
        size = Math.ceil(batch.length / 2);
        continue;
      }
      error.details?.forEach((detail) => (detail.row += start));
      throw error;
    }
  }
}

// --- words and figures

const count = new Intl.NumberFormat("en");
const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 20, useGrouping: "min2" }); // a year is no 2,024
const six = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });
const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`;
const counted = (number, one, many) => `${count.format(number)} ${number === 1 ? one : many}`;
const columnName = (name) => (typeof name === "number" ? `column ${name}` : name);

/** A value of a column. */
function text(value, { type }) {
  if (value === null) return "missing";
  return type === "number" ? exact.format(value) : String(value).trim();
}

/** What was predicted: a class is a name, even if it is a number. */
function told(prediction) {
  if (Array.isArray(prediction)) return prediction.map(told).join(", ");
  if (schema.classes || typeof prediction !== "number") return String(prediction);
  return (Number.isInteger(prediction) ? exact : six).format(prediction);
}

/** Runs what a form does, one at a time, and tells why it failed. A form that `repeats` does it again for what was
 *  changed meanwhile. The button is not disabled: it would lose the focus. */
function onSubmit(form, action, { repeats = false, after = () => {} } = {}) {
  const button = form.querySelector("button");
  const problems = form.querySelector("[role=alert]");
  let busy = false;
  let again = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    again = busy && repeats;
    if (busy) return;
    busy = true;
    button.ariaDisabled = "true";
    problems.replaceChildren();
    try {
      await action(form);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error instanceof LoginEnded) again = logInAgain();
      else problems.replaceChildren(...reasons(error));
      problems.scrollIntoView({ block: "nearest" });
    } finally {
      busy = false;
      button.ariaDisabled = null;
      if (again && form.matches(":valid")) form.requestSubmit();
      else after();
    }
  });
}

function reasons(error) {
  const message = element("p", error.message);
  const items = error.details.slice(0, FEW).map(({ line, column, expected, got }) => {
    const places = [line && `line ${count.format(line)}`, column !== undefined && columnName(column)];
    const place = places.filter(Boolean).join(", ");
    return element("li", `${place && `${place}: `}expected ${expected}${got === undefined ? "" : `, got ${JSON.stringify(got)}`}`);
  });
  const all = parseInt(error.message) || error.details.length; // the message counts them, the details are cut
  if (all > items.length && items.length) items.push(element("li", `and ${count.format(all - items.length)} more`));
  if (!items.length) return [message];
  const list = element("ul");
  list.append(...items);
  return [message, list];
}

function element(tag, content = "") {
  const made = document.createElement(tag);
  made.textContent = content;
  return made;
}

/** Fills a list with a bar for each part of a whole: name, share, whether it is the chosen one. Of many the largest. */
function showBars(list, parts, figure) {
  const shown = [...parts];
  if (parts.length > MANY) {
    shown.sort((one, other) => other.share - one.share);
    const rest = shown.splice(FEW);
    shown.push({ name: `${rest.length} more`, share: rest.reduce((sum, { share }) => sum + share, 0) });
  }
  list.replaceChildren(...shown.map(({ name, share, chosen }) => {
    const line = element("div");
    const bar = element("dd");
    const fill = element("i");
    line.classList.toggle("chosen", Boolean(chosen));
    bar.className = "bar";
    bar.ariaHidden = "true";
    bar.append(fill);
    fill.style.width = `${100 * share}%`;
    line.append(element("dt", name), bar, element("dd", figure(share)));
    return line;
  }));
}

// --- log in

async function logIn(form) {
  const bytes = new TextEncoder().encode(`${form.user.value}:${form.password.value}`);
  const basic = btoa(String.fromCharCode(...bytes));
  ({ token } = await ask("login", { headers: { Authorization: `Basic ${basic}` } }));
  form.password.value = "";
  const found = await ask("schema", { headers: authorized() });
  if (!same(found, schema) || $("name").textContent !== form.user.value) build(found);
  $("name").textContent = form.user.value;
  show(true);
  tellModel();
  const [first] = inputs.values();
  first.focus();
  first.select?.(); // as if Tab had led there
}

function logInAgain() {
  token = "";
  show(false);
  $("login").querySelector("[role=alert]").replaceChildren(element("p", "Your login has ended: log in again."));
  $("login").password.focus();
  return false;
}

function show(loggedIn) {
  $("login").hidden = loggedIn;
  $("one").hidden = $("many").hidden = $("user").hidden = !loggedIn;
}

function tellModel() {
  ask("version").then(({ model, engine, report }) => {
    $("model").textContent = `model ${model}, ${engine.kind}`;
    $("report").hidden = !report;
  }, () => {});
}

/** Everything anew, for a model and a user. */
function build(found) {
  schema = found;
  last = null;
  inputs.clear();
  $("columns").replaceChildren(...schema.columns.map(field));
  $("table").reset();
  $("table").text.placeholder = schema.columns.map(({ name }) => written(name)).join(",");
  for (const id of ["answer", "why", "result"]) $(id).hidden = true;
  for (const id of ["moved", "note", "done"]) $(id).textContent = "";
  for (const each of document.querySelectorAll("[role=alert]")) each.replaceChildren();
}

// --- one row

/** The usual value of a column in training: its most frequent category, the median of a number; undefined if the
 *  model does not tell. */
function usual({ type, training, categories }) {
  if (!training) return undefined;
  const { frequencies, bin_edges, maximum } = training;
  if (type === "category") return categories?.[frequencies.indexOf(Math.max(...frequencies.slice(0, -1)))];
  let sum = 0;
  return bin_edges[frequencies.findIndex((frequency) => (sum += frequency) >= 0.5)] ?? maximum;
}

function field(column) {
  const label = element("label", columnName(column.name));
  const isLong = column.categories?.length > LISTED;
  const input = isLong ? search(column) : column.categories ? choice(column) : entry(column);
  const { minimum, maximum } = column.training || {};
  inputs.set(column, input);
  if (minimum !== undefined) {
    const range = `${exact.format(minimum)} to ${exact.format(maximum)}`;
    const hint = element("small", range);
    label.append(" ", hint);
    input.addEventListener("input", () => {
      const isOutside = input.valueAsNumber < minimum || input.valueAsNumber > maximum;
      hint.textContent = isOutside ? `outside of training: ${range}` : range;
      hint.classList.toggle("outside", isOutside);
    });
  }
  label.append(" ", input);
  if (input.proposals) label.append(input.proposals);
  return label;
}

function choice(column) {
  const select = element("select");
  select.values = [...column.categories, ...(column.nullable ? [null] : [])];
  select.values.forEach((value, place) => select.add(new Option(text(value, column), place)));
  select.selectedIndex = Math.max(0, select.values.indexOf(usual(column)));
  return select;
}

/** A text field that proposes the categories that hold what is typed. A list of all of many thousands would take the
 *  browser seconds to build. */
function search(column) {
  const input = element("input");
  const list = element("datalist");
  list.id = `categories-${inputs.size}`;
  input.setAttribute("list", list.id);
  input.setAttribute("autocomplete", "off");
  input.required = !column.nullable;
  const spelt = new Map(column.categories.map((value) => [text(value, column), value]));
  input.read = () => (input.value === "" ? null : spelt.get(input.value.trim()) ?? input.value);
  const propose = () => {
    const part = input.value.trim().toLowerCase();
    const found = [];
    for (const name of spelt.keys()) {
      if (name.toLowerCase().includes(part) && found.push(new Option("", name)) === FOUND) break;
    }
    list.replaceChildren(...found);
  };
  input.addEventListener("input", propose);
  input.addEventListener("focus", propose);
  input.value = text(usual(column) ?? column.categories[0], column);
  input.proposals = list;
  return input;
}

function entry(column) {
  const isDocument = schema.form === "documents";
  const input = element(isDocument ? "textarea" : "input");
  if (isDocument) input.rows = DOCUMENT_ROWS;
  input.required = !column.nullable;
  if (column.type === "date") input.placeholder = "2024-03-05T10:00:00";
  if (column.type === "number") {
    input.type = "number";
    input.step = "any";
  }
  input.value = usual(column) ?? "";
  return input;
}

function given(column) {
  const input = inputs.get(column);
  if (input.values) return input.values[input.value];
  if (input.read) return input.read();
  if (input.value === "" && column.nullable) return null;
  if (column.type === "number") return input.valueAsNumber;
  const isNumber = column.type === "any" && schema.form !== "documents" && /^-?\d+(\.\d+)?$/.test(input.value);
  return isNumber ? Number(input.value) : input.value;
}

async function predictRow() {
  const row = schema.columns.map(given);
  const { predictions: [prediction], probabilities } = await predict([row]);
  const before = last;
  last = { row, prediction, shares: probabilities?.[0] };
  showAnswer(last);
  if (before) showMove(before, last);
  showReasons();
}

/** Tells whether the answer is still one to what the form says. */
function markStale() {
  const isStale = last && !($("row").matches(":valid") && same(last.row, schema.columns.map(given)));
  $("one").classList.toggle("stale", isStale);
  return isStale;
}

function settle() {
  $("note").textContent = markStale() ? "This is the answer to the values before." : "";
}

function changed() {
  if (markStale() && $("row").matches(":valid")) $("row").requestSubmit();
  else settle();
}

const placeOf = (prediction) => Math.max(0, schema.classes.findIndex((each) => same(each, prediction)));

function showAnswer({ prediction, shares }) {
  const place = shares && placeOf(prediction);
  $("answer").hidden = false;
  $("prediction").textContent = shares ? `${told(prediction)}, ${percent(shares[place])}` : told(prediction);
  const parts = (shares || []).map((share, at) => ({ name: told(schema.classes[at]), share, chosen: at === place }));
  showBars($("probabilities"), parts, percent);
}

/** The class whose probability is told: of two the second, of more the predicted one. */
const toldPlace = ({ prediction, shares }) => (shares.length === 2 ? 1 : placeOf(prediction));

/** How the answer differs from the one before. */
function showMove(before, now) {
  const names = schema.columns.flatMap((column, place) => same(before.row[place], now.row[place]) ? []
    : `${columnName(column.name)} from ${text(before.row[place], column)} to ${text(now.row[place], column)}`);
  if (!names.length) return;
  const isSame = same(before.prediction, now.prediction);
  const moves = isSame ? [] : [`${told(before.prediction)} → ${told(now.prediction)}`];
  if (now.shares) {
    const place = toldPlace(now);
    moves.push(`${told(schema.classes[place])} ${percent(before.shares[place])} → ${percent(now.shares[place])}`);
  } else if (isSame) moves.push("the same answer");
  const what = names.length > CHANGES ? counted(names.length, "change", "changes") : names.join(", ");
  $("moved").textContent = `${what}: ${moves.join("; ")}`;
}

/** What the answer would be if one column had its usual value: asked once somebody wants to know. */
async function showReasons() {
  const now = last;
  const known = schema.columns.map((column, place) => ({ column, place, usual: usual(column) }))
    .filter((each) => each.usual !== undefined);
  $("why").hidden = !known.length;
  if (!known.length || !$("why").open) return;
  const unusual = known.filter((each) => now.row[each.place] !== each.usual);
  const others = [];
  $("why").ariaBusy = "true";
  let why = "How much one value moves the answer, compared to the usual one of the training, with all others as they are.";
  if (!unusual.length) why = "All values are the usual ones: change one.";
  try {
    for await (const [, answer] of answers(unusual.map((each) => now.row.with(each.place, each.usual)))) {
      answer.predictions.forEach((prediction, at) => others.push({ prediction, shares: answer.probabilities?.[at] }));
    }
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error instanceof LoginEnded) logInAgain();
    why = `What moved it is not known: ${error.message}.`;
  }
  if (now !== last) return;
  $("why").ariaBusy = null;
  const isTold = others.length > 0 && others.length === unusual.length;
  $("whatif").textContent = why;
  $("whatif").nextElementSibling.hidden = !isTold;
  if (isTold) showMoves(now, unusual, others);
}

function showMoves(now, unusual, others) {
  const place = now.shares && toldPlace(now);
  const moves = unusual.map((each, at) => ({ ...each, ...move(now, others[at], place) }));
  moves.sort((one, other) => Math.abs(other.size) - Math.abs(one.size));
  $("target").textContent = now.shares ? `Moves ${told(schema.classes[place])} by` : "With the usual value";
  $("moves").replaceChildren(...moves.map(({ column, place, usual, told }) => {
    const line = element("tr");
    const cells = [columnName(column.name), text(now.row[place], column), text(usual, column), told];
    for (const cell of cells) line.append(element("td", cell));
    return line;
  }));
}

/** How far two answers are apart, and in which words. Without probabilities the other answer is told: not every
 *  number is a quantity. */
function move(now, other, place) {
  if (!now.shares) {
    const size = same(now.prediction, other.prediction) ? 0 : Math.abs(now.prediction - other.prediction) || 1;
    return { size, told: size ? told(other.prediction) : "—" };
  }
  const size = now.shares[place] - other.shares[place];
  const points = (100 * Math.abs(size)).toFixed(1);
  return { size, told: points === "0.0" ? "—" : `${size < 0 ? "−" : "+"}${points} points` };
}

// --- many rows

function written(cell, delimiter = ",") {
  const plain = typeof cell === "object" ? JSON.stringify(cell) : String(cell);
  return /["\r\n]/.test(plain) || plain.includes(delimiter) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

/** The table that a form holds: its header, its rows with their lines in the file, where in them the model's columns
 *  are, and the delimiter. Throws Refused. */
async function readTable(form) {
  const names = schema.columns.map(({ name }) => String(name));
  try {
    const file = form.file.files[0];
    const source = file ? await decode(new Uint8Array(await file.arrayBuffer())) : form.text.value;
    const delimiter = delimiterOf(source, names);
    const all = [...records(source, delimiter)];
    const first = all.findIndex(({ cells }) => cells.length);
    const header = all[first]?.cells.map((cell) => cell.trim()) || [];
    const blank = header.length === 1 ? [""] : []; // of one column a blank line is an empty cell
    const rows = all.slice(first + 1).map(({ line, cells }) => ({ line, cells: cells.length ? cells : blank }))
      .filter(({ cells }) => cells.length);
    if (!rows.length) throw new CsvError("there are no rows: a line with the columns' names, then a line for each row");
    const missing = names.filter((name, place) => !schema.columns[place].dropped && !header.includes(name));
    if (missing.length) throw new CsvError(`the first line does not name ${missing.join(", ")}: it is “${header.join(",")}”`);
    const odd = rows.find(({ cells }) => cells.length !== header.length);
    if (odd) throw new CsvError(`line ${count.format(odd.line)} has ${odd.cells.length} values, not ${header.length}`);
    return { header, rows, delimiter, places: names.map((name) => header.indexOf(name)) };
  } catch (error) {
    throw error instanceof CsvError ? new Refused(error.message) : error;
  }
}

async function predictTable(form) {
  $("result").hidden = true;
  $("done").textContent = "";
  const { header, rows: read, delimiter, places } = await readTable(form);
  const rows = read.map(({ cells }) => places.map((place) => cells[place] || null));
  const lines = [[...header, "prediction", ...(schema.classes || []).map((name) => `probability ${name}`)]];
  const found = new Map();
  let unknown = 0;
  try {
    showProgress(0, rows.length);
    for await (const [start, answer] of answers(rows)) {
      answer.predictions.forEach((prediction, at) => {
        lines.push([...read[start + at].cells, prediction, ...(answer.probabilities?.[at] || [])]);
        found.set(told(prediction), (found.get(told(prediction)) || 0) + 1);
      });
      unknown += answer.unknown;
      showProgress(lines.length - 1, rows.length);
    }
  } catch (error) {
    error.details?.forEach((detail) => (detail.line = read[detail.row].line));
    throw error;
  } finally {
    $("progress").hidden = true;
  }
  offer(lines, delimiter);
  const classes = new Set((schema.classes || []).map(told));
  const parts = [...classes].map((name) => ({ name, share: (found.get(name) || 0) / rows.length }));
  showBars($("counts"), parts, (share) => count.format(Math.round(share * rows.length)));
  $("done").textContent = `${counted(rows.length, "row is", "rows are")} predicted.`
    + (unknown ? ` ${counted(unknown, "value is", "values are")} unknown to the model.` : "");
}

function showProgress(done, all) {
  const [label, bar] = $("progress").children;
  label.textContent = `${count.format(done)} of ${count.format(all)}`;
  bar.value = done / all;
  $("progress").hidden = false;
}

function offer(lines, delimiter) {
  const link = $("download");
  URL.revokeObjectURL(link.href);
  const text = lines.map((line) => line.map((cell) => written(cell, delimiter)).join(delimiter) + "\n").join("");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  $("result").hidden = false;
  link.focus();
}

/** Also beside the form: the browser would leave the page to show the file. */
function onDrag(event) {
  if (!event.dataTransfer.types.includes("Files")) return;
  event.preventDefault();
  document.body.classList.toggle("over", event.type === "dragover");
  if (event.type !== "drop" || !event.dataTransfer.files.length) return;
  $("table").file.files = event.dataTransfer.files;
  $("table").text.value = "";
}

// --- start

onSubmit($("login"), logIn);
onSubmit($("row"), predictRow, { repeats: true, after: settle });
onSubmit($("table"), predictTable);
for (const type of ["dragover", "dragleave", "drop"]) document.addEventListener(type, onDrag);
$("table").text.addEventListener("input", () => ($("table").file.value = ""));
$("table").file.addEventListener("change", () => ($("table").text.value = ""));
$("row").addEventListener("input", markStale);
$("row").addEventListener("change", () => last && changed());
$("why").addEventListener("toggle", showReasons);
$("out").addEventListener("click", () => location.replace("./"));
new ResizeObserver(() => { // fields that get the focus are not below the answer
  document.documentElement.style.scrollPaddingBottom = `${$("answer").offsetHeight + 8}px`;
}).observe($("answer"));
show(false);
$("login").user.focus();
tellModel();

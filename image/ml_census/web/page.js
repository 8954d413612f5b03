// The page: log in, one row by a form, many rows by a CSV file. The form is made from what /schema says of the model.

const BATCH = 500;
const $ = (id) => document.getElementById(id);
let token = "";
let schema = { columns: [], classes: null };
const inputs = new Map(); // of the form, by column
let last = null; // the row that was predicted last, and its answer

class Refused extends Error {}

/** The JSON of an answer; waits while the server says that it has too much to do. Throws Refused with the reason. */
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
    if (answer.ok) return document;
    if (token && (answer.status === 401 || answer.status === 403)) logOut();
    throw new Refused(reason(document) || `the server answers ${answer.status}`);
  }
}

function reason(document) {
  const places = (document.details || []).map((each) =>
    [`row ${each.row + 1}`, each.column, `expected ${each.expected}`, `got ${JSON.stringify(each.got)}`]
      .filter((part) => part !== undefined && part !== "got undefined").join(", "));
  return [document["error message"], ...places].filter(Boolean).join("; ");
}

function predict(inputs) {
  return ask(`prediction${schema.classes ? "?proba=true" : ""}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ inputs }),
  });
}

/** Runs what a form does: one at a time, with the reason on the page if it fails. */
function onSubmit(form, action) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    if (button.disabled) return;
    $("problem").textContent = "";
    button.disabled = true;
    try {
      await action(form);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      $("problem").textContent = error.message;
      $("problem").scrollIntoView({ block: "nearest" });
    } finally {
      button.disabled = false;
    }
  });
}

// --- log in

async function logIn(form) {
  const bytes = new TextEncoder().encode(`${form.user.value}:${form.password.value}`);
  const basic = btoa(String.fromCharCode(...bytes));
  ({ token } = await ask("login", { headers: { Authorization: `Basic ${basic}` } }));
  form.password.value = "";
  if (!schema.columns.length) {
    schema = await ask("schema", { headers: { Authorization: `Bearer ${token}` } });
    $("columns").replaceChildren(...schema.columns.map(field));
  }
  show(true);
  $("one").querySelector("h2").focus();
}

function logOut() {
  token = "";
  show(false);
  $("login").user.focus();
}

function show(loggedIn) {
  $("login").hidden = loggedIn;
  $("one").hidden = $("many").hidden = !loggedIn;
}

// --- one row

/** The usual value of a column in training: its most frequent category, the median of a number. */
function usual(column) {
  const { shares = [], bounds = [], maximum } = column.training || {};
  if (column.type === "category") {
    const known = shares.slice(0, -1);
    return (column.categories || [])[Math.max(0, known.indexOf(Math.max(...known)))] ?? null;
  }
  if (column.type !== "number") return column.nullable ? null : "";
  let sum = 0;
  const bin = shares.findIndex((share) => (sum += share) >= 0.5);
  return bounds[bin] ?? maximum ?? 0;
}

function field(column) {
  const label = document.createElement("label");
  const input = column.type === "category" ? choice(column) : entry(column);
  inputs.set(column, input);
  const { minimum, maximum } = column.training || {};
  const range = minimum === undefined ? "" : ` (${minimum} to ${maximum})`;
  label.append(`${column.name}${range}`, input);
  return label;
}

function choice(column) {
  const select = document.createElement("select");
  const values = [...(column.categories || []), ...(column.nullable ? [null] : [])];
  values.forEach((value, place) => select.add(new Option(value === null ? "missing" : String(value).trim(), place)));
  select.values = values;
  select.selectedIndex = Math.max(0, values.indexOf(usual(column)));
  return select;
}

function entry(column) {
  const input = document.createElement("input");
  const value = usual(column);
  input.required = !column.nullable;
  input.value = value ?? "";
  if (column.type === "number") {
    input.type = "number";
    input.step = "any";
  }
  return input;
}

function given(column) {
  const input = inputs.get(column);
  if (input.values) return input.values[input.value];
  if (input.value === "" && column.nullable) return null;
  const isNumber = column.type === "number" || (column.type === "any" && /^-?\d+(\.\d+)?$/.test(input.value));
  return isNumber ? Number(input.value) : input.value;
}

async function predictRow() {
  const row = schema.columns.map(given);
  const others = schema.columns.map((column, place) => row.map((value, at) => (at === place ? usual(column) : value)));
  const answer = await predict([row, ...others]);
  const now = { row, prediction: answer.predictions[0], probabilities: answer.probabilities?.[0] };
  showAnswer(now);
  showMove(now);
  showReasons(now, answer);
  last = now;
}

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const points = (share) => `${share < 0 ? "−" : "+"}${(100 * Math.abs(share)).toFixed(1)} points`;

function showAnswer({ prediction, probabilities }) {
  $("answer").hidden = false;
  $("prediction").textContent = String(prediction);
  $("probabilities").replaceChildren(...(probabilities || []).flatMap((share, place) => {
    const [name, bar, fill, figure] = ["dt", "dd", "i", "dd"].map((tag) => document.createElement(tag));
    name.textContent = schema.classes[place];
    bar.className = "bar";
    bar.setAttribute("aria-hidden", "true");
    bar.append(fill);
    fill.style.width = percent(share).replace(" ", "");
    figure.textContent = percent(share);
    return [name, bar, figure];
  }));
}

/** How the answer differs from the one before: the place of the class whose probability is told is the last. */
function showMove(now) {
  const changed = last ? schema.columns.filter((_, place) => now.row[place] !== last.row[place]) : [];
  const names = changed.map((column) => {
    const place = schema.columns.indexOf(column);
    return `${column.name} from ${text(last.row[place])} to ${text(now.row[place])}`;
  });
  $("moved").textContent = names.length ? `${names.join(", ")}: ${difference(last, now)}` : "";
}

function difference(before, now) {
  if (now.probabilities) {
    const place = now.probabilities.length - 1;
    return `${schema.classes[place]} ${percent(before.probabilities[place])} → ${percent(now.probabilities[place])}`;
  }
  return before.prediction === now.prediction ? "the same answer" : `${before.prediction} → ${now.prediction}`;
}

const text = (value) => (value === null ? "missing" : String(value).trim());

function showReasons(now, answer) {
  const moves = schema.columns.map((column, place) => {
    const other = { prediction: answer.predictions[place + 1], probabilities: answer.probabilities?.[place + 1] };
    const at = (now.probabilities || []).length - 1;
    const size = now.probabilities ? now.probabilities[at] - other.probabilities[at]
      : typeof now.prediction === "number" ? now.prediction - other.prediction : Number(now.prediction !== other.prediction);
    const told = now.probabilities ? points(size)
      : typeof now.prediction === "number" ? String(+size.toPrecision(4)) : difference(other, now);
    return { size, cells: [column.name, text(now.row[place]), text(usual(column)), size ? told : "—"] };
  });
  moves.sort((one, other) => Math.abs(other.size) - Math.abs(one.size));
  $("target").textContent = now.probabilities ? `Moves ${schema.classes.at(-1)} by` : "Moves it by";
  $("moves").replaceChildren(...moves.map(({ cells }) => {
    const line = document.createElement("tr");
    cells.forEach((cell) => (line.insertCell().textContent = cell));
    return line;
  }));
}

// --- many rows

/** The records of a CSV text (RFC 4180). */
function parseCsv(source) {
  const records = [];
  let record = [];
  let read = 0;
  for (const [all, quoted, plain, end] of source.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|\r|$)/gy)) {
    read += all.length;
    record.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (record.length > 1 || record[0] !== "") records.push(record);
    record = [];
  }
  if (read < source.length) throw new Refused(`line ${source.slice(0, read).split("\n").length} has a quotation mark too many`);
  return records;
}

const written = (cell) => (/[",\r\n]/.test(String(cell)) ? `"${String(cell).replaceAll('"', '""')}"` : String(cell));

async function predictTable(form) {
  $("download").hidden = true;
  $("done").textContent = "";
  const file = form.file.files[0];
  const [header, ...records] = parseCsv(file ? await file.text() : form.text.value);
  if (!records.length) throw new Refused("there are no rows: a line with the columns' names, then a line for each row");
  const places = schema.columns.map(({ name }) => header.indexOf(String(name)));
  const missing = schema.columns.filter((_, place) => places[place] < 0).map(({ name }) => name);
  if (missing.length) throw new Refused(`the first line does not name ${missing.join(", ")}`);
  const odd = records.findIndex((record) => record.length !== header.length);
  if (odd >= 0) throw new Refused(`row ${odd + 1} has ${records[odd].length} values, not ${header.length}`);

  const progress = $("progress").querySelector("progress");
  $("progress").hidden = false;
  const lines = [[...header, "prediction", ...(schema.classes || []).map((name) => `probability ${name}`)]];
  try {
    for (let start = 0; start < records.length; start += BATCH) {
      progress.value = start / records.length;
      const batch = records.slice(start, start + BATCH);
      const rows = batch.map((record) => places.map((place, at) => cell(record[place], schema.columns[at])));
      const answer = await predict(rows).catch((error) => {
        if (error instanceof Refused && records.length > BATCH) error.message += ` (rows from ${start + 1} on)`;
        throw error;
      });
      batch.forEach((record, at) =>
        lines.push([...record, answer.predictions[at], ...(answer.probabilities?.[at] || [])]));
    }
  } finally {
    $("progress").hidden = true;
  }
  offer(lines);
}

const cell = (value, column) => (value === "" && column.nullable ? null : value);

function offer(lines) {
  const link = $("download");
  URL.revokeObjectURL(link.href);
  link.href = URL.createObjectURL(new Blob([lines.map((line) => line.map(written).join(",") + "\n").join("")],
    { type: "text/csv" }));
  link.hidden = false;
  link.focus();
  $("done").textContent = lines.length === 2 ? "1 row is predicted." : `${lines.length - 1} rows are predicted.`;
}

function onDrop(form) {
  form.addEventListener("dragover", (event) => {
    event.preventDefault();
    form.classList.add("over");
  });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    if (event.dataTransfer.files.length) form.file.files = event.dataTransfer.files;
  });
}

// --- start

onSubmit($("login"), logIn);
onSubmit($("row"), predictRow);
onSubmit($("table"), predictTable);
onDrop($("table"));
$("table").text.addEventListener("input", () => ($("table").file.value = ""));
$("row").addEventListener("change", () => last && $("row").requestSubmit());
ask("version").then((version) => {
  const { kind } = version.engine;
  $("model").textContent = `model ${version.model}${kind ? `, ${kind}` : ""}`;
  $("report").hidden = !version.report;
}, () => {});

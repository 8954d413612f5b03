// Form fields for one row: one field for each column of the model.

import { session } from "./api.js";
import { createCombobox } from "./combobox.js";
import { exampleValue } from "./example.js";
import { $, columnName, countOf, element, formatCount, formatNumber, formatValue, isEqual } from "./format.js";

const MAX_OPTIONS = 30; // with more categories, the field is a search
const MAX_FIELDS = 24; // with more columns, the form shows these first, and a search for columns
const DOCUMENT_LINES = 8; // height of the field if the model takes text documents

let fields = []; // {column, node, input, read, write} for each column that the model uses
let showsAll = false;

/** Replace all fields, and fill them with a typical row. */
export function createFields() {
  fields = session.schema.columns.filter(({ dropped }) => !dropped).map(createField);
  showsAll = false;
  $("columns").replaceChildren(...fields.map(({ node }) => node));
  $("filter").hidden = fields.length <= MAX_FIELDS;
  $("filter").value = "";
  writeRow(initialRow());
  filterFields();
}

export function focusFirstField() {
  fields[0]?.input.focus();
  fields[0]?.input.select?.(); // the Tab key selects the text, too
}

export const initialRow = () => session.schema.columns.map((column) => (column.dropped ? null : exampleValue(column)));

/** Return the values of the form in the order of the columns; null for a column that the model drops. */
export function readRow() {
  const values = new Map(fields.map(({ column, read }) => [column, read()]));
  return session.schema.columns.map((column) => values.get(column) ?? null);
}

export function writeRow(row) {
  session.schema.columns.forEach((column, index) => {
    const field = fields.find((each) => each.column === column);
    if (!field || isEqual(field.read(), row[index])) return;
    field.write(row[index]);
    field.check();
  });
}

/** Mark the fields whose values the server rejects. */
export function markFields(details) {
  for (const { column, input } of fields) {
    input.ariaInvalid = details.some((detail) => detail.column === column.name) ? "true" : null;
  }
}

/** Hide the fields that the search does not find, and without a search the fields after the first ones. */
export function filterFields() {
  const part = $("filter").value.trim().toLowerCase();
  const isShown = ({ column, input }, index) =>
    part ? columnName(column.name).toLowerCase().includes(part) : showsAll || index < MAX_FIELDS || !input.checkValidity();
  fields.forEach((field, index) => (field.node.hidden = !isShown(field, index)));
  $("all").hidden = Boolean(part) || fields.length <= MAX_FIELDS;
  $("all").textContent = showsAll ? `Show the first ${MAX_FIELDS}` : `Show all ${countOf(fields.length, "column", "columns")}`;
  const found = fields.filter(({ node }) => !node.hidden).length;
  $("nothing").textContent = part ? (found ? `${formatCount(found)} of ${countOf(fields.length, "column", "columns")}` : `No column has “${part}” in its name.`) : "";
}

export function toggleFields() {
  showsAll = !showsAll;
  filterFields();
}

function createField(column, index) {
  const node = element("div");
  const label = element("label", columnName(column.name));
  const hint = element("small");
  const control = element("div");
  const id = `field-${index}`;
  const { nodes, kind, ...field } = createInput(column, id);
  field.input.id = label.htmlFor = id;
  field.input.setAttribute("aria-describedby", (hint.id = `${id}-hint`));
  node.className = `field ${kind || ""}`;
  control.className = "control";
  control.append(...(nodes || [field.input]));
  node.append(label, hint, control);
  const check = () => showHint(column, field.input, hint);
  node.addEventListener("input", check);
  check();
  return { column, node, check, ...field };
}

function showHint({ type, training, categories }, input, hint) {
  const { minimum, maximum } = (type === "number" && training) || {};
  const known = categories?.length > MAX_OPTIONS ? countOf(categories.length, "value", "values") : "";
  const range = minimum === undefined ? known : `${formatNumber(minimum)} to ${formatNumber(maximum)}`;
  const isOutside = minimum !== undefined && (input.valueAsNumber < minimum || input.valueAsNumber > maximum);
  const problem = input.validity.valid ? "" : `needs a ${type === "number" ? "number" : "value"}`;
  input.ariaInvalid = problem ? "true" : null;
  hint.textContent = problem || (isOutside ? `outside ${range}` : range);
  hint.title = isOutside ? `Outside the range of the training data: ${range}` : "";
  hint.classList.toggle("outside", isOutside || Boolean(problem));
}

function createInput(column, id) {
  const choices = booleans(column);
  if (choices) return createSwitch(choices);
  if (column.categories) return column.categories.length > MAX_OPTIONS ? createSearch(column, id) : createSelect(column);
  if (column.type === "number") return createNumber(column);
  if (column.type === "date") return createDate(column);
  return createText(column);
}

/** Return the values for no and yes of a column of booleans without missing values, else undefined. */
function booleans({ type, categories, dtype, nullable }) {
  if (nullable) return undefined;
  if (type === "number") return dtype?.startsWith("bool") ? [0, 1] : undefined;
  const isBoolean = categories?.length === 2 && categories.every((value) => typeof value === "boolean");
  return isBoolean ? [false, true] : undefined;
}

function createSwitch([no, yes]) {
  const input = Object.assign(element("input"), { type: "checkbox", role: "switch" });
  const state = Object.assign(element("span"), { ariaHidden: "true" });
  const show = () => (state.textContent = input.checked ? "Yes" : "No");
  const write = (value) => {
    input.checked = Number(value) === 1;
    show();
  };
  input.addEventListener("input", show);
  write(no);
  return { input, nodes: [input, state], kind: "bool", read: () => (input.checked ? yes : no), write };
}

function createSelect(column) {
  const input = element("select");
  const values = [...column.categories, ...(column.nullable ? [null] : [])];
  values.forEach((value, index) => input.add(new Option(formatValue(value, column), index)));
  const write = (value) => {
    if (!values.some((each) => isEqual(each, value))) input.add(new Option(formatValue(value, column), values.push(value) - 1));
    input.value = values.findIndex((each) => isEqual(each, value));
  };
  return { input, read: () => values[input.value], write };
}

function createSearch(column, id) {
  const values = new Map(column.categories.map((value) => [formatValue(value, column), value]));
  const { input, list } = createCombobox([...values.keys()], id);
  input.required = !column.nullable;
  const read = () => (input.value === "" ? null : values.get(input.value.trim()) ?? input.value);
  return { input, nodes: [input, list], kind: "search", read, write: (value) => (input.value = value === null ? "" : formatValue(value, column)) };
}

function createNumber(column) {
  const input = Object.assign(element("input"), { type: "number", step: "any", required: !column.nullable });
  const { minimum, maximum } = column.training || {};
  const read = () => (input.value === "" ? null : input.valueAsNumber);
  if (column.nullable) input.placeholder = "missing";
  if (!(maximum > minimum)) return { input, read, write: (value) => (input.value = value ?? "") };
  const step = isWhole(column) ? 1 : 10 ** Math.floor(Math.log10((maximum - minimum) / 100));
  const slider = Object.assign(element("input"), { type: "range", min: minimum, max: maximum, step, tabIndex: -1, ariaHidden: "true" });
  slider.addEventListener("input", () => (input.value = slider.value));
  input.addEventListener("input", () => (slider.value = input.value));
  const write = (value) => (slider.value = input.value = value ?? "");
  return { input, nodes: [input, slider], kind: "slide", read, write };
}

/** Return whether all known values of a number column are integers. */
export function isWhole({ dtype, training }) {
  if (dtype) return /^u?int/i.test(dtype);
  return [training.minimum, training.maximum, ...training.bin_edges].every(Number.isInteger);
}

function createDate(column) {
  const input = Object.assign(element("input"), { type: "date", max: "9999-12-31", required: !column.nullable });
  const time = Object.assign(element("input"), { type: "time", step: 1, ariaLabel: `${columnName(column.name)}, time (optional)` });
  const read = () => (input.value === "" ? null : `${input.value}T${`${time.value || "00:00"}:00`.slice(0, 8)}`);
  const write = (value) => {
    [input.value, time.value] = (value ?? "").split("T");
    if (time.value.startsWith("00:00:00")) time.value = "";
  };
  return { input, nodes: [input, time], kind: "date", read, write };
}

function createText(column) {
  const isDocument = session.schema.form === "documents";
  const isText = isDocument || column.type === "text";
  const input = element(isText ? "textarea" : "input");
  if (isText) input.rows = isDocument ? DOCUMENT_LINES : 2;
  input.required = !column.nullable && !isText;
  const read = () => {
    if (input.value === "" && column.nullable) return null;
    return !isText && /^-?\d+(\.\d+)?$/.test(input.value) ? Number(input.value) : input.value;
  };
  return { input, kind: isDocument ? "document" : isText ? "text" : "", read, write: (value) => (input.value = value ?? "") };
}

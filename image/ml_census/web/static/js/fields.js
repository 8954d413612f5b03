// Form fields for one row: an input element for each column of the model.

import { session } from "./api.js";
import { typicalValue } from "./example.js";
import { $, columnName, element, formatNumber, formatValue } from "./format.js";

const MAX_OPTIONS = 200; // with more categories, the input is a search field that proposes matching categories
const MAX_PROPOSALS = 50;
const DOCUMENT_LINES = 8; // height of the input if the model takes text documents

const inputs = new Map(); // column -> input element

/** Replace all fields with one field for each column of the model. */
export function createFields() {
  inputs.clear();
  $("columns").replaceChildren(...session.schema.columns.map(createField));
}

export function focusFirstField() {
  const [first] = inputs.values();
  first.focus();
  first.select?.(); // the Tab key selects the text, too
}

function createField(column) {
  const label = element("label", columnName(column.name));
  const isLong = column.categories?.length > MAX_OPTIONS;
  const input = isLong ? createSearch(column) : column.categories ? createSelect(column) : createInput(column);
  const { minimum, maximum } = column.training || {};
  inputs.set(column, input);
  if (minimum !== undefined) {
    const range = `${formatNumber(minimum)} to ${formatNumber(maximum)}`;
    const hint = element("small", range);
    label.append(" ", hint);
    input.addEventListener("input", () => {
      const isOutside = input.valueAsNumber < minimum || input.valueAsNumber > maximum;
      hint.textContent = isOutside ? `outside the training range: ${range}` : range;
      hint.classList.toggle("outside", isOutside);
    });
  }
  label.append(" ", input);
  if (input.proposals) label.append(input.proposals);
  return label;
}

function createSelect(column) {
  const select = element("select");
  select.values = [...column.categories, ...(column.nullable ? [null] : [])];
  select.values.forEach((value, index) => select.add(new Option(formatValue(value, column), index)));
  select.selectedIndex = Math.max(0, select.values.indexOf(typicalValue(column)));
  return select;
}

/** Return a text field that proposes the categories that contain the typed text. A browser needs seconds to build a
 *  list of all categories if there are many thousands. */
function createSearch(column) {
  const input = element("input");
  const list = element("datalist");
  list.id = `categories-${inputs.size}`;
  input.setAttribute("list", list.id);
  input.setAttribute("autocomplete", "off");
  input.required = !column.nullable;
  const values = new Map(column.categories.map((value) => [formatValue(value, column), value]));
  input.read = () => (input.value === "" ? null : values.get(input.value.trim()) ?? input.value);
  const propose = () => {
    const part = input.value.trim().toLowerCase();
    const matches = [];
    for (const name of values.keys()) {
      if (name.toLowerCase().includes(part) && matches.push(new Option("", name)) === MAX_PROPOSALS) break;
    }
    list.replaceChildren(...matches);
  };
  input.addEventListener("input", propose);
  input.addEventListener("focus", propose);
  input.value = formatValue(typicalValue(column) ?? column.categories[0], column);
  input.proposals = list;
  return input;
}

function createInput(column) {
  const isDocument = session.schema.form === "documents";
  const input = element(isDocument ? "textarea" : "input");
  if (isDocument) input.rows = DOCUMENT_LINES;
  input.required = !column.nullable;
  if (column.type === "date") input.placeholder = "2024-03-05T10:00:00";
  if (column.type === "number") {
    input.type = "number";
    input.step = "any";
  }
  input.value = typicalValue(column) ?? "";
  return input;
}

export const readRow = () => session.schema.columns.map(readField);

function readField(column) {
  const input = inputs.get(column);
  if (input.values) return input.values[input.value];
  if (input.read) return input.read();
  if (input.value === "" && column.nullable) return null;
  if (column.type === "number") return input.valueAsNumber;
  const isNumber = column.type === "any" && session.schema.form !== "documents" && /^-?\d+(\.\d+)?$/.test(input.value);
  return isNumber ? Number(input.value) : input.value;
}

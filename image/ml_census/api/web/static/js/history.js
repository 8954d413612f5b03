// The last predictions. They stay in the memory of the page: rows can be personal data, and other users of the same
// browser could read a storage that survives the page.

import { session } from "./api.js";
import { changedColumns, describeChange } from "./answer.js";
import { $, columnName, element, formatPrediction, formatValue, isEqual, percent } from "./format.js";

const MAX_ENTRIES = 20;

let entries = []; // {result, column, text}, the newest first
let compared = []; // two results, or fewer

export function clearHistory() {
  entries = compared = [];
  show();
}

/** Add a result. A further change of the same column replaces the newest entry: a slider predicts many values. */
export function record(before, result) {
  const changed = before ? changedColumns(before, result) : [];
  const column = changed.length === 1 ? changed[0] : -1;
  const isFurther = column >= 0 && entries[0]?.column === column && !compared.includes(entries[0].result);
  const base = isFurther ? entries[0].base : before;
  if (isFurther) entries.shift();
  const text = base ? describeChange(base, result) || "the same row" : "first row";
  entries = [{ result, column, base, text }, ...entries].slice(0, MAX_ENTRIES);
  show();
}

const answerOf = ({ prediction, shares }) =>
  formatPrediction(prediction) + (shares ? `, ${percent(Math.max(...shares))}` : "");

function show() {
  $("hint").hidden = entries.length > 1;
  $("history").replaceChildren(...entries.map(createEntry));
  showComparison();
}

function createEntry({ result, text }, index) {
  const line = element("li");
  const label = element("label");
  const box = Object.assign(element("input"), { type: "checkbox", checked: compared.includes(result) });
  box.addEventListener("change", () => {
    compared = box.checked ? [...compared, result].slice(-2) : compared.filter((each) => each !== result);
    $("history").querySelectorAll("input").forEach((each, at) => (each.checked = compared.includes(entries[at].result)));
    showComparison();
  });
  label.append(box, element("b", answerOf(result)), element("small", text));
  line.append(label);
  if (index) {
    const restore = Object.assign(element("button", "Restore"), { type: "button", className: "quiet" });
    restore.setAttribute("aria-label", `Restore ${answerOf(result)}, ${text}`);
    restore.addEventListener("click", () => document.dispatchEvent(new CustomEvent("rowpicked", { detail: result.row })));
    line.append(restore);
  }
  return line;
}

/** Show the columns in which the two selected rows differ, and both answers. */
function showComparison() {
  $("compared").hidden = compared.length < 2;
  if (compared.length < 2) return;
  const pair = [...compared].sort((left, right) => position(right) - position(left)); // the older first
  const [older, newer] = pair;
  const lines = changedColumns(older, newer).map((index) => {
    const column = session.schema.columns[index];
    return [columnName(column.name), ...pair.map(({ row }) => formatValue(row[index], column))];
  });
  if (!lines.length) lines.push(["All values", "equal", "equal"]);
  const table = element("table");
  table.append(tableLine("th", ["", "Older", "Newer"]), ...lines.map((cells) => tableLine("td", cells)), tableLine("td", ["Answer", ...pair.map(answerOf)]));
  table.lastChild.className = isEqual(older.prediction, newer.prediction) ? "" : "differs";
  $("compared").replaceChildren(table);
}

const position = (result) => entries.findIndex((entry) => entry.result === result);

function tableLine(tag, cells) {
  const line = element("tr");
  line.append(...cells.map((cell, at) => Object.assign(element(at ? tag : "th", cell), at ? {} : { scope: "row" })));
  return line;
}

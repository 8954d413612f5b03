// What moved the answer: the effect of each value that is not typical. For a typical row: what could move the answer.

import { session } from "./api.js";
import { areQuantities, comparedClass, comparedName } from "./answer.js";
import { typicalValue } from "./example.js";
import { $, columnName, countOf, element, formatChange, formatPrediction, formatValue, isEqual } from "./format.js";

const MAX_EFFECTS = 8;
const MAX_WORDS = 50;

let effects = [];
let showsAll = false;

/** Return rows that differ from the row in one value or one word. `isNow` is true if the effect is the step to the row
 *  in the form, false if it is the step away from this row. */
export function effectRows(row) {
  const columns = session.schema.columns.map((column, index) => ({ column, index, name: columnName(column.name) }));
  const known = columns.filter(({ column }) => !column.dropped && !isText(column));
  const words = columns.filter(({ column }) => isText(column)).flatMap((each) => wordRows(row, each));
  const moved = [...known.flatMap((each) => typicalRows(row, each)), ...words];
  return moved.length ? moved : known.flatMap((each) => otherRows(row, each));
}

const isText = ({ type }) => type === "text" || session.schema.form === "documents";

/** Return a row with the typical value in place of another value. */
function typicalRows(row, { column, index, name }) {
  const typical = typicalValue(column);
  if (typical === undefined || isEqual(typical, row[index])) return [];
  const text = `${formatValue(row[index], column)}, typical ${formatValue(typical, column)}`;
  return [{ name, text, isNow: true, row: row.with(index, typical) }];
}

/** Return a row without the word for each word of a text. */
function wordRows(row, { index }) {
  const words = [...new Set(String(row[index] ?? "").match(/[\p{L}\p{N}'’]+/gu))];
  if (words.length < 2) return [];
  const without = (word) => row[index].split(/([\p{L}\p{N}'’]+)/u).filter((part) => part !== word).join("");
  return words.slice(0, MAX_WORDS).map((word) => ({ name: word, text: "", isNow: true, row: row.with(index, without(word)) }));
}

/** Return rows with other frequent values: two categories, or the limits of the lowest and highest tenth. */
function otherRows(row, { column, index, name }) {
  const { bin_edges: edges = [], frequencies = [] } = column.training || {};
  const ranked = (column.categories || []).map((value, at) => [frequencies[at], value]).sort((left, right) => right[0] - left[0]);
  const values = column.categories ? ranked.slice(0, 3).map(([, value]) => value) : [edges[0], edges.at(-1)];
  const others = [...new Set(values)].filter((value) => value !== undefined && !isEqual(value, row[index]));
  return others.map((value) => ({ name, text: `${formatValue(row[index], column)} → ${formatValue(value, column)}`, row: row.with(index, value) }));
}

/** Show the effects, the largest first. `answers` has the prediction for each of the rows. Of several other values of a
 *  column, show the one with the largest effect. */
export function showEffects(now, rows, answers, problem) {
  const all = problem ? [] : rows.map((each, at) => ({ ...each, ...effect(now, answers[at], each.isNow) }));
  all.sort((left, right) => Math.abs(right.size) - Math.abs(left.size));
  effects = all.filter(({ name, isNow }, at) => isNow || all.findIndex((other) => other.name === name) === at);
  $("why-title").textContent = effects.length && !effects[0].isNow ? "What could move the answer" : "What moved the answer";
  $("whatif").textContent = explanation(now, problem);
  drawEffects();
}

export function toggleEffects() {
  showsAll = !showsAll;
  drawEffects();
}

function explanation(now, problem) {
  if (problem) return `The effects could not be computed: ${problem.message}.`;
  if (!effects.length) return "The typical values are unknown. Publish the model with its training data, and this page compares each value.";
  if (!effects[0].isNow) return `This row is typical. Each bar is the change of ${comparedName(now)} by another frequent value.`;
  const hasValues = effects.some(({ text }) => text);
  const base = hasValues ? "one value, compared to the typical value" : "one word, compared to the text without this word";
  return `Change of ${comparedName(now)} by ${base}. All else stays the same.`;
}

function drawEffects() {
  const largest = Math.max(...effects.map(({ size }) => Math.abs(size)), 0);
  $("moves").replaceChildren(...(showsAll ? effects : effects.slice(0, MAX_EFFECTS)).map((each) => effectLine(each, largest)));
  $("effects").hidden = effects.length <= MAX_EFFECTS;
  $("effects").textContent = showsAll ? `Show the largest ${MAX_EFFECTS}` : `Show all ${countOf(effects.length, "effect", "effects")}`;
}

function effectLine({ name, text, size, label, isSigned }, largest) {
  const line = element("li");
  const bar = Object.assign(element("span"), { className: "signed", ariaHidden: "true" });
  if (isSigned && size) {
    const fill = element("i");
    const half = (50 * Math.abs(size)) / largest;
    fill.className = size > 0 ? "more" : "less";
    fill.style.width = `${half}%`;
    fill.style.left = `${size > 0 ? 50 : 50 - half}%`;
    bar.append(fill);
  }
  line.append(element("b", name), " ", element("small", text), " ", bar, " ", element("span", label));
  line.lastChild.className = "effect";
  return line;
}

/** Return the size and the label of an effect. If the predictions are names, such as those of clusters, a difference has
 *  no meaning: the label is then the other prediction. */
function effect(now, other, isNow) {
  const sign = isNow ? 1 : -1;
  if (now.shares) {
    const index = comparedClass(now);
    const size = sign * (now.shares[index] - other.shares[index]);
    return { size, isSigned: true, label: formatChange(100 * size, 1, " points") };
  }
  if (areQuantities() && typeof now.prediction === "number") {
    const size = sign * (now.prediction - other.prediction);
    return { size, isSigned: true, label: formatChange(size) };
  }
  const isSame = isEqual(now.prediction, other.prediction);
  return { size: isSame ? 0 : 1, label: isSame ? "no change" : `${isNow ? "else" : "then"} ${formatPrediction(other.prediction)}` };
}

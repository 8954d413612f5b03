// What moved the answer: the effect of each value, compared to the typical value of its column.

import { session } from "./api.js";
import { areQuantities, comparedClass, comparedName } from "./answer.js";
import { typicalValue } from "./example.js";
import { $, columnName, countOf, element, formatPrediction, formatValue, isEqual } from "./format.js";

const MAX_EFFECTS = 8;

let effects = [];
let showsAll = false;

/** Return a row for each value that is not typical: the row with the typical value in its place. */
export function effectRows(row) {
  return session.schema.columns.flatMap((column, index) => {
    const typical = typicalValue(column);
    if (typical === undefined || column.dropped || isEqual(typical, row[index])) return [];
    return [{ column, value: row[index], typical, row: row.with(index, typical) }];
  });
}

/** Show the effects, the largest first. `answers` has the prediction for each of the rows. */
export function showEffects(now, rows, answers, problem) {
  effects = problem ? [] : rows.map((each, at) => ({ ...each, ...effect(now, answers[at]) }));
  effects.sort((left, right) => Math.abs(right.size) - Math.abs(left.size));
  $("whatif").textContent = explanation(now, problem);
  drawEffects();
}

export function toggleEffects() {
  showsAll = !showsAll;
  drawEffects();
}

function explanation(now, problem) {
  if (problem) return `The effects could not be computed: ${problem.message}.`;
  if (effects.length) return `Change of ${comparedName(now)} by one value, compared to the typical value. All other values stay the same.`;
  if (session.schema.columns.some((column) => typicalValue(column) !== undefined)) {
    return "This row is typical of the training data. Change a value to see how far it moves the answer.";
  }
  return "The typical values are unknown. Publish the model with its training data, and this page compares each value.";
}

function drawEffects() {
  const largest = Math.max(...effects.map(({ size }) => Math.abs(size)), 0);
  $("moves").replaceChildren(...(showsAll ? effects : effects.slice(0, MAX_EFFECTS)).map((each) => effectLine(each, largest)));
  $("effects").hidden = effects.length <= MAX_EFFECTS;
  $("effects").textContent = showsAll ? `Show the largest ${MAX_EFFECTS}` : `Show all ${countOf(effects.length, "value", "values")}`;
}

function effectLine({ column, value, typical, size, label, isSigned }, largest) {
  const line = element("li");
  const name = element("b", columnName(column.name));
  const values = element("small", `${formatValue(value, column)}, typical ${formatValue(typical, column)}`);
  const bar = Object.assign(element("span"), { className: "signed", ariaHidden: "true" });
  if (isSigned && size) {
    const fill = element("i");
    const half = (50 * Math.abs(size)) / largest;
    fill.className = size > 0 ? "more" : "less";
    fill.style.width = `${half}%`;
    fill.style.left = `${size > 0 ? 50 : 50 - half}%`;
    bar.append(fill);
  }
  line.append(name, " ", values, " ", bar, " ", element("span", label));
  line.lastChild.className = "effect";
  return line;
}

/** Return the size and the label of an effect. If the predictions are names, such as those of clusters, a difference has
 *  no meaning: the label is then the other prediction. */
function effect(now, other) {
  if (now.shares) {
    const index = comparedClass(now);
    const size = now.shares[index] - other.shares[index];
    const points = (100 * Math.abs(size)).toFixed(1);
    return { size, isSigned: true, label: points === "0.0" ? "±0" : `${sign(size)}${points} points` };
  }
  if (areQuantities() && typeof now.prediction === "number") {
    const size = now.prediction - other.prediction;
    return { size, isSigned: true, label: size ? sign(size) + formatPrediction(Math.abs(size)) : "±0" };
  }
  const isSame = isEqual(now.prediction, other.prediction);
  return { size: isSame ? 0 : 1, label: isSame ? "no change" : `typical: ${formatPrediction(other.prediction)}` };
}

const sign = (size) => (size < 0 ? "−" : "+");

// The prediction of the row in the form: the answer with its probabilities, and how the answer has changed.

import { session } from "./api.js";
import { $, columnName, countOf, element, formatPrediction, formatValue, isEqual, percent, showBars } from "./format.js";

const MAX_CHANGES = 3; // maximum changed values that the page names
const MAX_LENGTH = 60; // maximum length of both values together, in characters

let showsAll = false;
let seen = null; // {low, high}: smallest and largest predicted number since the page shows this model
let hasFractions = false;

export function clearAnswer() {
  seen = null;
  showsAll = hasFractions = false;
  for (const id of ["prediction", "moved", "note", "probabilities"]) $(id).replaceChildren();
}

export const classIndex = (prediction) => Math.max(0, session.schema.classes.findIndex((name) => isEqual(name, prediction)));

/** Return the index of the class whose probability the page compares: of two classes the second, else the predicted. */
export const comparedClass = ({ prediction, shares }) => (shares.length === 2 ? 1 : classIndex(prediction));

/** Return the text for what the page compares: a probability, or the answer. */
export const comparedName = (now) =>
  now.shares ? `the probability of ${formatPrediction(session.schema.classes[comparedClass(now)])}` : "the answer";

/** Return whether predictions are quantities. Integers alone can also be names, such as those of clusters. */
export const areQuantities = () => hasFractions;

/** Remember the range of predicted numbers. */
export function noteNumbers(predictions) {
  if (session.schema.classes) return;
  for (const value of predictions.filter((each) => typeof each === "number")) {
    seen = { low: Math.min(value, seen?.low ?? value), high: Math.max(value, seen?.high ?? value) };
    hasFractions ||= !Number.isInteger(value);
  }
}

export function showAnswer({ prediction, shares }) {
  const chosen = shares && classIndex(prediction);
  const name = formatPrediction(prediction);
  const parts = [element("strong", name)];
  if (shares) parts.push(" ", element("span", percent(shares[chosen])));
  $("prediction").replaceChildren(...parts);
  $("prediction").classList.toggle("long", name.length > 12);
  showShares();
  noteNumbers([prediction]);
  showScale();
}

export function toggleClasses() {
  showsAll = !showsAll;
  showShares();
}

function showShares() {
  const { prediction, shares = [] } = session.result;
  const chosen = shares.length ? classIndex(prediction) : -1;
  const parts = shares.map((share, index) => ({ name: formatPrediction(session.schema.classes[index]), share, chosen: index === chosen }));
  const { isShort } = showBars($("probabilities"), parts, percent, showsAll);
  $("classes").hidden = !isShort && !showsAll;
  $("classes").textContent = showsAll ? "Show the most probable" : `Show all ${countOf(parts.length, "class", "classes")}`;
  $("shares").hidden = !shares.length && !areQuantities();
}

/** Show where a predicted number lies between the smallest and the largest number so far. */
export function showScale() {
  const { prediction } = session.result;
  $("scale").hidden = !areQuantities() || typeof prediction !== "number" || seen.low === seen.high;
  if ($("scale").hidden) return;
  $("shares").hidden = false;
  const [track, text] = $("scale").children;
  track.firstChild.style.left = `${(100 * (prediction - seen.low)) / (seen.high - seen.low)}%`;
  text.replaceChildren(element("span", formatPrediction(seen.low)), element("span", "range of the answers so far"), element("span", formatPrediction(seen.high)));
}

/** Return the indices of the columns in which two rows differ. */
export const changedColumns = (before, now) =>
  session.schema.columns.flatMap((_, index) => (isEqual(before.row[index], now.row[index]) ? [] : [index]));

/** Return the changed values as text, for example "age 36 → 52". */
export function describeChange(before, now) {
  const names = changedColumns(before, now).map((index) => {
    const column = session.schema.columns[index];
    const [from, to] = [before, now].map(({ row }) => formatValue(row[index], column));
    return `${columnName(column.name)} ${from.length + to.length > MAX_LENGTH ? "changed" : `${from} → ${to}`}`;
  });
  return names.length > MAX_CHANGES ? countOf(names.length, "change", "changes") : names.join(", ");
}

/** Show the changed values, and how the prediction differs from the previous prediction. */
export function showChange(before, now) {
  const subject = describeChange(before, now);
  if (!subject) return;
  const isSame = isEqual(before.prediction, now.prediction);
  const changes = isSame ? [] : [`${formatPrediction(before.prediction)} → ${formatPrediction(now.prediction)}`];
  if (now.shares) {
    const index = comparedClass(now);
    changes.push(`${formatPrediction(session.schema.classes[index])} ${percent(before.shares[index])} → ${percent(now.shares[index])}`);
  } else if (isSame) changes.push("same answer");
  $("moved").textContent = `${subject}: ${changes.join("; ")}`;
}

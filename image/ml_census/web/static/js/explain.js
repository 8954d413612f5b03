// Effects of changed values on the prediction.

import { predictBatches, RequestError, session } from "./api.js";
import { typicalValue } from "./example.js";
import { $, columnName, countOf, element, formatPrediction, formatValue, isEqual, percent } from "./format.js";

const MAX_CHANGES = 3; // maximum changed values that the page names

export const classIndex = (prediction) => Math.max(0, session.schema.classes.findIndex((name) => isEqual(name, prediction)));

/** Return the index of the class whose probability the page shows: of two classes the second, else the predicted. */
const comparedClass = ({ prediction, shares }) => (shares.length === 2 ? 1 : classIndex(prediction));

/** Show the changed values, and how the prediction differs from the previous prediction. */
export function showChange(before, now) {
  const { columns, classes } = session.schema;
  const names = columns.flatMap((column, index) => isEqual(before.row[index], now.row[index]) ? []
    : `${columnName(column.name)} from ${formatValue(before.row[index], column)} to ${formatValue(now.row[index], column)}`);
  if (!names.length) return;
  const isSame = isEqual(before.prediction, now.prediction);
  const changes = isSame ? [] : [`${formatPrediction(before.prediction)} → ${formatPrediction(now.prediction)}`];
  if (now.shares) {
    const index = comparedClass(now);
    changes.push(`${formatPrediction(classes[index])} ${percent(before.shares[index])} → ${percent(now.shares[index])}`);
  } else if (isSame) changes.push("same prediction");
  const subject = names.length > MAX_CHANGES ? countOf(names.length, "change", "changes") : names.join(", ");
  $("moved").textContent = `${subject}: ${changes.join("; ")}`;
}

/** Show the effect of each value of the last row: replace one value at a time with the typical value of its column, and
 *  predict. Send no request while this section of the page is closed. */
export async function explain() {
  const now = session.result;
  const known = session.schema.columns.map((column, index) => ({ column, index, typical: typicalValue(column) }))
    .filter(({ typical }) => typical !== undefined);
  $("why").hidden = !known.length;
  if (!known.length || !$("why").open) return;
  const untypical = known.filter(({ index, typical }) => now.row[index] !== typical);
  const others = [];
  $("why").ariaBusy = "true";
  let message = "Effect of one value, compared to the typical value in the training data. All other values stay the same.";
  if (!untypical.length) message = "All values are typical of the training data. Change one to see its effect.";
  try {
    for await (const [, response] of predictBatches(untypical.map(({ index, typical }) => now.row.with(index, typical)))) {
      response.predictions.forEach((prediction, at) => others.push({ prediction, shares: response.probabilities?.[at] }));
    }
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    message = `The effects could not be computed: ${error.message}.`;
  }
  if (now !== session.result) return;
  $("why").ariaBusy = null;
  const isComplete = others.length > 0 && others.length === untypical.length;
  $("whatif").textContent = message;
  $("whatif").nextElementSibling.hidden = !isComplete;
  if (isComplete) showEffects(now, untypical, others);
}

function showEffects(now, untypical, others) {
  const classAt = now.shares && comparedClass(now);
  const effects = untypical.map((value, at) => ({ ...value, ...effect(now, others[at], classAt) }));
  effects.sort((left, right) => Math.abs(right.size) - Math.abs(left.size));
  $("target").textContent = now.shares ? `Effect on ${formatPrediction(session.schema.classes[classAt])}` : "With the typical value";
  $("moves").replaceChildren(...effects.map(({ column, index, typical, label }) => {
    const line = element("tr");
    const cells = [columnName(column.name), formatValue(now.row[index], column), formatValue(typical, column), label];
    for (const cell of cells) line.append(element("td", cell));
    return line;
  }));
}

/** Return the size and the label of an effect. Without probabilities the label is the other prediction: a difference of
 *  numbers has no meaning if the numbers are names, such as those of clusters. */
function effect(now, other, classAt) {
  if (!now.shares) {
    const size = isEqual(now.prediction, other.prediction) ? 0 : Math.abs(now.prediction - other.prediction) || 1;
    return { size, label: size ? formatPrediction(other.prediction) : "—" };
  }
  const size = now.shares[classAt] - other.shares[classAt];
  const points = (100 * Math.abs(size)).toFixed(1);
  return { size, label: points === "0.0" ? "—" : `${size < 0 ? "−" : "+"}${points} points` };
}

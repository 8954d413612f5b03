// The effects of the values on the score, against the typical row: the reasons of /prediction, with a bar each.

import { predict, RequestError, session } from "./api.js";
import { comparedClass } from "./answer.js";
import { $, columnName, countOf, element, formatChange, formatPrediction, formatValue, isEqual } from "./format.js";

const MAX_EFFECTS = 8;

let effects = [];
let showsAll = false;
let refusal = null; // {schema, problem}: the error 400 of a model without reasons

/** Return the reasons of the prediction for a row, the largest effect first. A model without reasons is asked once. */
export async function reasonsOf(row) {
  const { schema } = session;
  if (refusal?.schema === schema) throw refusal.problem;
  if (schema.columns.some(({ training }) => training?.typical === undefined)) {
    throw new RequestError("this model has no typical row: publish the model with its training data");
  }
  try {
    const { reasons } = await predict([row], schema.columns.length);
    return reasons[0];
  } catch (problem) {
    if (problem.status === 400) refusal = { schema, problem };
    throw problem;
  }
}

export function showEffects(now, reasons, problem) {
  effects = reasons ?? [];
  $("whatif").textContent = explanation(now, problem);
  drawEffects();
}

export function toggleEffects() {
  showsAll = !showsAll;
  drawEffects();
}

function explanation(now, problem) {
  if (problem) return `The effects could not be computed: ${problem.message}.`;
  if (!effects.length) return "No value has an effect: the score is that of the typical row.";
  const subject = now.shares ? `the score of ${formatPrediction(session.schema.classes[comparedClass(now)])}` : "the score";
  return `Effect of each value on ${subject}, compared to the typical row. The effects add up to the difference of the two scores.`;
}

function drawEffects() {
  const largest = Math.abs(effects[0]?.effect);
  $("moves").replaceChildren(...(showsAll ? effects : effects.slice(0, MAX_EFFECTS)).map((each) => effectLine(each, largest)));
  $("effects").hidden = effects.length <= MAX_EFFECTS;
  $("effects").textContent = showsAll ? `Show the largest ${MAX_EFFECTS}` : `Show all ${countOf(effects.length, "effect", "effects")}`;
}

function effectLine({ column: name, value, reference, effect }, largest) {
  const column = session.schema.columns.find((each) => isEqual(each.name, name));
  const half = (50 * Math.abs(effect)) / largest;
  const line = element("li");
  const bar = Object.assign(element("span"), { className: "signed", ariaHidden: "true" });
  const fill = element("i");
  fill.className = effect > 0 ? "more" : "less";
  fill.style.width = `${half}%`;
  fill.style.left = `${effect > 0 ? 50 : 50 - half}%`;
  bar.append(fill);
  const values = element("small", `${formatValue(value, column)}, typical ${formatValue(reference, column)}`);
  line.append(element("b", columnName(name)), " ", values, " ", bar, " ", element("span", formatChange(effect)));
  line.lastChild.className = "effect";
  return line;
}

// Request and show the effects of the values (effects.js), and the answer over one column (curve.js).

import { predictBatches, RequestError, session } from "./api.js";
import { changedColumns, noteNumbers, showScale } from "./answer.js";
import { curveRows, followColumn, showCurve } from "./curve.js";
import { reasonsOf, showEffects } from "./effects.js";
import { $ } from "./format.js";

let isBusy = false;
let isWanted = false;

/** Show effects and curve of the last row. `before` is the previous result: the curve follows the changed column. The
 *  requests for one row run at a time, and only the last row is shown. */
export async function showInsights(before) {
  if (before) followColumn(changedColumns(before, session.result));
  isWanted = true;
  if (isBusy) return;
  isBusy = true;
  $("why").ariaBusy = $("curve").ariaBusy = "true";
  try {
    while (isWanted) {
      isWanted = false;
      await predictInsights();
    }
  } finally {
    isBusy = false;
    $("why").ariaBusy = $("curve").ariaBusy = null;
  }
}

async function predictInsights() {
  const now = session.result;
  if (!now) return; // the page shows another model
  const points = curveRows(now.row);
  const [effects, curve] = await Promise.all([settled(reasonsOf(now.row)), settled(answersOf(points))]);
  if (now !== session.result) return;
  noteNumbers((curve.value ?? []).map(({ prediction }) => prediction));
  showScale();
  showEffects(now, effects.value, effects.problem);
  showCurve(now, points, curve.value ?? [], curve.problem);
}

async function answersOf(points) {
  const answers = [];
  for await (const [, { predictions, probabilities }] of predictBatches(points.map(({ row }) => row))) {
    predictions.forEach((prediction, index) => answers.push({ prediction, shares: probabilities?.[index] }));
  }
  return answers;
}

/** Return the value of a promise as `value`, or its RequestError as `problem`. */
const settled = (promise) =>
  promise.then((value) => ({ value }), (problem) => {
    if (!(problem instanceof RequestError)) throw problem;
    return { problem };
  });

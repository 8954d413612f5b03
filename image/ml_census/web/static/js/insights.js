// What moved the answer, and the answer over one column: all rows that the page needs for both go into one request.

import { predictBatches, RequestError, session } from "./api.js";
import { changedColumns, noteNumbers, showScale } from "./answer.js";
import { curveRows, followColumn, showCurve } from "./curve.js";
import { effectRows, showEffects } from "./effects.js";
import { $ } from "./format.js";

let isBusy = false;
let isWanted = false;

/** Show effects and curve of the last row. `before` is the previous result: the curve follows the changed column. One
 *  request runs at a time, and only the last row is shown. */
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
  const effects = effectRows(now.row);
  const points = curveRows(now.row);
  const answers = [];
  let problem;
  try {
    const rows = [...effects, ...points].map(({ row }) => row);
    for await (const [, { predictions, probabilities }] of predictBatches(rows)) {
      predictions.forEach((prediction, index) => answers.push({ prediction, shares: probabilities?.[index] }));
    }
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    problem = error;
  }
  if (now !== session.result) return;
  noteNumbers(answers.map(({ prediction }) => prediction));
  showScale();
  showEffects(now, effects, answers.slice(0, effects.length), problem);
  showCurve(now, points, answers.slice(effects.length), problem);
}

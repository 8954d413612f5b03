// Submission of forms, and prediction of the row in a form.

import { predict, RequestError, session, SessionExpiredError } from "./api.js";
import { classIndex, explain, showChange } from "./explain.js";
import { readRow } from "./fields.js";
import { $, formatPrediction, isEqual, percent, problemElements, showBars } from "./format.js";

/** Run `action` at each submission of a form, and show its RequestError. A submission during an action is ignored; with
 *  `repeats`, the form is then submitted again. `after` runs after the last action. The button is not disabled, so that
 *  the button keeps the focus. */
export function onSubmit(form, action, { repeats = false, after = () => {} } = {}) {
  const button = form.querySelector("button");
  const problems = form.querySelector("[role=alert]");
  let busy = false;
  let again = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    again = busy && repeats;
    if (busy) return;
    busy = true;
    button.ariaDisabled = "true";
    problems.replaceChildren();
    try {
      await action(form);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (error instanceof SessionExpiredError) again = false;
      else problems.replaceChildren(...problemElements(error));
      problems.scrollIntoView({ block: "nearest" });
    } finally {
      busy = false;
      button.ariaDisabled = null;
      if (again && form.matches(":valid")) form.requestSubmit();
      else after();
    }
  });
}

export async function predictRow() {
  const row = readRow();
  const { predictions: [prediction], probabilities } = await predict([row]);
  const before = session.result;
  session.result = { row, prediction, shares: probabilities?.[0] };
  showPrediction(session.result);
  if (before) showChange(before, session.result);
  explain();
}

/** Return whether the form differs from the predicted row, and mark the shown prediction as stale if so. */
export function markStale() {
  const isStale = session.result && !($("row").matches(":valid") && isEqual(session.result.row, readRow()));
  $("one").classList.toggle("stale", isStale);
  return isStale;
}

export function showStaleNote() {
  $("note").textContent = markStale() ? "This prediction is for the previous values." : "";
}

export function predictChange() {
  if (!session.result) return;
  if (markStale() && $("row").matches(":valid")) $("row").requestSubmit();
  else showStaleNote();
}

function showPrediction({ prediction, shares }) {
  const predicted = shares && classIndex(prediction);
  const name = formatPrediction(prediction);
  $("answer").hidden = false;
  $("prediction").textContent = shares ? `${name}, ${percent(shares[predicted])}` : name;
  const parts = (shares || []).map((share, index) =>
    ({ name: formatPrediction(session.schema.classes[index]), share, chosen: index === predicted }));
  showBars($("probabilities"), parts, percent);
}

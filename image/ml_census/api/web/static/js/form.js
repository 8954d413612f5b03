// Submission of forms, and prediction of the row in the form after each change.

import { predict, RequestError, session, SessionExpiredError } from "./api.js";
import { showAnswer, showChange } from "./answer.js";
import { initialRow, markFields, readRow } from "./fields.js";
import { $, element, isEqual, problemElements } from "./format.js";
import { record } from "./history.js";
import { showInsights } from "./insights.js";

const DELAY = 200; // milliseconds without a change, after which the page predicts

let timer;
let isBusy = false;
let isWanted = false;

/** Run `action` at each submission of a form, and show its RequestError. A submission during an action is ignored. The
 *  button is not disabled, so that the button keeps the focus. */
export function onSubmit(form, action) {
  const button = form.querySelector("button");
  const problems = form.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.ariaDisabled) return;
    button.ariaDisabled = "true";
    problems.replaceChildren();
    try {
      await action(form);
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      if (!(error instanceof SessionExpiredError)) problems.replaceChildren(...problemElements(error));
      problems.scrollIntoView({ block: "nearest" });
    } finally {
      button.ariaDisabled = null;
    }
  });
}

export function predictSoon() {
  clearTimeout(timer);
  showStaleNote();
  timer = setTimeout(predictNow, DELAY);
}

/** Predict the row in the form, unless the page shows its prediction. One request runs at a time: during a request,
 *  remember that there is a newer row. */
export async function predictNow() {
  clearTimeout(timer);
  isWanted = true;
  if (isBusy) return;
  isBusy = true;
  try {
    while (isWanted) {
      isWanted = false;
      if ($("row").checkValidity() && (isStale() || hasProblems())) await predictRow();
    }
  } finally {
    isBusy = false;
    showStaleNote();
  }
}

async function predictRow() {
  const row = readRow();
  try {
    const { predictions: [prediction], probabilities } = await predict([row]);
    const before = session.result;
    session.result = { row, prediction, shares: probabilities?.[0] };
    showProblems(null);
    showAnswer(session.result);
    if (before) showChange(before, session.result);
    record(before, session.result);
    showInsights(before);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error instanceof SessionExpiredError) return;
    if (session.result || error.status !== 400 || !isEqual(row, initialRow())) showProblems(error);
    else $("prediction").textContent = "Enter a row"; // the model rejects the example row, for which the user did nothing
  }
}

const problemsOf = () => $("row").querySelector("[role=alert]");
const hasProblems = () => problemsOf().childElementCount > 0;

function showProblems(error) {
  markFields(error?.details || []);
  if (!error) return problemsOf().replaceChildren();
  const retry = Object.assign(element("button", "Try again"), { type: "submit", className: "quiet" });
  problemsOf().replaceChildren(...problemElements(error), retry);
  problemsOf().scrollIntoView({ block: "nearest" });
}

const isStale = () => !session.result || !($("row").checkValidity() && isEqual(session.result.row, readRow()));

/** Mark the shown prediction if the form differs from the predicted row. */
function showStaleNote() {
  const isOld = Boolean(session.result) && isStale();
  $("one").classList.toggle("stale", isOld);
  $("note").textContent = isOld && !isBusy ? "This prediction is for the previous values." : "";
}

// Main module of the page: log in, predict one row from a form, or many rows from a CSV file.

import { clearAnswer, toggleClasses } from "./answer.js";
import { authorization, request, session } from "./api.js";
import { chooseColumn, drawPlot, offerColumns } from "./curve.js";
import { toggleEffects } from "./effects.js";
import { createFields, filterFields, focusFirstField, initialRow, toggleFields, writeRow } from "./fields.js";
import { onSubmit, predictNow, predictSoon } from "./form.js";
import { $, element, isEqual } from "./format.js";
import { clearHistory } from "./history.js";
import { showInsights } from "./insights.js";
import { copyCode, openSharing, rowOfAddress } from "./share.js";
import { resetTable, startTable } from "./table.js";

async function start() {
  const version = await showVersion();
  if (version?.login_required === false) return openModel(null);
  showSections(false);
  $("login").user.focus();
}

async function logIn(form) {
  const bytes = new TextEncoder().encode(`${form.user.value}:${form.password.value}`);
  const basic = btoa(String.fromCharCode(...bytes));
  ({ token: session.token } = await request("login", { headers: { Authorization: `Basic ${basic}` } }));
  form.password.value = "";
  await openModel(form.user.value);
  showVersion();
}

/** Show the form of the model. Keep the row if the same user logs in again and the model is the same. */
async function openModel(user) {
  const schema = await request("schema", { headers: authorization() });
  if (!isEqual(schema, session.schema) || session.user !== user) rebuild(schema);
  session.user = user;
  $("name").textContent = user ?? "";
  $("user").hidden = !user;
  showSections(true);
  showTitle(schema);
  focusFirstField();
  predictNow();
}

function requireLogin() {
  showSections(false);
  $("login").querySelector("[role=alert]").replaceChildren(element("p", "Your session has expired. Log in again."));
  $("login").password.focus();
}

function showSections(isLoggedIn) {
  $("welcome").hidden = isLoggedIn;
  $("one").hidden = $("many").hidden = !isLoggedIn;
  if (!isLoggedIn) $("user").hidden = true;
}

function showTitle({ title, description }) {
  if (title) document.title = $("title").textContent = title;
  $("description").textContent = description || "";
  $("description").hidden = !description;
}

/** Show the title and the version of the model, and return the response of /version, if any. */
async function showVersion() {
  const version = await request("version").catch(() => null);
  if (!version) return null;
  if (version.title) document.title = $("title").textContent = version.title;
  $("model").textContent = `version ${version.model}, ${version.engine.kind}`;
  $("report").hidden = !version.report;
  return version;
}

/** Create the form for the schema, and clear the results of another model or user. */
function rebuild(schema) {
  Object.assign(session, { schema, result: null });
  for (const alert of document.querySelectorAll("[role=alert]")) alert.replaceChildren();
  clearAnswer();
  clearHistory();
  createFields();
  offerColumns();
  writeRow(rowOfAddress() || initialRow());
  resetTable();
}

function takeRow(row) {
  writeRow(row);
  predictNow();
}

onSubmit($("login"), logIn);
startTable();
document.addEventListener("sessionexpired", requireLogin);
document.addEventListener("rowpicked", ({ detail }) => takeRow(detail));
addEventListener("hashchange", () => rowOfAddress() && takeRow(rowOfAddress()));
$("row").addEventListener("input", predictSoon);
$("row").addEventListener("change", predictNow);
$("row").addEventListener("submit", (event) => {
  event.preventDefault();
  predictNow();
});
$("filter").addEventListener("input", filterFields);
$("all").addEventListener("click", toggleFields);
$("classes").addEventListener("click", toggleClasses);
$("effects").addEventListener("click", toggleEffects);
$("reset").addEventListener("click", () => takeRow(initialRow()));
$("over").addEventListener("change", () => {
  chooseColumn();
  showInsights();
});
$("share").addEventListener("click", openSharing);
$("copy").addEventListener("click", copyCode);
$("out").addEventListener("click", () => location.replace("./"));
new ResizeObserver(drawPlot).observe($("plot"));
new ResizeObserver(() => { // scroll a focused field out from under the prediction
  document.documentElement.style.scrollPaddingBottom = `${$("answer").offsetHeight + 16}px`;
}).observe($("answer"));
start();

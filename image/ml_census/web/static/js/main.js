// Main module of the page: log in, predict one row from a form, or many rows from a CSV file.

import { authorization, request, session } from "./api.js";
import { explain } from "./explain.js";
import { createFields, focusFirstField } from "./fields.js";
import { markStale, onSubmit, predictChange, predictRow, showStaleNote } from "./form.js";
import { $, element, isEqual } from "./format.js";
import { resetTable, startTable } from "./table.js";

async function logIn(form) {
  const bytes = new TextEncoder().encode(`${form.user.value}:${form.password.value}`);
  const basic = btoa(String.fromCharCode(...bytes));
  ({ token: session.token } = await request("login", { headers: { Authorization: `Basic ${basic}` } }));
  form.password.value = "";
  const schema = await request("schema", { headers: authorization() });
  if (!isEqual(schema, session.schema) || $("name").textContent !== form.user.value) rebuild(schema);
  $("name").textContent = form.user.value;
  showSections(true);
  showModel();
  focusFirstField();
}

function requireLogin() {
  showSections(false);
  $("login").querySelector("[role=alert]").replaceChildren(element("p", "Your session has expired. Log in again."));
  $("login").password.focus();
}

function showSections(isLoggedIn) {
  $("login").hidden = isLoggedIn;
  $("one").hidden = $("many").hidden = $("user").hidden = !isLoggedIn;
}

function showModel() {
  request("version").then(({ model, engine, report }) => {
    $("model").textContent = `model ${model}, ${engine.kind}`;
    $("report").hidden = !report;
  }, () => {});
}

/** Create the form for the schema, and clear the results of another model or user. */
function rebuild(schema) {
  Object.assign(session, { schema, result: null });
  createFields();
  resetTable();
  for (const id of ["answer", "why"]) $(id).hidden = true;
  for (const id of ["moved", "note"]) $(id).textContent = "";
  for (const alert of document.querySelectorAll("[role=alert]")) alert.replaceChildren();
}

onSubmit($("login"), logIn);
onSubmit($("row"), predictRow, { repeats: true, after: showStaleNote });
startTable();
document.addEventListener("sessionexpired", requireLogin);
$("row").addEventListener("input", markStale);
$("row").addEventListener("change", predictChange);
$("why").addEventListener("toggle", explain);
$("out").addEventListener("click", () => location.replace("./"));
new ResizeObserver(() => { // scroll a focused field above the prediction, which would cover it
  document.documentElement.style.scrollPaddingBottom = `${$("answer").offsetHeight + 8}px`;
}).observe($("answer"));
showSections(false);
$("login").user.focus();
showModel();

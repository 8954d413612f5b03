// The page /docs: an example row of the model as a program, and a form that sends the row.

import { authorization, request, RequestError, session } from "./api.js";
import { exampleRow } from "./example.js";
import { $, element, problemElements } from "./format.js";
import { formatBody, serverAddress, SNIPPETS } from "./snippets.js";

const example = { language: "curl", user: "USER", rows: null };

async function start() {
  createLanguages();
  const { title, login_required: needsLogin = true } = await request("version").catch(() => ({}));
  if (title) $("title").textContent = title;
  if (needsLogin) $("login").hidden = false;
  else await showModel(null);
  showProgram();
}

async function logIn(form) {
  const bytes = new TextEncoder().encode(`${form.user.value}:${form.password.value}`);
  const basic = { Authorization: `Basic ${btoa(String.fromCharCode(...bytes))}` };
  session.token = form.token.value.trim() || (await request("login", { headers: basic })).token;
  await showModel(form.token.value ? "USER" : form.user.value);
  form.hidden = true;
  form.password.value = "";
}

/** Read the columns, and show an example row. `user` is null if the server requires no login. */
async function showModel(user) {
  const schema = await request("schema", { headers: authorization() });
  Object.assign(example, { user, rows: [exampleRow(schema)] });
  $("send").body.value = formatBody(example.rows);
  $("send").hidden = false;
  $("hint").hidden = true;
  showProgram();
}

function createLanguages() {
  for (const language of Object.keys(SNIPPETS)) {
    const label = element("label", language);
    const input = Object.assign(element("input"), { type: "radio", name: "language", checked: language === example.language });
    input.addEventListener("change", () => {
      example.language = language;
      showProgram();
    });
    label.prepend(input);
    $("formats").append(label);
  }
  $("formats").hidden = false;
  $("copy").hidden = !navigator.clipboard;
}

function showProgram() {
  const code = SNIPPETS[example.language](serverAddress(), example.rows || [["ROW"]], example.user);
  $("code").textContent = example.rows ? code : code.replace('["ROW"]', "ROW");
}

async function send(form) {
  const started = performance.now();
  const response = await fetch("prediction", {
    method: "POST",
    headers: { ...authorization(), "Content-Type": "application/json" },
    body: form.body.value,
  });
  const text = await response.text();
  const milliseconds = Math.round(performance.now() - started);
  showStatus(`${response.status} ${response.statusText}, ${milliseconds} ms`, response.ok);
  $("response").textContent = text;
  $("response").hidden = false;
  if ([401, 403].includes(response.status)) $("login").hidden = false;
}

function showStatus(text, isGood) {
  $("status").textContent = text;
  $("status").classList.toggle("failed", !isGood);
}

/** Use the rows of an edited body for the program, if the body is JSON with rows. */
function readBody(form) {
  try {
    const { inputs } = JSON.parse(form.body.value);
    if (!inputs.length || !inputs.every((row) => row && typeof row === "object")) return;
    example.rows = inputs;
    showProgram();
  } catch {
    // the body is not JSON while the user edits
  }
}

async function copy() {
  await navigator.clipboard.writeText($("code").textContent);
  $("copy").textContent = "Copied";
  setTimeout(() => ($("copy").textContent = "Copy"), 2000);
}

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const problems = $("login").querySelector("[role=alert]");
  problems.replaceChildren();
  try {
    await logIn($("login"));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    problems.replaceChildren(...problemElements(error));
  }
});
$("send").addEventListener("submit", (event) => {
  event.preventDefault();
  send($("send")).catch(() => showStatus("the server cannot be reached", false));
});
$("send").addEventListener("input", () => readBody($("send")));
$("copy").addEventListener("click", copy);
start();

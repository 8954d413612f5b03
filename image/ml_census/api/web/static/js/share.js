// A link to the row in the form, and requests for this row in curl, Python and JavaScript.

import { session } from "./api.js";
import { toInput } from "./example.js";
import { readRow } from "./fields.js";
import { $, element } from "./format.js";
import { serverAddress, SNIPPETS } from "./snippets.js";

const PREFIX = "#row=";

/** Return the row of the page's address, or null. The row is in the fragment, which browsers do not send to a server. */
export function rowOfAddress() {
  if (!location.hash.startsWith(PREFIX)) return null;
  try {
    const row = JSON.parse(decodeURIComponent(location.hash.slice(PREFIX.length)));
    return Array.isArray(row) && row.length === session.schema.columns.length ? row : null;
  } catch {
    return null;
  }
}

export function openSharing() {
  $("formats").replaceChildren(...["Link", ...Object.keys(SNIPPETS)].map((name, index) => {
    const label = element("label");
    const radio = Object.assign(element("input"), { type: "radio", name: "format", value: name, checked: !index });
    radio.addEventListener("change", showCode);
    label.append(radio, element("span", name));
    return label;
  }));
  showCode();
  $("sharing").showModal();
}

function showCode() {
  const name = document.querySelector("[name=format]:checked").value;
  $("code").textContent = name === "Link" ? link(readRow()) : program(name, readRow());
  $("code").className = name.toLowerCase();
  $("copied").textContent = name === "Link" ? "The link contains the values of the row. No server sees them." : "";
}

/** Copy the code. Browsers offer the clipboard on secure origins only: elsewhere, select the code. */
export async function copyCode() {
  try {
    await navigator.clipboard.writeText($("code").textContent);
    $("copied").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren($("code"));
    $("copied").textContent = "Press Ctrl+C to copy the selected text.";
  }
}

function program(language, row) {
  return SNIPPETS[language](serverAddress(), [toInput(session.schema.columns, row)], session.user);
}

const link = (row) => location.origin + location.pathname + PREFIX + encodeURIComponent(JSON.stringify(row));

// Functions that return values, predictions and errors as text or HTML elements.

import { session } from "./api.js";

const MAX_BARS = 6; // with more classes, the page shows the TOP most probable classes
const TOP = 5; // maximum classes, and maximum rejected values
const exact = new Intl.NumberFormat("en", { maximumFractionDigits: 20, useGrouping: "min2" }); // writes 2024, not 2,024
const rounded = new Intl.NumberFormat("en", { maximumSignificantDigits: 6 });

export const $ = (id) => document.getElementById(id);
export const isEqual = (left, right) => JSON.stringify(left) === JSON.stringify(right);
export const formatCount = new Intl.NumberFormat("en").format;
export const formatNumber = exact.format;
export const percent = (share) => `${(100 * share).toFixed(1)}\u00a0%`;
export const countOf = (number, singular, plural) => `${formatCount(number)} ${number === 1 ? singular : plural}`;
export const columnName = (name) => (typeof name === "number" ? `column ${name}` : name);

export function formatValue(value, { type }) {
  if (value === null) return "missing";
  if (type === "number") return exact.format(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value).trim().replace(type === "date" ? "T00:00:00" : "", "");
}

/** Return a prediction as text. Digits of a number are grouped, but not if the number is a class. */
export function formatPrediction(prediction) {
  if (Array.isArray(prediction)) return prediction.map(formatPrediction).join(", ");
  if (session.schema.classes || typeof prediction !== "number") return String(prediction);
  return (Number.isInteger(prediction) ? exact : rounded).format(prediction);
}

/** Return a difference with its sign: with a number of decimals, or with three significant digits. */
export function formatChange(size, decimals, unit = "") {
  const digits = decimals === undefined ? { maximumSignificantDigits: 3 } : { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
  const text = new Intl.NumberFormat("en", digits).format(Math.abs(size));
  return Number(text.replaceAll(",", "")) ? `${size < 0 ? "−" : "+"}${text}${unit}` : "±0";
}

export function element(tag, content = "") {
  const created = document.createElement(tag);
  created.textContent = content;
  return created;
}

/** Return the HTML elements that describe a RequestError. */
export function problemElements(error) {
  const message = element("p", error.message);
  const items = error.details.slice(0, TOP).map(({ line, column, expected, got }) => {
    const parts = [line && `line ${formatCount(line)}`, column !== undefined && columnName(column)];
    const position = parts.filter(Boolean).join(", ");
    return element("li", `${position && `${position}: `}expected ${expected}${got === undefined ? "" : `, got ${JSON.stringify(got)}`}`);
  });
  const total = parseInt(error.message) || error.details.length; // the message begins with the total
  if (total > items.length && items.length) items.push(element("li", `and ${formatCount(total - items.length)} more`));
  if (!items.length) return [message];
  const list = element("ul");
  list.append(...items);
  return [message, list];
}

/** Fill a list with one bar per part {name, share, chosen, label}; a share is from 0 to 1. Of more than MAX_BARS parts,
 *  show the TOP largest and the sum of the others, unless `isWhole`. Return whether parts are left out. */
export function showBars(list, parts, formatShare, isWhole = false) {
  const shown = [...parts];
  const isShort = !isWhole && parts.length > MAX_BARS;
  if (isShort) {
    shown.sort((left, right) => right.share - left.share);
    const rest = shown.splice(TOP);
    shown.push({ name: `${rest.length} more`, share: rest.reduce((sum, { share }) => sum + share, 0) });
  }
  list.replaceChildren(...shown.map(({ name, share, chosen, label }) => {
    const line = element("div");
    const bar = element("dd");
    const fill = element("i");
    line.classList.toggle("chosen", Boolean(chosen));
    bar.className = "bar";
    bar.ariaHidden = "true";
    bar.append(fill);
    fill.style.width = `${100 * share}%`;
    line.append(element("dt", name), bar, element("dd", label ?? formatShare(share)));
    return line;
  }));
  return { isShort };
}

// The answer over one column: a curve for a number, a bar for each category. All other values of the row stay the same.

import { session } from "./api.js";
import { areQuantities, comparedClass, comparedName } from "./answer.js";
import { isWhole } from "./fields.js";
import { $, columnName, element, formatNumber, formatPrediction, formatValue, isEqual, percent, showBars } from "./format.js";

const POINTS = 50;
const MAX_CATEGORIES = 50;
const HEIGHT = 220;
const MARGIN = { left: 64, right: 16, top: 12, bottom: 28 };

let chosen = -1; // index of the column
let isPinned = false; // the user has chosen the column
let drawn = null; // {now, points}: what the plot shows

const isUsable = ({ type, training, categories, dropped }) =>
  !dropped && (categories?.length > 1 || (type === "number" && training?.maximum > training?.minimum));

/** Offer the columns over which a curve is possible. Start with the first number. */
export function offerColumns() {
  const { columns } = session.schema;
  const usable = columns.flatMap((column, index) => (isUsable(column) ? [index] : []));
  chosen = usable.find((index) => columns[index].type === "number") ?? usable[0] ?? -1;
  [isPinned, drawn] = [false, null];
  $("over").replaceChildren(...usable.map((index) => new Option(columnName(columns[index].name), index)));
  $("over").value = chosen;
  $("curve").hidden = true;
}

export function chooseColumn() {
  [chosen, isPinned] = [Number($("over").value), true];
}

/** Choose the column that the user has changed, unless the user has chosen a column for the curve. */
export function followColumn(changed) {
  if (isPinned || changed.length !== 1 || !isUsable(session.schema.columns[changed[0]])) return;
  $("over").value = chosen = changed[0];
}

/** Return a row for each point of the curve, in ascending order, with the value of the point. */
export function curveRows(row) {
  if (chosen < 0) return [];
  const column = session.schema.columns[chosen];
  const values = column.categories ? categoriesOf(column, row[chosen]) : numbersOf(column, row[chosen]);
  return values.map((value) => ({ value, row: row.with(chosen, value) }));
}

function categoriesOf({ categories }, value) {
  const values = categories.slice(0, MAX_CATEGORIES);
  return value === null || values.some((each) => isEqual(each, value)) ? values : [...values, value];
}

function numbersOf(column, value) {
  const known = typeof value === "number" ? [value] : [];
  const low = Math.min(column.training.minimum, ...known);
  const high = Math.max(column.training.maximum, ...known);
  const whole = isWhole(column);
  const values = Array.from({ length: POINTS - known.length }, (_, at, last = POINTS - known.length - 1) => {
    const point = low + ((high - low) * at) / last;
    return whole ? Math.round(point) : Number(point.toPrecision(6));
  });
  return [...new Set([...values, ...known])].sort((left, right) => left - right);
}

/** Show the curve. `answers` has the prediction for each of the points. */
export function showCurve(now, points, answers, problem) {
  const isPossible = points.length > 1 && !problem && !Array.isArray(now.prediction);
  $("curve").hidden = !isPossible;
  if (!isPossible) return;
  const column = session.schema.columns[chosen];
  drawn = { now, column, points: points.map((point, at) => ({ ...point, answer: answers[at], isNow: isEqual(point.value, now.row[chosen]) })) };
  setLevels(drawn);
  const isBars = Boolean(column.categories);
  $("plot").hidden = isBars;
  $("reading").textContent = summary();
  if (isBars) drawBars();
  else drawPlot();
  if (!isBars) $("levels").replaceChildren();
}

/** Add the height `y` of each point: a probability, a number, or the index of the answer in `names`. */
function setLevels(curve) {
  const { now, points } = curve;
  curve.names = now.shares || areQuantities() ? null : [...new Set(points.map(({ answer }) => formatPrediction(answer.prediction)))];
  const index = now.shares && comparedClass(now);
  for (const point of points) {
    const { prediction, shares } = point.answer;
    point.y = shares ? shares[index] : curve.names ? curve.names.indexOf(formatPrediction(prediction)) : prediction;
  }
}

function formatLevel(y) {
  if (drawn.names) return drawn.names[Math.round(y)] ?? "";
  return drawn.now.shares ? percent(y) : formatPrediction(Number(y.toPrecision(4)));
}

function summary() {
  const { points, column, now } = drawn;
  const at = ({ value, y }) => `${formatLevel(y)} at ${formatValue(typeof value === "number" ? Number(value.toPrecision(4)) : value, column)}`;
  const ends = [points[0], points.at(-1)].map(at);
  const subject = comparedName(now).replace(/^./, (letter) => letter.toUpperCase());
  const best = points.reduce((left, right) => (right.y > left.y ? right : left));
  if (column.categories) return drawn.names ? `${subject} for each value.` : `${subject} for each value. The highest is ${formatLevel(best.y)} for ${formatValue(best.value, column)}.`;
  const top = drawn.names || [points[0], points.at(-1)].includes(best) ? "" : `; the highest is ${at(best)}`;
  return `${subject}: ${ends.join(", ")}${top}.`;
}

function drawBars() {
  const { points, column, now } = drawn;
  const largest = now.shares ? 1 : Math.max(...points.map(({ y }) => Math.abs(y)), 1e-9);
  const parts = points.map(({ value, y, isNow }) =>
    ({ name: formatValue(value, column), share: drawn.names ? 0 : Math.abs(y) / largest, chosen: isNow, label: formatLevel(y) }));
  if (!drawn.names) parts.sort((left, right) => Number(right.chosen) - Number(left.chosen) || right.share - left.share);
  showBars($("levels"), parts, String, true);
}

const svg = (tag, attributes, content = "") => {
  const created = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) created.setAttribute(name, value);
  created.textContent = content;
  return created;
};

/** Draw the curve in the width of the page, so that its text keeps its size on a phone. */
export function drawPlot() {
  const width = $("plot").clientWidth;
  if (!drawn || drawn.column.categories || !width) return;
  const { points, column } = drawn;
  const [low, high] = levelRange(points.map(({ y }) => y));
  const [first, last] = [points[0].value, points.at(-1).value];
  const x = (value) => MARGIN.left + ((value - first) / (last - first)) * (width - MARGIN.left - MARGIN.right);
  const y = (level) => HEIGHT - MARGIN.bottom - ((level - low) / (high - low)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const plot = svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, height: HEIGHT, role: "img", "aria-label": $("reading").textContent });
  for (const level of ticks(low, high)) {
    plot.append(svg("line", { class: "grid", x1: MARGIN.left, x2: width - MARGIN.right, y1: y(level), y2: y(level) }));
    plot.append(svg("text", { x: MARGIN.left - 8, y: y(level) + 4, "text-anchor": "end" }, formatTick(level)));
  }
  for (const [value, anchor] of [[first, "start"], [(first + last) / 2, "middle"], [last, "end"]]) {
    const shown = isWhole(column) ? Math.round(value) : Number(value.toPrecision(4));
    plot.append(svg("text", { x: x(value), y: HEIGHT - 8, "text-anchor": anchor }, formatNumber(shown)));
  }
  const path = points.map((point) => `${x(point.value).toFixed(1)},${y(point.y).toFixed(1)}`).join("L");
  plot.append(svg("path", { class: "area", d: `M${path}L${x(last)},${y(low)}L${x(first)},${y(low)}Z` }), svg("path", { class: "line", d: `M${path}` }));
  const here = points.find(({ isNow }) => isNow);
  if (here) plot.append(svg("circle", { class: "here", cx: x(here.value), cy: y(here.y), r: 6 }));
  $("plot").replaceChildren(plot);
  followPointer(plot, x, y);
}

/** Show the answer under the pointer. A click takes over the value. */
function followPointer(plot, x, y) {
  const dot = svg("circle", { class: "dot", r: 4, visibility: "hidden" });
  const nearest = ({ offsetX }) =>
    drawn.points.reduce((left, right) => (Math.abs(x(right.value) - offsetX) < Math.abs(x(left.value) - offsetX) ? right : left));
  plot.append(dot);
  plot.addEventListener("pointermove", (event) => {
    const point = nearest(event);
    for (const [name, value] of [["cx", x(point.value)], ["cy", y(point.y)], ["visibility", "visible"]]) dot.setAttribute(name, value);
    $("reading").textContent = `${columnName(drawn.column.name)} ${formatValue(point.value, drawn.column)}: ${formatLevel(point.y)}. Click to take over this value.`;
  });
  plot.addEventListener("pointerleave", () => {
    dot.setAttribute("visibility", "hidden");
    $("reading").textContent = summary();
  });
  plot.addEventListener("click", (event) => document.dispatchEvent(new CustomEvent("rowpicked", { detail: nearest(event).row })));
}

function levelRange(levels) {
  const [low, high] = [Math.min(...levels), Math.max(...levels)];
  if (drawn.now.shares && high - low > 0.25) return [0, 1];
  const padding = (high - low) * 0.1 || Math.abs(high) * 0.1 || 1;
  return drawn.now.shares ? [Math.max(0, low - padding), Math.min(1, high + padding)] : [low - padding, high + padding];
}

const ticks = (low, high) => (drawn.names ? drawn.names.map((_, index) => index) : [0, 1, 2, 3, 4].map((at) => low + ((high - low) * at) / 4));

function formatTick(level) {
  if (drawn.names) return drawn.names[level].slice(0, 8);
  return drawn.now.shares ? `${Number((100 * level).toFixed(1))} %` : formatPrediction(Number(level.toPrecision(3)));
}

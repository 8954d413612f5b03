"use strict";
// The report can be a file: the link to the page of a server then leads nowhere.
document.getElementById("back").hidden = location.protocol === "file:";
const card = document.getElementById("threshold");
if (card) {
  const counts = JSON.parse(card.dataset.counts);
  const rows = counts.positives + counts.negatives;
  const slider = card.querySelector("input");
  const marker = card.querySelector(".marker");
  // round half up, as formatting.py does
  const percent = (part, whole) => (whole ? `${(Math.floor(1000 * (part / whole) + 0.5 + 1e-9) / 10).toFixed(1)}\u00a0%` : "–");
  const share = (part, whole) => `${part.toLocaleString("en")} (${percent(part, whole)})`;
  const update = () => {
    const found = counts.truePositives[slider.value];
    const alarms = counts.falsePositives[slider.value];
    const figures = {
      precision: percent(found, found + alarms),
      recall: percent(found, counts.positives),
      accuracy: percent(found + counts.negatives - alarms, rows),
      flagged: percent(found + alarms, rows),
      falsePositives: share(alarms, counts.negatives),
      falseNegatives: share(counts.positives - found, counts.positives),
    };
    for (const [name, text] of Object.entries(figures)) {
      document.querySelector(`[data-figure=${name}]`).textContent = text;
    }
    card.querySelector("output").textContent = `${slider.value}\u00a0%`;
    marker.style.left = `${slider.value}%`;
  };
  for (const hidden of document.querySelectorAll("#threshold [hidden], .figures[hidden]")) hidden.hidden = false;
  document.getElementById("thresholds").open = false;
  slider.addEventListener("input", update);
  update();
}

// A run that is over: its curves.
import { curves } from "./plots.js";

export function drawCurves() {
  const data = JSON.parse(document.getElementById("curves").textContent);
  const plots = [];
  for (const element of document.querySelectorAll("[data-curves]")) {
    const one = data[element.dataset.curves];
    const metrics = one.series.map((series) => series.metric);
    plots.push({ plot: curves(element, one), metrics });
  }
  return plots;
}

if (!document.getElementById("live") && document.getElementById("curves")) drawCurves();

// Curves by epoch: every element with data-lines is drawn from the JSON of that id.
import {curves} from "./plots.js";

const plots = new Map();

function draw() {
  for (const [element, plot] of plots) {
    if (element.isConnected) continue;
    plot.destroy();
    plots.delete(element);
  }
  for (const element of document.querySelectorAll("[data-lines]")) {
    if (plots.has(element)) continue;
    const said = document.getElementById(element.dataset.lines).textContent;
    plots.set(element, curves(element, JSON.parse(said)));
  }
}

draw();
document.addEventListener("htmx:afterSwap", draw);

// Curves by uPlot, which is loaded with this module; a legend with the values under the pointer.
//
//   const plot = curves(element, {x, series: [{label, values, colour: 1..4, dash}], percent, xlabel});
//   plot.update(x, [values, ...]);   // the same series with more points
//   plot.destroy();
//
// Values that are null are gaps. The plot is as wide as its element and follows the colour scheme;
// data-height on the element sets its height in pixels. Its name for a screen reader is the
// element's aria-label.

const BASE = new URL(".", import.meta.url);
const HEIGHT = 208;
const EPOCHS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000];
const FONT = "12px system-ui, sans-serif";

await Promise.all([loadStyle("vendor/uPlot.min.css"), loadStyle("plots.css"), loadScript()]);

export function curves(element, { x, series, percent = false, xlabel = "" }) {
  let data = [x, ...series.map((one) => one.values)];
  let plot = null;
  const place = document.createElement("div");
  place.className = "plot-canvas";
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", element.getAttribute("aria-label") ?? series.map((one) => one.label).join(", "));
  element.removeAttribute("aria-label");
  const legend = makeLegend(series, xlabel);
  element.replaceChildren(place, legend.element);
  const height = Number(element.dataset.height) || HEIGHT;
  place.style.minHeight = `${height}px`;

  const describe = (index) => legend.show(data, index, percent);
  function draw() {
    plot?.destroy();
    plot = new window.uPlot(options(series, { percent, width: widthOf(place), height, describe }), data, place);
    describe(null);
  }
  const watch = new ResizeObserver(() => {
    if (plot && widthOf(place) !== plot.width) plot.setSize({ width: widthOf(place), height });
  });
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  draw();
  watch.observe(element);
  scheme.addEventListener("change", draw);
  addEventListener("themechange", draw);

  return {
    update(newX, values) {
      data = [newX, ...values];
      plot.setData(data);
      describe(plot.cursor.idx ?? null);
    },
    destroy() {
      watch.disconnect();
      scheme.removeEventListener("change", draw);
      removeEventListener("themechange", draw);
      plot.destroy();
      element.replaceChildren();
    },
  };
}

function options(series, { percent, width, height, describe }) {
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const soft = colour("--soft");
  const line = colour("--line");
  const axis = { stroke: soft, font: FONT, grid: { stroke: line, width: 1 }, ticks: { show: false } };
  return {
    width,
    height,
    padding: [8, 10, 0, 0],
    legend: { show: false },
    scales: {
      x: { time: false, range: (plot, low, high) => (low == null ? [0, 1] : low === high ? [low - 0.5, high + 0.5] : [low, high]) },
      y: { range: (plot, low, high) => (low == null ? [0, 1] : percent ? percentRange(low, high) : [Math.min(0, low), high > 0 ? high * 1.05 : 1]) },
    },
    axes: [
      { ...axis, grid: { show: false }, incrs: EPOCHS, size: 28, gap: 4, values: (plot, ticks) => ticks.map((tick) => (Number.isInteger(tick) && tick > 0 ? tick.toLocaleString("en") : "")) },
      { ...axis, size: 46, gap: 4, values: (plot, ticks) => ticks.map((tick) => (percent ? `${+(100 * tick).toFixed(3)}%` : String(+tick.toPrecision(6)))) },
    ],
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    series: [{}, ...series.map((one) => drawn(one, colour(`--curve-${one.colour ?? 1}`)))],
    hooks: { setCursor: [(plot) => describe(plot.cursor.idx ?? null)] },
  };
}

function drawn({ label, dash }, stroke) {
  return {
    label,
    stroke,
    width: 2,
    dash: dash ? [5, 4] : undefined,
    points: { show: (plot) => plot.data[0].length < 25, size: 5, fill: stroke, stroke },
  };
}

// Accuracies end at 100%, and begin at a round number below the lowest.
function percentRange(low, high) {
  const span = Math.max(high - low, 0.01);
  const step = span > 0.4 ? 0.1 : span > 0.1 ? 0.05 : span > 0.03 ? 0.01 : 0.005;
  const bottom = Math.max(0, Math.floor((low - span * 0.05) / step) * step);
  const top = Math.min(1, Math.ceil((high + span * 0.05) / step) * step);
  return [bottom, top > bottom ? top : bottom + step];
}

function makeLegend(series, xlabel) {
  const element = document.createElement("ul");
  element.className = "plot-legend";
  const at = document.createElement("li");
  at.className = "at";
  const values = series.map((one) => {
    const value = document.createElement("b");
    const item = document.createElement("li");
    item.append(swatch(one), one.label, " ", value);
    element.append(item);
    return value;
  });
  element.append(at);
  return {
    element,
    show(data, index, percent) {
      const last = index ?? data[0].length - 1;
      at.textContent = last < 0 || !xlabel ? "" : `${xlabel} ${data[0][last]?.toLocaleString("en") ?? ""}`;
      values.forEach((value, place) => {
        const own = data[place + 1];
        const known = index ?? own.findLastIndex((one) => one != null); // one may have ended before the others
        const where = xlabel && known >= 0 && known < last ? `, ${xlabel} ${data[0][known].toLocaleString("en")}` : "";
        value.textContent = `${said(own[known], percent)}${where}`;
      });
    },
  };
}

function said(value, percent) {
  if (value == null) return "–";
  return percent ? `${(100 * value).toFixed(2)}%` : String(+value.toPrecision(4));
}

function swatch({ colour = 1, dash }) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "line");
  for (const [name, value] of Object.entries({ width: 18, height: 8, "aria-hidden": "true" })) svg.setAttribute(name, value);
  const lies = { x1: 1, y1: 4, x2: 17, y2: 4, "stroke-width": 2.5, "stroke-dasharray": dash ? "5 3" : "none", class: `curve-${colour}` };
  for (const [name, value] of Object.entries(lies)) line.setAttribute(name, value);
  svg.append(line);
  return svg;
}

function widthOf(element) {
  return Math.max(160, Math.floor(element.clientWidth));
}

function loadStyle(name) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = new URL(name, BASE);
  return loaded(link);
}

function loadScript() {
  if (window.uPlot) return null;
  const script = document.createElement("script");
  script.src = new URL("vendor/uPlot.iife.min.js", BASE);
  return loaded(script);
}

function loaded(element) {
  return new Promise((resolve, reject) => {
    element.onload = resolve;
    element.onerror = () => reject(new Error(`cannot load ${element.href ?? element.src}`));
    document.head.append(element);
  });
}

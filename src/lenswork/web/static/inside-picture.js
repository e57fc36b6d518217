// The picture as the network sees it, the answer, and one map enlarged.

import { clean, outline } from "./inside-maps.js";

const FEW = 12; // classes that all have a bar, in their own order
const MOST = 10; // bars of the likeliest where there are more
const CRISP = 128; // pixels: larger pictures are shown smaller than they are
const QUIET = 600; // ms after the last change until the answer is said aloud

export function pictureView(root, net) {
  const canvas = root.querySelector("#inside-picture");
  const glance = root.querySelector(".inside-glance canvas"); // beside a number, where the picture is out of sight
  const marks = root.querySelectorAll(".inside-picture .inside-marks, .inside-glance .inside-marks");
  const overlay = root.querySelector("#inside-overlay");
  const name = root.querySelector("#inside-name");
  const [height, width, channels] = net.input;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  const image = brush.createImageData(width, height);
  let marked = false;
  for (const one of [canvas, glance]) one.classList.toggle("crisp", Math.max(height, width) <= CRISP);

  function show(data) {
    const { pixels } = data;
    for (let at = 0; at < width * height; at += 1) {
      for (let colour = 0; colour < 3; colour += 1) {
        image.data[4 * at + colour] = pixels[at * channels + (channels === 3 ? colour : 0)];
      }
      image.data[4 * at + 3] = 255;
    }
    for (const one of [brush, glance.getContext("2d")]) one.putImageData(image, 0, 0);
    const truth = data.truth === null ? "" : `, truth: ${data.truth}${data.truth === data.answer ? "" : " (a mistake)"}`;
    name.textContent = `${data.id}${truth}${data.changed ? `: ${data.changed}` : ""}`;
    lay(null);
  }

  function lay(address) {
    overlay.hidden = !address;
    if (address) overlay.src = address;
    else overlay.removeAttribute("src");
  }

  function mark(box) {
    if (!box && !marked) return;
    marked = Boolean(box);
    for (const one of marks) {
      const pen = clean(one);
      if (!box || !one.clientWidth) continue;
      const [across, down] = [one.clientWidth / width, one.clientHeight / height];
      outline(pen, box.left * across, box.top * down, box.width * across, box.height * down);
    }
  }

  return { show, lay, mark };
}

export function answerView(root, net) {
  const said = root.querySelector("#inside-answer");
  const body = root.querySelector(".inside-classes tbody");
  const few = net.classes.length <= FEW;
  const rows = Array.from({ length: Math.min(net.classes.length, few ? FEW : MOST) }, () => row(body));
  let waiting = 0;

  return (data) => {
    const order = data.probabilities.map((_, label) => label);
    if (!few) order.sort((one, other) => data.probabilities[other] - data.probabilities[one]);
    rows.forEach((parts, place) => {
      const [label, share] = [order[place], data.probabilities[order[place]]];
      const name = net.classes[label];
      if (parts.name.textContent !== name) parts.name.textContent = name;
      parts.bar.setAttribute("width", 100 * share);
      parts.share.textContent = percent(share);
      parts.row.classList.toggle("inside-first", name === data.answer);
    });
    clearTimeout(waiting);
    const text = `${data.answer}, ${percent(Math.max(...data.probabilities))}`;
    if (said.textContent !== text) waiting = setTimeout(() => { said.textContent = text; }, said.textContent === "–" ? 0 : QUIET);
  };
}

function row(body) {
  const row = body.insertRow();
  const name = document.createElement("th");
  name.scope = "row";
  row.append(name);
  const bar = drawn("rect", { width: 0, height: 1 });
  const chart = drawn("svg", { viewBox: "0 0 100 1", preserveAspectRatio: "none", "aria-hidden": true });
  chart.append(bar);
  row.insertCell().append(chart);
  const share = row.insertCell();
  share.className = "number";
  return { row, name, bar, share };
}

function drawn(kind, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", kind);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Neither certain nor impossible.
function percent(share) {
  if (share > 0.9995) return "> 99.9%";
  return share < 0.0005 ? "< 0.1%" : `${(100 * share).toFixed(1)}%`;
}

// The map of the chosen number, enlarged; a click in it chooses another number of it.
export function zoomView(root, table, choose) {
  const holder = root.querySelector(".inside-zoom");
  const canvas = root.querySelector("#inside-zoom");
  const marks = holder.querySelector(".inside-marks");
  const brush = canvas.getContext("2d");
  let size = [1, 1];

  function show(view, at) {
    holder.hidden = view.vector || !view.data || at.channel >= view.count;
    if (holder.hidden) return;
    size = view.size;
    const [height, width] = size;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const image = brush.createImageData(width, height);
    const pixels = new Uint32Array(image.data.buffer);
    const start = at.channel * height * width;
    for (let index = 0; index < pixels.length; index += 1) pixels[index] = table[view.data.levels[start + index]];
    brush.putImageData(image, 0, 0);
    const [across, down] = [canvas.clientWidth / width, canvas.clientHeight / height];
    outline(clean(marks), at.column * across, at.row * down, across, down);
  }

  for (const name of ["pointermove", "pointerdown"]) {
    canvas.addEventListener(name, (event) => {
      const box = canvas.getBoundingClientRect();
      const row = Math.floor(((event.clientY - box.top) / box.height) * size[0]);
      const column = Math.floor(((event.clientX - box.left) / box.width) * size[1]);
      const inside = row >= 0 && column >= 0 && row < size[0] && column < size[1];
      if (inside) choose(row, column, name === "pointerdown");
    });
  }
  return { show };
}

// The filter lab: the whole picture comes from the library, the window under the pointer is
// computed here from the same pixels.

import { capture } from "./capture.js";
import { corner, pooledAt, shown, taken, windowAt, written } from "./lab-arithmetic.js";
import { arrows, follow, frame, greyOf, lens, load, paint } from "./lab-views.js";
import { SILENT } from "./silent.js";

const NAMES = ["original", "filtered", "pooled"];
const form = document.getElementById("lab-form");
const kernel = form.querySelector(".lab-kernel");
const pictures = document.querySelector(".lab-pictures");
const at = (id) => document.getElementById(id);
const view = (name) => document.querySelector(`[data-view=${name}]`);
const rowInput = at("lab-row");
const columnInput = at("lab-column");

let own = null; // {blob, name} of a picture that was brought
let lab = null; // the library's last answer
let picture = null; // the original's pixels
let place = null; // (row, column) of the filtered picture
let asking = null;
let later = 0;

async function ask() {
  asking?.abort();
  const mine = new AbortController();
  asking = mine;
  pictures.setAttribute("aria-busy", "true");
  const words = new FormData(form);
  history.replaceState(null, "", `/lab?${new URLSearchParams(words)}`);
  if (own) words.set("picture-file", own.blob, own.name);
  try {
    const answer = await fetch("/lab/filter", { method: "POST", body: words, signal: mine.signal });
    const json = answer.headers.get("content-type")?.startsWith("application/json");
    const said = json ? await answer.json() : { wrong: { picture: await refusal(answer) } };
    complain(said.wrong ?? {});
    if (said.wrong && !lab) at("lab-effect").textContent = "The pictures are here as soon as every number is right.";
    if (!said.wrong) await take(said, mine.signal);
    return said.wrong;
  } catch (error) {
    if (error.name === "AbortError") return null;
    complain({ picture: SILENT });
    return null;
  } finally {
    if (asking === mine) pictures.setAttribute("aria-busy", "false");
  }
}

async function refusal(answer) {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return (page.querySelector("[role=alert]") ?? page.body).textContent.trim();
}

async function take(said, signal) {
  const images = await Promise.all(NAMES.map((name) => load(said[name])));
  if (signal.aborted) return;
  lab = said;
  picture = greyOf(images[0]);
  NAMES.forEach((name, number) => paint(view(name), images[number], said.words[name] ?? "not pooled"));
  at("lab-effect").textContent = `The picture is ${said.colours}. ${said.effect}`;
  at("lab-manner").textContent = said.manner;
  at("lab-shrunk").textContent = said.shrunk ? `This one was ${said.shrunk}.` : "";
  const [rows, columns] = said.sides.filtered;
  [rowInput.max, columnInput.max] = [rows - 1, columns - 1];
  const slider = view("original").querySelector(".lab-view");
  slider.setAttribute("aria-valuemax", rows * columns - 1);
  go(...(place ?? [Math.round(rows * 0.3), Math.round(columns * 0.46)]));
}

// What is wrong, beside its field; what was typed stays.
function complain(wrong) {
  for (const input of form.elements) input.removeAttribute("aria-invalid");
  const said = {};
  for (const [field, sentence] of Object.entries(wrong)) {
    form.elements[field]?.setAttribute("aria-invalid", "true");
    const key = field.startsWith("n-") ? "kernel" : field;
    said[key] = said[key] ? `${said[key]}; ${sentence}` : sentence;
  }
  for (const element of document.querySelectorAll("[data-wrong]")) {
    element.textContent = said[element.dataset.wrong] ?? "";
  }
}

// Put the window at a place of the filtered picture, and show what happens there.
function go(row, column) {
  if (!lab) return;
  const [rows, columns] = lab.sides.filtered;
  place = [Math.min(Math.max(row, 0), rows - 1), Math.min(Math.max(column, 0), columns - 1)];
  const found = windowAt(picture, lab, ...place);
  const pooled = pooledAt(picture, lab, ...place);
  if (document.activeElement !== rowInput) rowInput.value = place[0];
  if (document.activeElement !== columnInput) columnInput.value = place[1];
  frames(pooled);
  grids(found.cells);
  results(found, pooled);
}

function frames(pooled) {
  const size = lab.rows.length;
  const [top, left] = corner(lab, ...place);
  const box = { top, left, height: size, width: size };
  const point = { top: place[0], left: place[1], height: 1, width: 1 };
  frame(view("original"), box);
  frame(view("filtered"), point);
  frame(view("pooled"), pooled && { top: pooled.place[0], left: pooled.place[1], height: 1, width: 1 });
  lens(document.querySelector("[data-lens=original]"), view("original"), box);
  lens(document.querySelector("[data-lens=filtered]"), view("filtered"), point);
}

function grids(cells) {
  document.querySelector(".lab-sums").dataset.size = lab.rows.length;
  fill(at("lab-pixels"), cells, (cell) => cell.pixel, (cell) => cell.pixel);
  fill(at("lab-numbers"), cells, (cell) => written(cell.number));
  fill(at("lab-products"), cells, (cell) => written(cell.product));
}

// One square a number; with `grey` on a ground as bright as the pixel.
function fill(grid, cells, text, grey) {
  while (grid.children.length > cells.length) grid.lastChild.remove();
  while (grid.children.length < cells.length) grid.append(document.createElement("span"));
  cells.forEach((cell, number) => {
    const square = grid.children[number];
    square.textContent = text(cell);
    if (!grey) return;
    const bright = grey(cell);
    square.style.background = `rgb(${bright} ${bright} ${bright})`;
    square.style.color = bright < 118 ? "#fff" : "#000"; // 4.5 to 1 on either side
  });
}

function results(found, pooled) {
  const kept = taken(lab, found.value);
  tell("lab-sum", found.sum);
  tell("lab-value", found.value);
  at("lab-weight").textContent = written(lab.weight);
  at("lab-shown-name").textContent = lab.clip ? "Cut off at 0 and 255" : "As a pixel, 0 to 255";
  tell("lab-shown", shown(lab, lab.clip ? kept : found.value));
  at("lab-pooled-name").textContent = `Pooled ${lab.pool}x${lab.pool}`;
  tell("lab-pooled", pooled && pooled.kept);
  at("lab-pooled-words").textContent = pooledWords(pooled);
  const slider = view("original").querySelector(".lab-view");
  slider.setAttribute("aria-valuenow", place[0] * lab.sides.filtered[1] + place[1]);
  slider.setAttribute("aria-valuetext", `row ${place[0]}, column ${place[1]}: sum ${written(found.sum)}, shown as ${written(shown(lab, kept))}`);
}

function tell(id, value) {
  at(id).textContent = value === null ? "–" : written(value);
  at(id).dataset.value = value === null ? "" : value;
}

function pooledWords(pooled) {
  if (lab.pool === 1) return "A window of 1 pools nothing.";
  if (!pooled) return "This place fills no whole pooling window and is left out.";
  const kept = lab.method === "max" ? "largest" : "mean";
  const many = pooled.values.length;
  const values = pooled.values.slice(0, 16).map(written).join(", ") + (many > 16 ? ", …" : "");
  return `The ${kept} of ${values}.`;
}

// Another size keeps the numbers around the same middle; what is cut off comes back with its size.
const typed = new Map();

function resize(size, numbers) {
  const inputs = [...kernel.querySelectorAll("input")];
  const before = Number(kernel.dataset.size);
  typed.set(before, inputs.map((input) => input.value));
  const shift = Math.floor((size - before) / 2);
  const value = (row, column) => {
    const [y, x] = [row - shift, column - shift];
    const within = y >= 0 && x >= 0 && y < before && x < before;
    return within ? inputs[y * before + x].value : "0";
  };
  const known = typed.get(size);
  const made = [];
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const input = document.createElement("input");
      input.name = `n-${row}-${column}`;
      input.setAttribute("aria-label", `Row ${row + 1}, column ${column + 1}`);
      input.setAttribute("aria-describedby", "wrong-kernel");
      input.value = numbers?.[input.name] ?? known?.[row * size + column] ?? value(row, column);
      made.push(input);
    }
  }
  kernel.dataset.size = size;
  kernel.replaceChildren(...made);
}

const presets = [...document.querySelectorAll("[data-preset]")].map((button) => ({
  button,
  fields: JSON.parse(button.dataset.preset),
}));

function mark() {
  for (const { button, fields } of presets) {
    const same = Object.entries(fields).every(([name, value]) => form.elements[name]?.value === value);
    button.setAttribute("aria-pressed", String(same));
  }
}

function changed(wait = 60) {
  mark();
  clearTimeout(later);
  later = setTimeout(ask, wait);
}

for (const { button, fields } of presets) {
  button.addEventListener("click", () => {
    at("size").value = fields.size;
    resize(Number(fields.size), fields);
    at("weight").value = fields.weight;
    changed(0);
  });
}
at("size").addEventListener("change", (event) => resize(Number(event.target.value)));
form.addEventListener("input", () => changed());
form.addEventListener("submit", (event) => {
  event.preventDefault();
  changed(0);
});

follow(view("original"), (row, column) => {
  if (!lab) return;
  const middle = lab.before - (lab.rows.length - 1) / 2;
  go(Math.round((row + middle) / lab.stride), Math.round((column + middle) / lab.stride));
});
follow(view("filtered"), go);
follow(view("pooled"), (row, column) => lab && go(row * lab.pool, column * lab.pool));
arrows(view("original").querySelector(".lab-view"), (down, right) => place && go(place[0] + down, place[1] + right));
for (const input of [rowInput, columnInput]) {
  input.addEventListener("input", () => go(Math.trunc(rowInput.valueAsNumber || 0), Math.trunc(columnInput.valueAsNumber || 0)));
}

capture(document.querySelector(".capture"), async (brought) => {
  const before = own;
  own = brought;
  place = null;
  const wrong = await ask();
  if (wrong?.picture) own = before;
  at("lab-photograph").hidden = own === null;
});
at("lab-photograph").addEventListener("click", () => {
  own = null;
  place = null;
  at("lab-photograph").hidden = true;
  ask();
});

mark();
ask();

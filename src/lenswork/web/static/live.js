// A run in the making. Every connection begins with its whole state, so that nothing is missed by a
// tab that was closed, asleep, or cut off while the studio began again.
import { follow } from "./follow.js";
import { drawCurves } from "./run.js";

const MISTAKES_SECONDS = 4; // pictures are not changed more often: looking takes time, and so does reading them
const SPEAK_SECONDS = 5;
const SILENT_STUDIO = "The studio does not answer. The training goes on without it; this page catches up as soon as it is back.";
const root = document.getElementById("live");
const epochs = Number(root.dataset.epochs);
const plots = drawCurves();
const title = document.title; // that of a tab in the background tells how far the run is
const parts = {};
let rows = [];
let frame = 0;
let spoke = -Infinity;
let mistakes = { told: null, waiting: null, shown: 0 };

for (const id of ["standing", "trouble", "spoken", "epoch", "score", "score-name", "loss", "rate", "left", "bar-epoch", "bar-epoch-name", "bar-run", "wrong", "mistakes-said", "epoch-rows"]) {
  parts[id] = document.getElementById(id);
}
showState(JSON.parse(document.getElementById("state").textContent));
const leave = follow(root.dataset.events, {
  state: (state) => state.standing === "running" && showState(state),
  epoch: (row) => {
    rows.push(row);
    frame ||= requestAnimationFrame(showRows); // many short epochs may come at once
    say(row);
  },
  now: showNow,
  mistakes: showMistakes,
  end: ({ standing }) => {
    leave();
    if (standing === "gone") gone();
    else location.reload();
  },
}, (silent) => trouble(silent ? SILENT_STUDIO : ""));

function showState(state) {
  rows = [...state.epochs];
  parts["epoch-rows"].replaceChildren();
  showRows();
  showNow(state);
  showMistakes(state.mistakes);
}

function showRows() {
  frame = 0;
  const x = rows.map((row) => row.epoch);
  for (const { plot, metrics } of plots) {
    plot.update(x, metrics.map((metric) => rows.map((row) => row[metric] ?? null)));
  }
  const last = rows.at(-1);
  if (last) {
    const [name, metric] = scored(last);
    parts["score-name"].textContent = `${name} accuracy, epoch ${last.epoch}`;
    parts.score.textContent = percent(last[metric]);
  }
  fillTable();
}

function showNow({ live, stopping }) {
  if (stopping) {
    parts.standing.textContent = "stopping";
    const button = document.querySelector("#stop button");
    button.textContent = "Stopping after this step";
    button.disabled = true;
  }
  if (!live) return;
  // what was written before the last epoch's end is of an epoch that is over
  const current = live.epoch > rows.length ? live : { ...live, epoch: Math.min(rows.length + 1, epochs), step: 0, evaluating: false, loss: null };
  const share = current.step / current.steps_per_epoch;
  parts.epoch.textContent = String(current.epoch);
  document.title = `${current.epoch} of ${epochs} · ${title}`;
  parts.loss.textContent = number(current.loss);
  parts.rate.textContent = Math.round(live.pictures_a_second).toLocaleString("en");
  parts.left.textContent = seconds(live.seconds_left);
  parts["bar-epoch"].value = share;
  parts["bar-epoch-name"].textContent = current.evaluating ? "This epoch: evaluating" : `This epoch: step ${current.step.toLocaleString("en")} of ${current.steps_per_epoch.toLocaleString("en")}`;
  parts["bar-run"].value = Math.min(1, (rows.length + (live.epoch > rows.length ? share : 0)) / epochs);
}

function showMistakes(told) {
  if (!told) return;
  mistakes.told = told;
  const wait = MISTAKES_SECONDS * 1000 - (performance.now() - mistakes.shown);
  if (mistakes.waiting !== null) return;
  mistakes.waiting = setTimeout(drawMistakes, mistakes.shown ? Math.max(0, wait) : 0);
}

function drawMistakes() {
  const { epoch, part, pictures } = mistakes.told;
  mistakes.waiting = null;
  mistakes.shown = performance.now();
  parts["mistakes-said"].textContent = pictures.length
    ? `After epoch ${epoch}: ${part} pictures that are called something else most surely, the surest first.`
    : `After epoch ${epoch} none of the ${part} pictures is answered wrongly.`;
  const there = new Map([...parts.wrong.children].map((item) => [item.dataset.row, item]));
  parts.wrong.replaceChildren(...pictures.map((one) => {
    const item = there.get(String(one.row)) ?? newMistake(one, part);
    item.querySelector("b").textContent = one.said;
    item.querySelector("span").textContent = sure(one.confidence);
    item.querySelector("img").alt = `${one.truth}, called ${one.said}`;
    return item;
  }));
}

function newMistake({ row, id, truth }, part) {
  const item = document.createElement("li");
  item.dataset.row = row;
  const figure = document.createElement("figure");
  figure.className = "picture";
  const image = new Image(112, 112);
  const address = new URL(root.dataset.picture, location.href);
  address.searchParams.set("split", part);
  address.searchParams.set("place", row);
  address.searchParams.set("side", 160);
  image.src = address;
  image.title = id;
  const caption = document.createElement("figcaption");
  caption.append(document.createElement("b"), " ", document.createElement("span"), document.createElement("br"), `is ${truth}`);
  figure.append(image, caption);
  item.append(figure);
  return item;
}

function fillTable() {
  const body = parts["epoch-rows"];
  const names = rows.length ? Object.keys(rows[0]).filter((name) => name !== "epoch") : [];
  const head = body.parentElement.tHead.rows[0];
  if (head.cells.length !== names.length + 1) {
    while (head.cells.length > 1) head.deleteCell(-1);
    for (const name of names) {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.className = "number";
      cell.textContent = titled(name);
      head.append(cell);
    }
  }
  for (const row of rows.slice(body.rows.length)) {
    const line = body.insertRow();
    const epoch = document.createElement("th");
    epoch.scope = "row";
    epoch.className = "number";
    epoch.textContent = row.epoch;
    line.append(epoch);
    for (const name of names) {
      const cell = line.insertCell();
      cell.className = "number";
      cell.textContent = name.endsWith("accuracy") ? percent(row[name]) : number(row[name]);
    }
  }
}

function say(row) {
  if (performance.now() - spoke < 1000 * SPEAK_SECONDS) return;
  spoke = performance.now();
  const [name, metric] = scored(row);
  parts.spoken.textContent = `Epoch ${row.epoch} of ${epochs}: ${name} accuracy ${percent(row[metric])}`;
}

function gone() {
  trouble("The run's folder was deleted while this page was open. ");
  const home = document.createElement("a");
  home.href = "/";
  home.textContent = "Back to the runs";
  parts.trouble.append(home);
  parts.standing.textContent = "deleted";
  document.getElementById("stop").remove();
}

function trouble(text) {
  parts.trouble.textContent = text;
  parts.trouble.hidden = !text;
}

function scored(row) {
  if ("val_accuracy" in row) return ["Validation", "val_accuracy"];
  if ("test_accuracy" in row) return ["Test", "test_accuracy"];
  return ["Training", "accuracy"];
}

function titled(name) {
  return { loss: "training loss", accuracy: "training accuracy" }[name] ?? name.replace("val_", "validation ").replace("test_", "test ");
}

function percent(fraction, digits = 2) {
  return fraction == null ? "–" : `${(100 * fraction).toFixed(digits)}%`;
}

// neither certain nor impossible
function sure(probability) {
  if (probability > 0.9995) return "> 99.9%";
  return percent(probability, 1);
}

function number(value) {
  return value == null ? "–" : String(+value.toPrecision(4));
}

function seconds(value) {
  const whole = Math.round(value);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

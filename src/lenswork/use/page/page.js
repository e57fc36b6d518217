// What happens on the page: pictures come in by five ways, and the answer is shown beside them.

import { hasCamera, watching } from "./camera.js";
import { drawing, groundOf } from "./draw.js";
import { opened } from "./model.js";
import { paint, pictureIn, pixelsOf, prepared } from "./pixels.js";

const SHOWN = 12; // classes in the list, the likeliest first
const KEPT = 60; // answered pictures that stay on the page
const RARE =
  "is a JPEG of a rare kind: here all of it is decoded, in training it was decoded at a reduced size, " +
  "so its probabilities differ a little";
const contract = JSON.parse(document.getElementById("contract").textContent);
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const percent = (share) => `${(100 * share).toFixed(share > 0.9995 && share < 1 ? 3 : 1)}%`;

let model = null;
let stopCamera = null;
let turn = 0; // counts what was on the stage: a camera that opens late may find another there

// ---- the answer -----------------------------------------------------------------------------

function showAnswer(picture, probabilities) {
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b] - probabilities[a]);
  const best = order[0];
  part("class").textContent = contract.classes[best];
  part("sure").textContent = percent(probabilities[best]);
  part("bars").replaceChildren(...order.slice(0, SHOWN).map((place) => bar(place, probabilities[place])));
  paint(part("seen"), prepared(picture, contract.preprocess));
  part("answer").hidden = false;
  part("nothing").hidden = true;
}

function bar(place, share) {
  const row = document.createElement("li");
  const name = document.createElement("span");
  const value = document.createElement("span");
  const line = document.createElement("progress");
  name.textContent = contract.classes[place];
  value.textContent = percent(share);
  line.value = share;
  line.setAttribute("aria-label", `${contract.classes[place]}: ${percent(share)}`);
  row.append(name, value, line);
  return row;
}

function keep(name, picture, probabilities) {
  const best = probabilities.indexOf(Math.max(...probabilities));
  const figure = document.createElement("figure");
  const canvas = document.createElement("canvas");
  const caption = document.createElement("figcaption");
  const said = document.createElement("b");
  const item = document.createElement("li");
  paint(canvas, prepared(picture, contract.preprocess));
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", name);
  said.textContent = contract.classes[best];
  caption.append(said, ` ${percent(probabilities[best])}`, document.createElement("br"), name);
  figure.append(canvas, caption);
  item.append(figure);
  part("kept").prepend(item);
  while (part("kept").children.length > KEPT) part("kept").lastElementChild.remove();
  part("history").hidden = false;
}

function complain(text) {
  part("trouble").textContent = text;
  part("trouble").hidden = !text;
}

// ---- pictures come in -----------------------------------------------------------------------

async function takeFiles(files) {
  complain("");
  const troubles = [];
  for (const file of files) {
    try {
      const { shown, seen, isRare } = await pictureIn(file, contract.preprocess);
      const probabilities = await model.answer(seen);
      show("picture");
      paint(part("picture"), shown);
      part("picture").classList.toggle("small", Math.max(shown.width, shown.height) < 128);
      showAnswer(seen, probabilities);
      keep(file.name || "pasted picture", seen, probabilities);
      if (isRare) troubles.push(`${file.name || "the pasted picture"} ${RARE}`);
    } catch (error) {
      troubles.push(`${file.name || "the pasted picture"} cannot be read as a picture (${error.message})`);
    }
  }
  complain(troubles.join(". "));
}

/** Runs `work` for the newest value only: values that come while it runs replace one another. */
function newest(work) {
  let busy = false;
  let waiting = null;
  return async (value) => {
    waiting = { value };
    if (busy) return;
    busy = true;
    try {
      while (waiting) {
        const next = waiting.value;
        waiting = null;
        await work(next);
      }
    } finally {
      busy = false;
    }
  };
}

async function answerNow(source) {
  const picture = await pixelsOf(source);
  showAnswer(picture, await model.answer(picture));
}

/** One of "start", "picture", "sheet", "video" is on the stage. */
function show(name) {
  turn += 1;
  endCamera();
  for (const one of ["start", "picture", "sheet", "video"]) part(one).hidden = one !== name;
  for (const [button, stage] of [["draw", "sheet"], ["camera", "video"]]) {
    part(button).setAttribute("aria-pressed", String(stage === name));
  }
  part("clear").hidden = name !== "sheet";
}

function endCamera() {
  stopCamera?.();
  stopCamera = null;
}

async function toggleCamera() {
  if (!part("video").hidden) return show("start");
  complain("");
  show("video");
  const mine = turn;
  const wanted = () => mine === turn;
  try {
    stopCamera = (await watching(part("video"), newest(answerNow), wanted)) ?? stopCamera;
  } catch (error) {
    if (!wanted()) return;
    show("start");
    complain(`The camera cannot be used: ${error.message}`);
  }
}

// ---- the beginning --------------------------------------------------------------------------

function listen() {
  const chosen = part("files");
  part("choose").addEventListener("click", () => chosen.click());
  chosen.addEventListener("change", async () => {
    await takeFiles([...chosen.files]);
    chosen.value = "";
  });
  const sheet = drawing(part("sheet"), groundOf(contract.golden.pictures), newest(answerNow));
  part("draw").addEventListener("click", () => show(part("sheet").hidden ? "sheet" : "start"));
  part("clear").addEventListener("click", sheet.clear);
  part("camera").hidden = !hasCamera();
  part("camera").addEventListener("click", toggleCamera);
  part("forget").addEventListener("click", () => {
    part("kept").replaceChildren();
    part("history").hidden = true;
  });
  document.addEventListener("paste", (event) => takeFiles([...event.clipboardData.files]));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    part("stage").classList.add("over");
  });
  document.addEventListener("dragleave", () => part("stage").classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    part("stage").classList.remove("over");
    takeFiles([...event.dataTransfer.files]);
  });
}

/** For other scripts and for tests: the same answers as on the page. */
function expose() {
  globalThis.lenswork = Object.freeze({
    contract,
    /** A picture file's probabilities, in the order of `contract.classes`. */
    classify: async (blob) => model.answer((await pictureIn(blob, contract.preprocess)).seen),
    /** The bytes that the network sees of a picture file. */
    prepare: async (blob) => {
      const { seen } = await pictureIn(blob, contract.preprocess);
      return new Uint8Array(prepared(seen, contract.preprocess).data);
    },
  });
}

async function begin() {
  const mark = part("mark");
  try {
    model = await opened(contract);
  } catch (error) {
    mark.dataset.state = "refused";
    mark.textContent = "✕ not proven here";
    document.documentElement.dataset.golden = "refused";
    complain(
      globalThis.DecompressionStream
        ? `Nothing is answered: ${error.message}.`
        : "This page needs a browser of 2023 or later.",
    );
    return;
  }
  listen();
  expose();
  for (const control of document.querySelectorAll("button")) control.disabled = false;
  mark.dataset.state = "agrees";
  mark.textContent = `✓ answers as trained`;
  mark.title =
    `${contract.golden.pictures.length} golden pictures were answered in this browser; their ` +
    `probabilities differ by ${model.difference.toPrecision(1)} at most from those of the classifier`;
  part("proof").textContent = mark.title;
  document.documentElement.dataset.difference = model.difference.toPrecision(3);
  document.documentElement.dataset.golden = "agrees";
}

begin();

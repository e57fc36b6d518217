// Inside: a picture goes to the studio in one post, all maps come back in one answer, and are drawn
// in one frame. Nothing is queued: a newer drawing takes the place of one that waits (capture.js),
// and an answer that a newer picture has overtaken is dropped.

import { capture } from "./capture.js";
import { colourTable, layerView } from "./inside-maps.js";
import { answerView, pictureView, zoomView } from "./inside-picture.js";
import { ask, read } from "./inside-read.js";
import { seenBefore, seenInPicture } from "./inside-sight.js";

const SETTLED = 150; // ms without a new picture until the chosen number is worked out again
const GONE = 204; // the studio was started anew, or has kept other pictures since

const root = document.querySelector(".inside");
const net = JSON.parse(document.getElementById("inside-net").textContent);
const address = root.dataset.address;
const table = colourTable(net.colours);
const every = new Set(); // layers of which all channels are wanted

const picture = pictureView(root, net);
const answer = answerView(root, net);
const views = [...root.querySelectorAll(".inside-layer")].map((element, number) => layerView(element, net.layers[number], table));
const zoom = zoomView(root, table, (row, column, hold) => {
  if (chosen) choose({ ...chosen, row, column }, hold);
});

let shown = null; // what read() gave
let again = null; // asks for the same picture once more
let turns = 0;
let together = false;
let chosen = null; // {layer, channel, row, column}
let held = false;
const said = root.querySelector("#inside-said");
const invitation = said.textContent;

// --- a picture and its maps

async function show(asking) {
  turns += 1;
  const turn = turns;
  const data = await read(await asking(), net);
  if (turn !== turns) return;
  again = asking;
  await frame(() => {
    const other = shown?.look !== data.look;
    shown = data;
    picture.show(data);
    answer(data);
    views.forEach((view, number) => {
      view.set(data.layers[number]);
      view.paint(together);
    });
    mark();
    if (other) root.querySelector("#inside-attribution").replaceChildren();
    root.querySelector("#inside-why [type=submit]").disabled = false;
    root.querySelector("#inside-bare").hidden = true;
  });
  root.dataset.drawn = data.look;
  performance.clearMarks("inside-drawn");
  performance.mark("inside-drawn", { detail: data.id });
  settle();
}

const frame = (work) => new Promise((resolve, reject) => {
  requestAnimationFrame(() => {
    try {
      work();
      resolve();
    } catch (error) {
      reject(error);
    }
  });
});

const query = (asked) => new URLSearchParams({ ...asked, ...(every.size ? { every: [...every].join(",") } : {}) });

const example = (split, place) => show(() => ask(`${address}/maps?${query({ split, place })}`));

function sent({ blob, name, source }) {
  for (const button of root.querySelectorAll(".inside-strip [aria-pressed=true]")) button.setAttribute("aria-pressed", "false");
  return show(() => {
    const centred = source === "draw" && root.querySelector("#inside-centred").checked;
    const body = new FormData();
    body.append("picture", blob, name);
    return ask(`${address}/maps?${query(centred ? { centred: 1 } : {})}`, { method: "POST", body });
  });
}

const controls = capture(root.querySelector(".capture"), sent);
// The drawing area, the picture and the answer are seen at once.
root.querySelector("[data-way=draw]").addEventListener("click", (event) => {
  if (event.currentTarget.getAttribute("aria-expanded") === "true") root.querySelector(".inside-left").scrollIntoView();
});
const tell = (error) => controls.say(error.message, true);

root.querySelector("#inside-centred").addEventListener("change", () => {
  if (again && shown?.truth === null) show(again).catch(tell);
});

root.querySelector("#inside-examples").addEventListener("click", (event) => {
  const button = event.target.closest("[data-place]");
  if (!button) return;
  for (const other of root.querySelectorAll(".inside-strip [data-place]")) other.setAttribute("aria-pressed", String(other === button));
  example(button.dataset.split, button.dataset.place).catch(tell);
});

// The first example is shown as soon as there are any, unless the address names a picture.
if (root.dataset.place) example(root.dataset.split, root.dataset.place).catch(tell);
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "inside-examples" && !turns) root.querySelector(".inside-strip [data-place]")?.click();
});

for (const button of root.querySelectorAll("[data-together]")) {
  button.addEventListener("click", () => {
    together = button.dataset.together === "true";
    for (const other of root.querySelectorAll("[data-together]")) other.setAttribute("aria-pressed", String(other === button));
    for (const view of views) view.paint(together);
  });
}

// --- where the layers stand

function layOut() {
  for (const view of views) {
    view.layout();
    view.paint(together);
  }
  mark();
}

const pipeline = root.querySelector(".inside-pipeline");
let laidOut = pipeline.clientWidth;
layOut();
new ResizeObserver(() => {
  if (pipeline.clientWidth === laidOut) return;
  laidOut = pipeline.clientWidth;
  layOut();
}).observe(pipeline);

// --- one number

function choose(at, hold = false) {
  const same = chosen && ["layer", "channel", "row", "column"].every((key) => chosen[key] === at[key]);
  held = hold || held;
  if (same) return;
  chosen = at;
  root.querySelector(".inside-value").classList.add("inside-chosen");
  mark();
  explain();
}

function letGo() {
  held = false;
  chosen = null;
  root.querySelector(".inside-value").classList.remove("inside-chosen");
  root.querySelector("#inside-worked").replaceChildren();
  root.querySelector(".inside-zoom").hidden = true;
  said.textContent = invitation;
  mark();
}

function mark() {
  const before = chosen ? seenBefore(net, chosen) : [];
  views.forEach((view, number) => {
    if (chosen?.layer === number) view.mark([{ channel: chosen.channel, top: chosen.row, left: chosen.column, height: 1, width: 1 }]);
    else view.mark(chosen?.layer === number + 1 ? before : []);
  });
  picture.mark(chosen && seenInPicture(net, chosen));
  if (chosen && shown) zoom.show(views[chosen.layer], chosen);
}

// One question at a time; of those that come meanwhile only the last is asked.
let asking = false;
let waiting = false;

async function explain() {
  waiting = true;
  if (asking || !shown) return;
  asking = true;
  while (waiting && chosen) {
    waiting = false;
    try {
      await worked(chosen);
    } catch (error) {
      said.textContent = error.message;
    }
  }
  asking = false;
}

// What the studio says of the picture that it keeps; it is sent again where it is not kept.
async function kept(path, wanted) {
  const asked = () => ask(`${address}/${path}?${new URLSearchParams({ look: shown.look, ...wanted })}`);
  let reply = await asked();
  if (reply.status === GONE) {
    const turn = turns;
    const data = await read(await again(), net);
    if (turn === turns) shown = data;
    reply = await asked();
  }
  if (reply.status === GONE) throw new Error("this picture is no longer kept: show it again");
  return reply.text();
}

async function worked(at) {
  const place = net.layers[at.layer].shape.length === 3 ? { row: at.row, column: at.column } : {};
  const text = await kept("value", { layer: at.layer + 1, channel: at.channel, ...place });
  if (at !== chosen) return;
  const holder = root.querySelector("#inside-worked");
  holder.innerHTML = text; // the studio's own page, with everything in it escaped
  const { heading, value } = holder.firstElementChild.dataset;
  said.textContent = `${heading}: ${value}`;
}

let settling = 0;
function settle() {
  clearTimeout(settling);
  if (chosen) settling = setTimeout(explain, SETTLED);
}

views.forEach((view, layer) => {
  view.maps.addEventListener("pointermove", (event) => {
    const at = event.pointerType === "touch" || held ? null : view.at(event);
    if (at) choose({ layer, ...at });
  });
  view.maps.addEventListener("click", (event) => {
    const at = view.at(event);
    if (!at) return;
    const same = held && chosen?.layer === layer && chosen.channel === at.channel && chosen.row === at.row && chosen.column === at.column;
    held = false;
    choose({ layer, ...at }, !same);
  });
  view.maps.addEventListener("focus", () => {
    if (chosen?.layer !== layer && !held && view.maps.matches(":focus-visible")) choose({ layer, ...middle(view) });
  });
  view.maps.addEventListener("keydown", (event) => {
    const now = chosen?.layer === layer ? chosen : { layer, ...middle(view) };
    const next = moved(view, now, event.key);
    if (!next) return;
    event.preventDefault();
    held = false;
    choose(next, event.key === "Enter" || event.key === " ");
  });
});

const middle = ({ size }) => ({ channel: 0, row: Math.floor(size[0] / 2), column: Math.floor(size[1] / 2) });

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function moved(view, now, key) {
  const [height, width] = view.size;
  if (key === "Enter" || key === " ") return now;
  if (key === "PageUp" || key === "PageDown") return { ...now, channel: within(now.channel + (key === "PageUp" ? -1 : 1), view.count) };
  const step = STEPS[key];
  if (!step) return null;
  if (view.vector) return { ...now, channel: within(now.channel + step[0] * view.columns + step[1], view.count) };
  return { ...now, row: within(now.row + step[0], height), column: within(now.column + step[1], width) };
}

const within = (at, count) => Math.max(0, Math.min(count - 1, at));

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && chosen) letGo();
});
root.querySelector("#inside-close").addEventListener("click", letGo);

for (const button of root.querySelectorAll("[data-every]")) {
  button.addEventListener("click", () => {
    every.add(Number(button.closest("[data-layer]").dataset.layer));
    if (!again) return;
    button.disabled = true;
    show(again).then(() => button.closest(".inside-more").remove(), (error) => {
      button.disabled = false;
      tell(error);
    });
  });
}

// --- what decided

root.querySelector("#inside-why").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [look, place] = [shown.look, root.querySelector("#inside-attribution")];
  place.textContent = "Working: the same map is drawn for five networks that learned nothing …";
  place.setAttribute("aria-busy", "true");
  const button = event.target.querySelector("[type=submit]");
  button.disabled = true;
  try {
    const text = await kept("attribution", Object.fromEntries(new FormData(event.target)));
    if (shown.look !== look) return;
    place.innerHTML = text;
    picture.lay(place.firstElementChild.dataset.overlay);
    root.querySelector("#inside-bare").hidden = false;
  } catch (error) {
    if (shown.look === look) place.textContent = error.message;
  } finally {
    place.removeAttribute("aria-busy");
    button.disabled = false;
  }
});

root.querySelector("#inside-bare").addEventListener("click", (event) => {
  picture.lay(null);
  event.currentTarget.hidden = true;
});

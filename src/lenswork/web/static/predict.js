// Predict: one picture gets its answer in full, many get a row each.

import { capture } from "./capture.js";
import { manyAnswers } from "./predict-many.js";
import { posted, tooLarge } from "./predict-post.js";

const limits = JSON.parse(document.getElementById("predict-limits").textContent);
const panel = document.getElementById("answer");
const said = document.getElementById("answer-said");
let ownAddress = null;

// On a narrow page, a bar at its foot says the answer for as long as the answer itself is out of sight.
const bar = document.getElementById("answer-bar");
let inSight = true;
const showBar = () => (bar.hidden = inSight || !bar.textContent);
new IntersectionObserver(([seen]) => {
  inSight = seen.isIntersecting;
  showBar();
}, { rootMargin: "0px 0px -120px" }).observe(panel);

const many = manyAnswers(limits, one);
capture(document.querySelector(".capture"), (pictures) =>
  pictures.length === 1 ? one(pictures[0]) : many(pictures),
);

// Ask for one picture, and show the answer with the picture itself beside it.
async function one({ blob, name, source }) {
  panel.setAttribute("aria-busy", "true");
  try {
    // made by the studio, everything in it escaped
    const answer = document.createRange().createContextualFragment(await answered(blob, name));
    const top = answer.querySelector(".predict-said"); // none where the file is no picture
    if (top) await showOwn(answer, blob);
    panel.replaceChildren(answer);
    bar.textContent = top?.textContent.trim() ?? "";
    showBar();
    if (top && source !== "camera") said.textContent = `${name}: ${top.textContent.trim()}`;
  } catch (error) {
    const notice = document.createElement("p");
    notice.className = "notice refuse";
    notice.textContent = error.message;
    notice.setAttribute("role", "alert");
    panel.replaceChildren(notice);
  } finally {
    panel.removeAttribute("aria-busy");
  }
}

async function answered(blob, name) {
  const problem = tooLarge(blob, limits);
  if (problem) throw new Error(`${name} was not sent: ${problem}`);
  const form = new FormData();
  form.append("picture", blob, name);
  return (await posted(limits.address, form)).text();
}

// The pictures are ready before they are shown, so that nothing flickers when answers come live.
async function showOwn(answer, blob) {
  const before = ownAddress;
  const own = answer.querySelector("#answer-own");
  own.src = ownAddress = URL.createObjectURL(blob);
  const ready = [...answer.querySelectorAll("img")].map((image) => image.decode());
  const [came] = await Promise.allSettled(ready);
  if (came.status === "rejected") own.removeAttribute("src"); // most browsers show no TIFF
  if (before) URL.revokeObjectURL(before);
}

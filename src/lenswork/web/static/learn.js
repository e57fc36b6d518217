// Learn: the reader answers, then the demonstration is fetched and can be changed. What was
// answered is kept in this browser only.

import { capture } from "./capture.js";
import { begin } from "./learn-parts.js";
import { SILENT } from "./silent.js";

const KEPT = "lenswork-learn";
const CHOSEN = "lenswork-learn-run";
const FRAGMENT = { "HX-Request": "true" }; // so that an error comes as a notice, not as a page
const at = (id) => document.getElementById(id);

// A browser that keeps nothing for this page refuses its storage with an error.
function recall(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function remember(name, text) {
  try {
    localStorage.setItem(name, text);
  } catch {
    return; // what was answered is known until the page is left
  }
}

function answers() {
  try {
    return JSON.parse(recall(KEPT)) ?? {};
  } catch {
    return {};
  }
}

const keep = (number, choice, right) => remember(KEPT, JSON.stringify({ ...answers(), [number]: { choice, right } }));

// The list of ideas: marks, and how far the reader has come.
function list() {
  const known = answers();
  const ideas = [...document.querySelectorAll(".learn-idea")];
  for (const idea of ideas) {
    const mark = idea.querySelector(".learn-mark");
    const found = known[idea.dataset.number];
    mark.hidden = !found;
    mark.textContent = found?.right ? "right" : "seen";
    mark.classList.toggle("good", Boolean(found?.right));
  }
  const done = ideas.filter((idea) => known[idea.dataset.number]).length;
  at("learn-progress").value = done;
  at("learn-done").textContent = `${done} of ${ideas.length} answered`;
  at("learn-forget").hidden = done === 0;
}

if (at("learn-progress")) {
  list();
  at("learn-forget").addEventListener("click", () => {
    localStorage.removeItem(KEPT);
    list();
  });
}

// The run that was chosen last stays chosen, unless the address names one.
function runSelect() {
  const select = at("run");
  if (!select) return null;
  const last = recall(CHOSEN);
  if (!("stated" in select.dataset) && [...select.options].some((one) => one.value === last)) select.value = last;
  return select;
}

const run = runSelect();
run?.addEventListener("change", () => remember(CHOSEN, run.value));

const question = at("learn-question");
if (question) lesson(question, at("learn-demonstration"));

function lesson(form, section) {
  const { number } = form.dataset;
  const show = demonstration(section);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = new FormData(form);
    const answer = await post(form.action, words).catch(() => null);
    at("learn-unanswered").textContent = !answer ? SILENT : answer.ok ? "" : textOf(answer.html);
    if (!answer?.ok) return;
    at("learn-outcome").innerHTML = answer.html;
    const right = at("learn-outcome").querySelector("[data-right]").dataset.right === "true";
    keep(number, words.get("choice"), right);
    await show();
  });
  const known = answers()[number];
  const choice = known && form.querySelector(`input[value="${Number(known.choice)}"]`);
  if (choice) {
    choice.checked = true;
    form.requestSubmit();
  }
}

// Fetches the demonstration when it is called, and again whenever something is changed.
function demonstration(section) {
  const controls = at("learn-controls");
  const parts = at("learn-parts");
  let own = null;
  let later = 0;
  let asking = null;

  async function show() {
    section.hidden = false;
    asking?.abort();
    const mine = new AbortController();
    asking = mine;
    parts.setAttribute("aria-busy", "true");
    const words = new FormData(controls);
    words.set("run", run?.value ?? "");
    if (own) words.set("picture-file", own.blob, own.name);
    try {
      const answer = await post(section.dataset.address, words, mine.signal);
      complain(answer.ok ? "" : textOf(answer.html));
      if (answer.ok) put(answer.html);
      return answer.ok;
    } catch (error) {
      if (error.name !== "AbortError") complain(SILENT);
      return false;
    } finally {
      if (asking === mine) parts.setAttribute("aria-busy", "false");
    }
  }

  // What is wrong is said under the fields, and marks the field that its first word names.
  function complain(sentence) {
    at("learn-refused").textContent = sentence;
    const field = sentence.split(" ", 1)[0];
    for (const input of controls.elements) input.toggleAttribute("aria-invalid", false);
    if (field) controls.elements[field]?.setAttribute("aria-invalid", "true");
  }

  function put(html) {
    const made = document.createElement("template");
    made.innerHTML = html;
    merge(controls, made.content.querySelector("[data-controls]"));
    for (const old of parts.querySelectorAll("[data-parts]")) old.dispatchEvent(new CustomEvent("learn:gone"));
    parts.replaceChildren(made.content.querySelector("[data-parts]"));
    begin(parts.firstElementChild);
  }

  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.addEventListener("input", () => {
    clearTimeout(later);
    later = setTimeout(show, 150);
  });
  run?.addEventListener("change", () => {
    controls.replaceChildren();
    if (!section.hidden) show();
  });
  bring(section, async (brought) => {
    const before = own;
    own = brought;
    if (!(await show()) && own === brought) own = before;
    return own !== null;
  });
  return show;
}

// Fields that are there already keep their element, so that whoever types in one stays there.
function merge(controls, made) {
  const names = (form) => [...form.elements].map((one) => one.name).join();
  if (names(controls) !== names(made)) {
    controls.replaceChildren(...made.children);
    return;
  }
  for (const input of made.querySelectorAll("input")) {
    const there = controls.elements[input.name];
    for (const limit of ["min", "max", "step"]) there.setAttribute(limit, input.getAttribute(limit));
    if (there !== document.activeElement) there.value = input.value;
  }
}

// The reader's own picture, and the way back.
function bring(section, take) {
  const element = section.querySelector(".capture");
  if (!element) return;
  const back = at("learn-back");
  capture(element, async (brought) => {
    back.hidden = !(await take(brought));
  });
  back.addEventListener("click", async () => {
    back.hidden = true;
    await take(null);
  });
}

async function post(address, words, signal) {
  const answer = await fetch(address, { method: "POST", body: words, headers: FRAGMENT, signal });
  return { ok: answer.ok && !answer.headers.has("lenswork-refused"), html: await answer.text() };
}

function textOf(html) {
  return new DOMParser().parseFromString(html, "text/html").body.textContent.trim();
}

// The network's line and its table are two views of one thing: the buttons change the line, and
// the line has the table drawn anew.
const form = document.getElementById("new");
const line = document.getElementById("f-net");
const size = document.getElementById("f-size");
const net = document.getElementById("net");
const estimate = document.getElementById("estimate");
const preset = document.getElementById("preset");
let focus = null; // the button to go to when the table has been drawn anew

const layers = () => {
  const text = line.value.trim() || net.querySelector("[data-line]")?.dataset.line || "";
  return text.split(",").map((words) => words.trim()).filter(Boolean);
};

const write = (next) => {
  line.value = next.join(", ");
  line.dispatchEvent(new Event("input", { bubbles: true }));
};

const ends = (words) => /^flatten\b/.test(words) || /^pool\b.*\bglobal\b/.test(words);

// Layers for maps stand before the map is flattened, others before the last.
const add = (words) => {
  const now = layers();
  const first = now.findIndex(ends);
  const last = Math.max(0, now.length - 1);
  const flat = /^(dense|dropout)\b/.test(words);
  const place = flat || first < 0 ? last : first;
  write(now.toSpliced(place, 0, words));
};

const acts = {
  up: (now, at) => now.with(at, now[at - 1]).with(at - 1, now[at]),
  down: (now, at) => now.with(at, now[at + 1]).with(at + 1, now[at]),
  remove: (now, at) => now.toSpliced(at, 1),
};

const change = (act, at) => {
  const now = layers();
  const to = { up: at - 1, down: at + 1, remove: Math.min(at, now.length - 2) }[act];
  if (at >= now.length || to < 0 || to >= now.length) return;
  focus = { act, layer: to };
  rearrange(act, at);
  write(acts[act](now, at));
};

// The table as it will be drawn, so that a second press means the row that one sees.
const rearrange = (act, at) => {
  const rows = [...net.querySelectorAll("tbody tr:not(.input)")];
  if (act === "up") rows[at - 1].before(rows[at]);
  else if (act === "down") rows[at + 1].after(rows[at]);
  else rows[at].remove();
  net.querySelectorAll("tbody tr:not(.input)").forEach((row, place, all) => {
    for (const button of row.querySelectorAll("[data-layer]")) {
      button.dataset.layer = place;
      button.disabled = { up: place === 0, down: place === all.length - 1 }[button.dataset.act] ?? false;
    }
  });
  refocus();
};

const refocus = () => {
  if (!focus) return;
  const wanted = net.querySelector(`[data-act="${focus.act}"][data-layer="${focus.layer}"]`);
  const other = net.querySelector(`[data-layer="${focus.layer}"]:not(:disabled)`);
  (wanted && !wanted.disabled ? wanted : other)?.focus();
};

form.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.add) add(button.dataset.add);
  else if (button?.dataset.act) change(button.dataset.act, Number(button.dataset.layer));
});

net.addEventListener("keydown", (event) => {
  const act = { ArrowUp: "up", ArrowDown: "down" }[event.key];
  const at = event.target.dataset?.layer;
  if (act && event.altKey && at !== undefined) {
    event.preventDefault();
    change(act, Number(at));
  }
});

preset.addEventListener("change", () => {
  const chosen = preset.selectedOptions[0];
  if (!size.value.trim()) size.value = chosen.dataset.size ?? "";
  if (preset.value) write(preset.value.split(", "));
  preset.value = "";
});

form.addEventListener("input", (event) => {
  if (event.target !== preset && estimate.textContent.trim()) {
    estimate.textContent = "The form has changed since: ask again.";
  }
});

// What is chosen stands in the empty fields; what is wrong is said of its field to everyone.
const show = () => {
  const values = JSON.parse(net.querySelector("[data-values]")?.dataset.values ?? "{}");
  for (const [name, value] of Object.entries(values)) {
    const field = document.getElementById(`f-${name}`);
    if (!value || !field || name === "data") continue;
    if (field.tagName === "SELECT") {
      const open = field.querySelector('option[value=""]');
      if (open && !open.textContent.endsWith("(default)")) open.textContent = `as chosen: ${value}`;
    } else {
      field.placeholder = value.replaceAll("\n", ", ");
    }
  }
  for (const told of form.querySelectorAll(".wrong[id]")) {
    const field = document.getElementById(told.id.replace("wrong-", "f-"));
    if (told.textContent) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }
  if (document.activeElement === document.body || net.contains(document.activeElement)) refocus();
  focus = null;
};
net.addEventListener("htmx:afterSettle", show);

form.addEventListener("submit", () => {
  const begin = form.querySelector(".begin");
  begin.textContent = "Starting …";
  setTimeout(() => (begin.disabled = true)); // after the form has been sent
});
addEventListener("pageshow", () => {
  const begin = form.querySelector(".begin");
  begin.textContent = "Start";
  begin.disabled = false;
});

form.querySelector("[aria-invalid]")?.focus();

// Pictures from a person: chosen, dropped, pasted, drawn, photographed, or an example.
//
// capture(root, take) calls take({blob, name, source}) for every picture, or take([...]) where
// the macro was given many=true. While take's promise is pending, a newer drawing or camera frame
// replaces the one that waits. What take throws is said under the controls. The element sends
// "capture:clear" when a drawing is cleared.

import { camera } from "./capture-camera.js";
import { draw } from "./capture-draw.js";
import { SILENT } from "./silent.js";

const EDITED = "input:not([type=range], [type=checkbox], [type=radio], [type=file], [type=button]), textarea, select, [contenteditable]";
const MOST_FILES = 10_000;
const shown = [];

export function capture(root, take) {
  const element = root.matches(".capture") ? root : root.querySelector(".capture");
  const many = "many" in element.dataset;
  const status = element.querySelector(".capture-said");
  const say = (text, wrong = false) => {
    status.textContent = text;
    status.classList.toggle("wrong", wrong);
  };
  const give = oneAtATime(take, many, say);
  const offer = (pictures) => {
    if (pictures.length) {
      say("");
      return give(many ? pictures : pictures.slice(0, 1));
    }
    say("there was no picture in that: choose, drop, paste or draw one", true);
    return Promise.resolve();
  };

  choosing(element, offer);
  pasting(element, offer, say);
  for (const button of element.querySelectorAll("[data-example]")) {
    button.addEventListener("click", () => example(button, offer, say));
  }
  const panels = {};
  const drawPanel = element.querySelector("[data-panel=draw]");
  if (drawPanel) panels.draw = draw(drawPanel, element, (make) => give([{ make, source: "draw" }]));
  const cameraPanel = element.querySelector("[data-panel=camera]");
  if (cameraPanel) panels.camera = camera(cameraPanel, say, (make) => give([{ make, source: "camera" }]));
  opening(element, panels);
  shown.push({ element, offer, say });
  return { element, clear: () => panels.draw?.clear(), stop: () => panels.camera?.stop(), say };
}

// One call of take at a time. Files wait their turn; a drawing or a frame takes the place of one
// that waits, and is made into a blob only when its turn has come.
function oneAtATime(take, many, say) {
  let waiting = [];
  let running = null;

  async function run() {
    while (waiting.length) {
      const next = waiting;
      waiting = [];
      try {
        const pictures = (await Promise.all(next.map(made))).filter(Boolean);
        if (pictures.length) await take(many ? pictures : pictures[0]);
      } catch (error) {
        say(error.message, true);
      }
    }
    running = null;
  }

  return (pictures) => {
    const passing = pictures[0].make ? pictures[0].source : null;
    waiting = many ? waiting.filter((one) => !one.make || one.source !== passing) : [];
    waiting.push(...pictures);
    running ??= run();
    return running;
  };
}

async function made(picture) {
  if (!picture.make) return picture;
  const one = await picture.make(); // null of a camera that was stopped
  return one && { ...one, source: picture.source };
}

function choosing(element, offer) {
  for (const input of element.querySelectorAll("input[type=file]")) {
    input.addEventListener("change", () => {
      const files = [...input.files];
      const folder = input.dataset.way === "folder";
      input.value = ""; // so that the same file can be chosen again
      offer(files.filter((file) => !folder || isPicture(file)).map((file) => asPicture(file, "file")));
    });
  }
}

function pasting(element, offer, say) {
  const button = element.querySelector("[data-way=paste]");
  if (!navigator.clipboard?.read) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      const pictures = [];
      for (const item of await navigator.clipboard.read()) {
        const type = item.types.find((one) => one.startsWith("image/"));
        if (type) pictures.push({ blob: await item.getType(type), name: pastedName(type), source: "paste" });
      }
      if (pictures.length) offer(pictures);
      else say("there is no picture in the clipboard: copy one first", true);
    } catch {
      say("the browser did not let the studio read the clipboard: press Ctrl V instead", true);
    }
  });
}

async function example(button, offer, say) {
  const answer = await fetch(button.dataset.example).catch(() => null);
  if (!answer?.ok) {
    const gone = "this example is not there any more: load the page again";
    say(answer ? gone : SILENT, true);
    return;
  }
  offer([{ blob: await answer.blob(), name: button.dataset.name, source: "example" }]);
}

function opening(element, panels) {
  const buttons = [...element.querySelectorAll("button[aria-controls]")];
  const set = (button, open) => {
    button.setAttribute("aria-expanded", String(open));
    document.getElementById(button.getAttribute("aria-controls")).hidden = !open;
    const panel = panels[button.dataset.way];
    if (open) panel?.open?.();
    else panel?.stop?.();
  };
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") !== "true";
      for (const other of buttons) if (other !== button) set(other, false);
      set(button, open);
    });
  }
}

// The page-wide ways: what is dropped or pasted anywhere goes to the first controls in sight.
const inSight = () => shown.find(({ element }) => element.isConnected && element.offsetParent !== null);
const holdsFiles = (event) => event.dataTransfer?.types.includes("Files") && inSight();
let inside = 0;

function highlight(on) {
  document.documentElement.classList.toggle("capture-over", on);
  for (const { element } of shown) element.querySelector(".capture-drop").classList.toggle("over", on);
}

document.addEventListener("dragenter", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  inside += 1;
  highlight(true);
});
document.addEventListener("dragover", (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = "copy";
});
document.addEventListener("dragleave", (event) => {
  if (!holdsFiles(event)) return;
  inside = Math.max(0, inside - 1);
  if (inside === 0) highlight(false);
});
document.addEventListener("drop", async (event) => {
  if (!holdsFiles(event)) return;
  event.preventDefault();
  inside = 0;
  highlight(false);
  const place = inSight();
  const files = await dropped(event.dataTransfer);
  place.offer(files.map((file) => asPicture(file, "file")));
  if (files.length === MOST_FILES) place.say(`the first ${MOST_FILES.toLocaleString("en")} pictures of these folders were taken`);
});
document.addEventListener("paste", (event) => {
  const place = inSight();
  const files = [...(event.clipboardData?.files ?? [])];
  if (!place || !files.length || event.target.closest?.(EDITED)) return;
  event.preventDefault();
  place.offer(files.map((file) => ({ blob: file, name: file.name || pastedName(file.type), source: "paste" })));
});

// Files that were dropped, those in folders too; the entries must be taken before anything waits.
async function dropped(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some((entry) => entry.isDirectory)) return [...transfer.files];
  const files = [];
  for (const entry of entries) await walk(entry, files);
  return files;
}

async function walk(entry, files) {
  if (files.length >= MOST_FILES) return;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    Object.defineProperty(file, "place", { value: entry.fullPath.replace(/^\//, "") });
    if (isPicture(file)) files.push(file);
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) return;
    for (const one of some) await walk(one, files);
  }
}

const isPicture = (file) => file.type.startsWith("image/") && !file.name.startsWith(".");
const asPicture = (file, source) => ({ blob: file, name: file.place || file.webkitRelativePath || file.name, source });
const pastedName = (type) => `pasted.${type.split("/")[1]?.replace(/\W.*/, "") || "png"}`;

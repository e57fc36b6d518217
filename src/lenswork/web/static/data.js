// A picture that is clicked opens in a frame over the page; arrows go to the one before or after.
const frame = document.getElementById("look");

let asked = ""; // the picture that is wanted now: answers to older questions come too late

const show = async (address) => {
  asked = address;
  const part = document.createElement("div");
  try {
    const answer = await fetch(address, { headers: { "hx-request": "true" } });
    part.innerHTML = await answer.text(); // the studio's own, in which every name is escaped
  } catch {
    location.assign(address); // the browser says that the studio does not answer
    return;
  }
  if (asked !== address) return;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "close quiet";
  close.textContent = "Close";
  close.addEventListener("click", () => frame.close());
  const held = frame.contains(document.activeElement) && document.activeElement.className;
  frame.replaceChildren(close, part);
  if (!frame.open) frame.showModal();
  const again = held && frame.querySelector(`.${held.split(" ").at(-1)}`);
  (again || close).focus();
};

frame.addEventListener("close", () => {
  asked = "";
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a.look");
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey || event.altKey);
  if (link && plain && event.button === 0) {
    event.preventDefault();
    show(link.href);
  } else if (event.target === frame) {
    frame.close(); // a click beside what is in it
  }
});

frame.addEventListener("keydown", (event) => {
  const way = { ArrowLeft: "a.before", ArrowRight: "a.after" }[event.key];
  const link = way && frame.querySelector(way);
  if (link) {
    event.preventDefault();
    show(link.href);
  }
});

// When an examination has ended, the pictures that it has found something in are marked.
const doctor = document.getElementById("doctor");
let examining = false;

const mark = async () => {
  const answer = await fetch(location.href);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [now, next] = [document, fresh].map((page) => page.querySelector(".shown"));
  const tiles = (part) => part.querySelectorAll(".tile").length;
  if (!now || !next || tiles(now) !== tiles(next)) return; // one has gone on to further pages
  now.replaceChildren(...next.childNodes);
  htmx.process(now);
};

doctor.addEventListener("htmx:afterSwap", () => {
  const before = examining;
  examining = doctor.querySelector("progress") !== null;
  if (before && !examining) mark();
});

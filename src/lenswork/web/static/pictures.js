// Where the keyboard goes on when pictures have come: at the heading of those behind a number, at
// the first of further ones.
let last = null; // of the pictures that were there

document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  last = target.matches("li.more") ? target.previousElementSibling : null;
});

document.addEventListener("htmx:afterSwap", ({ detail: { target } }) => {
  const opened = target.id === "behind" ? target.querySelector("h2") : null;
  const place = opened ?? last?.nextElementSibling?.querySelector("a, button");
  last = null;
  place?.focus({ preventScroll: true });
});

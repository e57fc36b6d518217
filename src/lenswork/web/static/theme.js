// Before the page is painted: the colour scheme that was chosen, or else the system's. A browser
// that keeps nothing for this page refuses its storage with an error.
let chosen = null;
try {
  chosen = localStorage.getItem("theme");
} catch {
  chosen = null;
}
if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;

addEventListener("click", (event) => {
  if (!event.target.closest?.(".theme")) return;
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const next = (root.dataset.theme ?? (dark ? "dark" : "light")) === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  dispatchEvent(new CustomEvent("themechange"));
  try {
    localStorage.setItem("theme", next);
  } catch {
    return; // it holds until the page is left
  }
});

// An element with data-refresh is asked for anew after so many seconds, while the page is looked at.
const asked = new WeakMap();

setInterval(() => {
  if (document.hidden) return;
  const now = performance.now();
  for (const element of document.querySelectorAll("[data-refresh]")) {
    if (!asked.has(element)) asked.set(element, now);
    if (now - asked.get(element) < 1000 * Number(element.dataset.refresh)) continue;
    asked.set(element, now);
    htmx.trigger(element, "refresh");
  }
}, 250);

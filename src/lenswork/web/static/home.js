// Which runs are selected: kept while the table is sorted, filtered, paged and refreshed.
const form = document.querySelector("#compare");
const chosen = new Set();

function boxes() {
  return [...document.querySelectorAll("#runs input[name=run]")];
}

function tell() {
  const button = form.querySelector("button");
  button.disabled = chosen.size < 2;
  button.classList.toggle("primary", chosen.size > 1);
  const words = ["Select two or more to compare", "1 selected: select another"];
  form.querySelector("#selected").textContent = words[chosen.size] ?? `${chosen.size} selected`;
}

if (form) {
  for (const box of boxes()) if (box.checked) chosen.add(box.value); // as the browser restored them
  for (const name of new URLSearchParams(location.search).getAll("select")) chosen.add(name);
  for (const box of boxes()) box.checked = chosen.has(box.value);
  tell();
  addEventListener("change", ({target}) => {
    if (target.name !== "run" || !target.closest("#runs")) return;
    if (target.checked) chosen.add(target.value);
    else chosen.delete(target.value);
    tell();
  });
  document.body.addEventListener("htmx:afterSwap", () => {
    for (const box of boxes()) box.checked = chosen.has(box.value);
  });
  form.addEventListener("submit", () => {
    for (const old of form.querySelectorAll("input[type=hidden]")) old.remove();
    const shown = new Set(boxes().map((box) => box.value));
    for (const name of chosen) {
      if (shown.has(name)) continue;
      const hidden = document.createElement("input");
      Object.assign(hidden, {type: "hidden", name: "run", value: name});
      form.append(hidden);
    }
  });
}

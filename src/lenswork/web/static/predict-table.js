// The table of many answers: which rows are wanted, in which order, and how they look.

const UNREADABLE = "no prediction";
const element = (id) => document.getElementById(`many-${id}`);
const number = (value) => value.toLocaleString("en");

export function drawTable(rows, view, classes, showOne) {
  drawChoices(rows, classes);
  const found = wanted(rows, view, classes);
  element("rows").replaceChildren(
    ...found.slice(0, view.shown).map((row) => (row.drawn ??= makeRow(row, showOne))),
  );
  const more = found.length - view.shown;
  element("more").hidden = more <= 0;
  element("more").textContent = `Show ${number(Math.min(view.step, more))} of ${number(more)} more`;
  for (const button of document.querySelectorAll("#many [data-sort]")) {
    const mine = button.dataset.sort === view.sort;
    const order = view.down ? "descending" : "ascending";
    button.parentElement.setAttribute("aria-sort", mine ? order : "none");
  }
}

// The classes that have been answered, with how often; the choice made before stays.
function drawChoices(rows, classes) {
  const counts = new Map();
  for (const row of rows) counts.set(row.said, (counts.get(row.said) ?? 0) + 1);
  const option = (value, text, count) =>
    Object.assign(document.createElement("option"), { value, textContent: `${text} (${number(count)})` });
  const options = [option("", "all", rows.length)];
  classes.forEach((name, place) => {
    if (counts.has(name)) options.push(option(String(place), name, counts.get(name)));
  });
  if (counts.has(null)) options.push(option("none", UNREADABLE, counts.get(null)));
  const select = element("class");
  const chosen = select.value;
  select.replaceChildren(...options);
  select.value = options.some((one) => one.value === chosen) ? chosen : "";
}

function wanted(rows, view, classes) {
  const chosen = element("class").value;
  const said = chosen === "none" ? null : classes[Number(chosen)];
  const text = element("name").value.toLowerCase();
  const found = rows.filter(
    (row) => (chosen === "" || row.said === said) && row.name.toLowerCase().includes(text),
  );
  if (view.sort === null) return found;
  const value = (row) => row[view.sort];
  const sign = view.down ? -1 : 1;
  const order = view.sort === "probability"
    ? (a, b) => sign * (value(a) - value(b))
    : (a, b) => sign * value(a).localeCompare(value(b), "en", { numeric: true });
  const known = found.filter((row) => value(row) !== null).sort(order);
  return [...known, ...found.filter((row) => value(row) === null)];
}

function makeRow(row, showOne) {
  const line = document.createElement("tr");
  const answer = row.said === null ? [row.error] : [row.said, likelihood(row.probability)];
  for (const content of [thumbnail(row, showOne), row.name, ...answer]) line.insertCell().append(content);
  if (row.said === null) {
    line.cells[2].colSpan = 2;
    line.cells[2].className = "wrong";
  }
  return line;
}

function thumbnail(row, showOne) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "predict-thumb";
  button.setAttribute("aria-label", `Show the answer for ${row.name} in full`);
  const image = document.createElement("img");
  Object.assign(image, { alt: "", loading: "lazy", decoding: "async", width: 56, height: 56 });
  image.addEventListener("error", () => {
    image.remove();
    button.classList.add("none");
  });
  image.src = row.address;
  button.append(image);
  button.addEventListener("click", async () => {
    await showOne({ blob: row.blob, name: row.name, source: "file" });
    const panel = document.getElementById("answer");
    panel.scrollIntoView({ block: "center" });
    panel.focus({ preventScroll: true });
  });
  return button;
}

function likelihood(probability) {
  const content = document.createDocumentFragment();
  const bar = document.createElement("progress");
  bar.max = 1;
  bar.value = probability;
  bar.setAttribute("aria-hidden", "true");
  content.append(bar, `${(100 * probability).toFixed(2)}%`);
  return content;
}

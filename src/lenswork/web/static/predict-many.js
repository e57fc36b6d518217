// Many pictures: sent in parts, one row each, sorted, filtered, and downloaded as CSV.

import { posted, tooLarge } from "./predict-post.js";
import { drawTable } from "./predict-table.js";

const PAGE = 200; // rows that are drawn at once
const FIELD_BYTES = 3; // of a letter of a name, at most
const element = (id) => document.getElementById(`many-${id}`);

export function manyAnswers(limits, showOne) {
  const rows = []; // {blob, name, address, said, probability, error, line}, in the order given
  const view = { sort: null, down: false, shown: PAGE, step: PAGE };
  let round = 0; // one more when the answers on their way are no longer wanted

  const draw = () => drawTable(rows, view, limits.classes, showOne);
  controls(view, draw);
  element("stop").addEventListener("click", () => (round += 1));
  element("csv").addEventListener("click", () => download(limits, rows));
  element("clear").addEventListener("click", () => {
    round += 1;
    for (const row of rows) URL.revokeObjectURL(row.address);
    rows.length = 0;
    document.getElementById("many").hidden = true;
    draw();
  });

  return async (pictures) => {
    const mine = ++round;
    const began = { at: performance.now(), rows: rows.length };
    const total = rows.length + pictures.length;
    document.getElementById("many").hidden = element("stop").hidden = false;
    tell(rows, total, began);
    document.getElementById("many").scrollIntoView({ block: "nearest" });
    for (const part of parts(pictures, limits)) {
      const answers = await answered(part, limits);
      if (element("clear").closest("[hidden]")) return;
      rows.push(...answers);
      tell(rows, total, began);
      draw();
      if (mine !== round) break;
    }
    element("stop").hidden = true;
    tell(rows, rows.length, began);
  };
}

function controls(view, draw) {
  const more = element("more");
  more.addEventListener("click", () => {
    view.shown += PAGE;
    draw();
  });
  for (const name of ["class", "name"]) {
    element(name).addEventListener("input", () => {
      view.shown = PAGE;
      draw();
    });
  }
  for (const button of document.querySelectorAll("#many [data-sort]")) {
    const column = button.dataset.sort;
    button.addEventListener("click", () => {
      view.down = view.sort === column ? !view.down : column === "probability";
      view.sort = column;
      draw();
    });
  }
}

// Pictures in parts of one request each: as many as the network is asked at once, and no more bytes
// than the studio takes. One that is too large by itself makes a part that is not sent.
function* parts(pictures, { bytes, extra, count }) {
  let part = [];
  let size = 0;
  for (const picture of pictures) {
    const more = picture.blob.size + extra + FIELD_BYTES * picture.name.length;
    if (part.length && (part.length === count || size + more > bytes)) {
      yield part;
      part = [];
      size = 0;
    }
    part.push(picture);
    size += more;
  }
  if (part.length) yield part;
}

async function answered(part, limits) {
  const row = ({ blob, name }, answer) => ({ blob, name, address: URL.createObjectURL(blob), ...answer });
  const unanswered = (error) => part.map((one) => row(one, { said: null, probability: null, error, line: null }));
  const problem = tooLarge(part[0].blob, limits);
  if (problem) return unanswered(`not sent: ${problem}`);
  const form = new FormData();
  for (const { blob, name } of part) form.append("picture", blob, name);
  try {
    const answers = await (await posted(`${limits.address}/many`, form)).json();
    return part.map((picture, place) => row(picture, answers[place]));
  } catch (error) {
    return unanswered(error.message);
  }
}

function tell(rows, total, began) {
  const failed = rows.filter((row) => row.said === null).length;
  const done = rows.length - began.rows;
  const left = done ? ((performance.now() - began.at) / done) * (total - rows.length) : 0; // milliseconds
  const words = [`${rows.length.toLocaleString("en")} of ${total.toLocaleString("en")} answered`];
  if (failed) words.push(`${failed.toLocaleString("en")} of them without a prediction`);
  if (left > 1500) words.push(`about ${Math.round(left / 1000)} s left`);
  element("said").textContent = words.join(", ");
  element("progress").max = Math.max(1, total);
  element("progress").value = rows.length;
  element("progress").classList.toggle("done", rows.length === total);
  element("csv").disabled = !rows.some((row) => row.line !== null);
}

function download(limits, rows) {
  const lines = rows.map((row) => row.line).filter((line) => line !== null);
  const text = [limits.header, ...lines].map((line) => `${line}\n`).join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = `${limits.run}-answers.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // when it has been saved
}

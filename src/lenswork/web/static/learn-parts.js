// What moves in a demonstration: frames, curves, and a filter on its way over a picture.

const PASS_SECONDS = 6; // that a filter takes for the whole picture

export function begin(root) {
  for (const mark of root.querySelectorAll("[data-frame]")) {
    const [row, column, height, width] = JSON.parse(mark.dataset.frame);
    frame(mark, { row, column, height, width }, JSON.parse(mark.dataset.of));
  }
  for (const element of root.querySelectorAll("[data-sweep]")) sweep(element, root);
  const plots = root.querySelectorAll("[data-curves]");
  if (plots.length) draw(plots, root);
}

async function draw(elements, root) {
  const { curves } = await import("./plots.js");
  const drawn = [...elements].map((element) => curves(element, JSON.parse(element.dataset.curves)));
  root.addEventListener("learn:gone", () => drawn.forEach((plot) => plot.destroy()));
}

// Lay a mark on rows and columns of a picture of [height, width].
function frame(mark, { row, column, height, width }, [rows, columns]) {
  mark.style.left = `${(100 * (column + width / 2)) / columns}%`;
  mark.style.top = `${(100 * (row + height / 2)) / rows}%`;
  mark.style.width = `${(100 * width) / columns}%`;
  mark.style.height = `${(100 * height) / rows}%`;
}

// The filter goes from place to place; the map is there as far as it has come.
async function sweep(element, root) {
  const { window: [high, wide], stride, corner, shape } = JSON.parse(element.dataset.sweep);
  const values = JSON.parse(element.querySelector("[data-values]").textContent);
  const way = element.querySelector("input[type=range]");
  const play = element.querySelector("[data-play]");
  const said = element.querySelector("output");
  const canvas = element.querySelector("canvas");
  const picture = JSON.parse(element.querySelector("[data-of]").dataset.of);
  const whole = new Image();
  whole.src = canvas.dataset.map;
  await whole.decode();
  const brush = canvas.getContext("2d");
  const [rows, columns] = shape;
  let last = null; // when the running filter began, less what it has passed
  let begun = false; // until then the whole map is there

  function show() {
    const place = Number(way.value);
    const [row, column] = [Math.floor(place / columns), place % columns];
    brush.clearRect(0, 0, columns, rows);
    if (!begun) brush.drawImage(whole, 0, 0);
    if (row > 0) brush.drawImage(whole, 0, 0, columns, row, 0, 0, columns, row);
    brush.drawImage(whole, 0, row, column + 1, 1, 0, row, column + 1, 1);
    const lies = { row: row * stride - corner[0], column: column * stride - corner[1], height: high, width: wide };
    frame(element.querySelector("[data-window]"), lies, picture);
    frame(element.querySelector("[data-point]"), { row, column, height: 1, width: 1 }, shape);
    const value = values[place];
    const words = `row ${row}, column ${column}${value === undefined ? "" : `: ${String(value).replace("-", "\u2212")}`}`;
    said.textContent = words;
    way.setAttribute("aria-valuetext", words);
  }

  function stop() {
    last = null;
    play.setAttribute("aria-pressed", "false");
    play.textContent = "Watch";
  }

  function step(now) {
    if (last === null || !element.isConnected) return;
    const place = Math.floor(((now - last) / 1000 / PASS_SECONDS) * rows * columns);
    way.value = place;
    show();
    if (place >= rows * columns - 1) stop();
    else requestAnimationFrame(step);
  }

  play.addEventListener("click", () => {
    if (last !== null) {
      stop();
      return;
    }
    const there = !begun || Number(way.value) >= rows * columns - 1 ? 0 : Number(way.value);
    begun = true;
    last = performance.now() - (there / (rows * columns)) * PASS_SECONDS * 1000;
    play.setAttribute("aria-pressed", "true");
    play.textContent = "Stop";
    requestAnimationFrame(step);
  });
  way.addEventListener("input", () => {
    stop();
    begun = true;
    show();
  });
  root.addEventListener("learn:gone", stop);
  show();
}

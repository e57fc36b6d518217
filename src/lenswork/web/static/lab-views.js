// The lab's pictures: painted, measured with ticks, framed, and followed by pointer and keyboard.

const TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 250, 500];
const ROOM = 46; // screen pixels from one tick to the next
const LENS = 17; // pixels across a lens

export async function load(address) {
  const image = new Image();
  image.src = address;
  await image.decode();
  return image;
}

// A decoded grey picture as {height, width, pixels}.
export function greyOf(image) {
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth;
  canvas.height = image.naturalHeight;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  brush.drawImage(image, 0, 0);
  const { data } = brush.getImageData(0, 0, canvas.width, canvas.height);
  const pixels = new Uint8Array(canvas.width * canvas.height);
  for (let at = 0; at < pixels.length; at++) pixels[at] = data[4 * at];
  return { height: canvas.height, width: canvas.width, pixels };
}

export function paint(figure, image, words) {
  const canvas = figure.querySelector("canvas");
  if (canvas.width !== image.naturalWidth) canvas.width = image.naturalWidth;
  if (canvas.height !== image.naturalHeight) canvas.height = image.naturalHeight;
  canvas.getContext("2d").drawImage(image, 0, 0);
  figure.querySelector("[data-words]").textContent = words;
  figure.querySelector(".lab-view").classList.toggle("crisp", image.naturalWidth <= 160);
  ticks(figure.querySelector(".lab-across"), image.naturalWidth, "left");
  ticks(figure.querySelector(".lab-down"), image.naturalHeight, "top");
}

// Numbers at even distances with room between them, the last one the picture's size.
function ticks(element, count, side) {
  const room = ROOM / (side === "left" ? element.clientWidth : element.clientHeight || element.clientWidth); // of the whole
  const step = TICKS.find((one) => one / count >= room) ?? 1000;
  const places = [];
  for (let at = 0; at < count * (1 - room); at += step) places.push(at);
  places.push(count);
  element.replaceChildren(...places.map((at) => {
    const tick = document.createElement("span");
    tick.textContent = at;
    tick.style[side] = `${(100 * at) / count}%`;
    return tick;
  }));
}

// A frame around rows and columns of a view, {top, left, height, width} in its pixels.
export function frame(figure, box) {
  const canvas = figure.querySelector("canvas");
  const element = figure.querySelector(".lab-frame");
  element.hidden = box === null;
  if (!box) return;
  element.style.left = `${(100 * (box.left + box.width / 2)) / canvas.width}%`;
  element.style.top = `${(100 * (box.top + box.height / 2)) / canvas.height}%`;
  element.style.width = `${(100 * box.width) / canvas.width}%`;
  element.style.height = `${(100 * box.height) / canvas.height}%`;
}

// The pixels around a box of a view, enlarged, with the box framed.
export function lens(figure, view, box) {
  const source = view.querySelector("canvas");
  const target = figure.querySelector("canvas");
  const brush = target.getContext("2d");
  const across = Math.max(LENS, box.width + 8, box.height + 8);
  target.width = target.height = across;
  const left = Math.round(box.left + box.width / 2 - across / 2);
  const top = Math.round(box.top + box.height / 2 - across / 2);
  brush.imageSmoothingEnabled = false;
  brush.drawImage(source, -left, -top);
  const element = figure.querySelector(".lab-frame");
  element.style.left = `${(100 * (box.left - left)) / across}%`;
  element.style.top = `${(100 * (box.top - top)) / across}%`;
  element.style.width = `${(100 * box.width) / across}%`;
  element.style.height = `${(100 * box.height) / across}%`;
}

// Tell `move` the pixel of the view under a pointer that is down.
export function follow(figure, move) {
  const view = figure.querySelector(".lab-view");
  const canvas = figure.querySelector("canvas");
  const tell = (event) => {
    const box = canvas.getBoundingClientRect();
    move(
      Math.floor(((event.clientY - box.top) / box.height) * canvas.height),
      Math.floor(((event.clientX - box.left) / box.width) * canvas.width),
    );
  };
  view.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    view.setPointerCapture(event.pointerId);
    tell(event);
  });
  view.addEventListener("pointermove", (event) => {
    if (view.hasPointerCapture(event.pointerId)) tell(event);
  });
}

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

// Tell `step` the rows and columns that an arrow key moves by.
export function arrows(view, step) {
  view.addEventListener("keydown", (event) => {
    const by = ARROWS[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    const many = event.shiftKey ? 10 : 1;
    step(by[0] * many, by[1] * many);
  });
}

// A sheet to draw on, with the paper and ink of the pictures that the network was trained on.

import { bytesOf } from "./bytes.js";

const INK = { dark: "#ffffff", light: "#111111" };
const PAPER = { dark: "#000000", light: "#ffffff" };

/** Calls `changed(canvas)` after each piece of a stroke; returns {clear()}. */
export function drawing(canvas, ground, changed) {
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  let last = null;

  function clear() {
    pen.fillStyle = PAPER[ground];
    pen.fillRect(0, 0, canvas.width, canvas.height);
  }

  function at(event) {
    const box = canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * canvas.width,
      ((event.clientY - box.top) / box.height) * canvas.height,
    ];
  }

  function stroke(event) {
    if (!last) return;
    const next = at(event);
    pen.strokeStyle = INK[ground];
    pen.lineWidth = canvas.width / 13; // about two pixels of a 28x28 digit
    pen.lineCap = "round";
    pen.beginPath();
    pen.moveTo(...last);
    pen.lineTo(...next);
    pen.stroke();
    last = next;
    changed(canvas);
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = at(event);
    stroke(event);
  });
  canvas.addEventListener("pointermove", stroke);
  for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (last = null));
  clear();
  return { clear };
}

/** "dark" where most golden pictures have dark borders, as digits on black have. */
export function groundOf(pictures) {
  let sum = 0;
  let count = 0;
  for (const { shape, pixels } of pictures) {
    const [height, width, channels] = shape;
    const bytes = bytesOf(pixels);
    for (let x = 0; x < width; x++) {
      for (const y of [0, height - 1]) {
        sum += bytes[(y * width + x) * channels];
        count += 1;
      }
    }
  }
  return sum / count < 128 ? "dark" : "light";
}

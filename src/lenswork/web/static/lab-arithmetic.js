// What the lab computes under one window, in the library's own order, so that the sums are the same
// to the last bit: products row by row, numbers that are 0 left out, then the weight.

// A picture is {height, width, pixels}, pixels from 0 to 255, row by row.
export function pixelAt(picture, padding, row, column) {
  const y = inside(row, picture.height, padding);
  const x = inside(column, picture.width, padding);
  return y < 0 || x < 0 ? 0 : picture.pixels[y * picture.width + x];
}

// The row or column that padding puts in this place; -1 for a zero.
function inside(at, count, padding) {
  if (at >= 0 && at < count) return at;
  if (padding === "edge") return Math.min(Math.max(at, 0), count - 1);
  if (padding !== "reflect") return -1;
  if (count === 1) return 0;
  const period = 2 * (count - 1);
  const turned = ((at % period) + period) % period;
  return turned < count ? turned : period - turned;
}

// Where the window of a place of the filtered picture begins, (row, column).
export function corner(lab, row, column) {
  return [row * lab.stride - lab.before, column * lab.stride - lab.before];
}

// Pixels, numbers, products, their sum, and the sum times the weight.
export function windowAt(picture, lab, row, column) {
  const [top, left] = corner(lab, row, column);
  const cells = [];
  let sum = 0;
  lab.rows.forEach((numbers, y) => {
    numbers.forEach((number, x) => {
      const pixel = pixelAt(picture, lab.padding, top + y, left + x);
      if (number !== 0) sum += number * pixel;
      cells.push({ pixel, number, product: number * pixel });
    });
  });
  return { cells, sum, value: sum * lab.weight };
}

// The value as pooling takes it: cut off where the lab says so.
export function taken(lab, value) {
  return lab.clip ? Math.min(Math.max(value, 0), 255) : value;
}

// The value as a pixel: black and white are the ends of the scale, halves go to the even number.
export function shown(lab, value) {
  const [low, high] = lab.scale;
  const stretched = low === 0 && high === 255 ? value : (value - low) * (255 / (high - low));
  const cut = Math.min(Math.max(stretched, 0), 255);
  const down = Math.floor(cut);
  if (cut - down !== 0.5) return Math.round(cut);
  return down % 2 === 0 ? down : down + 1;
}

// The pooling window that a place of the filtered picture lies in: its place, its values and what
// is kept; null for what fills no whole window.
export function pooledAt(picture, lab, row, column) {
  const [height, width] = lab.sides.pooled;
  const place = [Math.floor(row / lab.pool), Math.floor(column / lab.pool)];
  if (place[0] >= height || place[1] >= width) return null;
  const values = [];
  for (let y = 0; y < lab.pool; y++) {
    for (let x = 0; x < lab.pool; x++) {
      const at = windowAt(picture, lab, place[0] * lab.pool + y, place[1] * lab.pool + x);
      values.push(taken(lab, at.value));
    }
  }
  const kept = lab.method === "max" ? Math.max(...values) : values.reduce((a, b) => a + b, 0) / values.length;
  return { place, values, kept };
}

const WRITTEN = new Intl.NumberFormat("en", { maximumSignificantDigits: 5, useGrouping: false });

// A number for a reader, with a minus sign as wide as a plus.
export const written = (value) => WRITTEN.format(value + 0).replace("-", "\u2212").replace(/^\u22120$/, "0");

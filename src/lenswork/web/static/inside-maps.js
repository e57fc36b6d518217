// One layer's maps on one canvas, as tiles; the numbers' places in it, and marks over them.

import { mapSize } from "./inside-read.js";

const TILE = 60; // css pixels that a map should have; small ones grow by whole numbers
const LARGE = 100; // css pixels: larger maps are shown smaller
const GAP = 4;
const CELLS = [[128, 14], [512, 10], [Infinity, 6]]; // units of a vector: up to so many, css pixels
const DEAD = [0xff4b4b4b, 0xff5d5d5d]; // stripes of two greys: no colour of the scale

// Colours as the canvas has them in memory, 0xAABBGGRR.
export function colourTable(text) {
  return Uint32Array.from({ length: text.length / 6 }, (_, index) => {
    const [red, green, blue] = [0, 2, 4].map((at) => parseInt(text.slice(6 * index + at, 6 * index + at + 2), 16));
    return ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  });
}

export function layerView(element, layer, table) {
  const sheet = element.querySelector(".inside-sheet");
  const maps = element.querySelector(".inside-maps");
  const marks = element.querySelector(".inside-marks");
  const words = element.querySelector(".inside-words");
  const brush = maps.getContext("2d", { willReadFrequently: true }); // kept by the processor, which makes every pixel
  const size = mapSize(layer);
  const vector = layer.shape.length === 1;
  const shade = new Uint32Array(table.length);
  let count = layer.first;
  let data = null;
  let grid = null;
  let marked = false;

  function layout() {
    grid = { ...tiles(size, vector, count), css: 1 };
    if (!vector && Math.max(...size) > LARGE) grid.css = LARGE / Math.max(...size);
    grid.gap = Math.round(grid.gap / grid.css);
    const room = Math.max(1, Math.floor((sheet.clientWidth / grid.css + grid.gap) / (grid.wide + grid.gap)));
    grid.columns = Math.min(count, room);
    const rows = Math.ceil(count / grid.columns);
    maps.width = grid.columns * (grid.wide + grid.gap) - grid.gap;
    maps.height = rows * (grid.high + grid.gap) - grid.gap;
    for (const canvas of [maps, marks]) {
      canvas.style.width = `${maps.width * grid.css}px`;
      canvas.style.height = `${maps.height * grid.css}px`;
    }
    maps.classList.toggle("crisp", grid.css === 1);
    grid.image = brush.createImageData(maps.width, maps.height);
    grid.pixels = new Uint32Array(grid.image.data.buffer);
  }

  function set(next) {
    data = next;
    data.silent = new Set(next.dead);
    words.textContent = next.words;
    if (next.count !== count) {
      count = next.count;
      layout();
    }
  }

  function paint(together) {
    if (!data) return;
    const one = vector ? shades(0, together) : null;
    for (let channel = 0; channel < count; channel += 1) {
      const start = corner(channel).y * maps.width + corner(channel).x;
      if (!vector && data.silent.has(channel)) hatch(start);
      else tile(channel, start, one ?? shades(channel, together));
    }
    brush.putImageData(grid.image, 0, 0);
  }

  // The colour of each of the 256 steps: between a map's own ends or, together, the layer's.
  function shades(channel, together) {
    if (!together) return table;
    const { low, high, least, greatest } = data;
    const length = greatest - least || 1;
    const last = table.length - 1;
    for (let step = 0; step <= last; step += 1) {
      const value = low[channel] + ((high[channel] - low[channel]) * step) / last;
      shade[step] = table[Math.max(0, Math.min(last, Math.round((last * (value - least)) / length)))];
    }
    return shade;
  }

  function tile(channel, start, colours) {
    const [height, width] = size;
    const { grow, pixels, wide } = grid;
    const line = maps.width;
    let from = channel * height * width;
    for (let row = 0; row < height; row += 1) {
      const first = start + row * grow * line;
      let to = first;
      for (let column = 0; column < width; column += 1) {
        const colour = colours[data.levels[from]];
        from += 1;
        for (let more = 0; more < grow; more += 1) {
          pixels[to] = colour;
          to += 1;
        }
      }
      for (let more = 1; more < grow; more += 1) pixels.copyWithin(first + more * line, first, first + wide);
    }
  }

  function hatch(start) {
    for (let y = 0; y < grid.high; y += 1) {
      const line = start + y * maps.width;
      for (let x = 0; x < grid.wide; x += 1) grid.pixels[line + x] = DEAD[((x + y) >> 3) & 1];
    }
  }

  // Where a channel's tile begins, in canvas pixels.
  function corner(channel) {
    return {
      x: (channel % grid.columns) * (grid.wide + grid.gap),
      y: Math.floor(channel / grid.columns) * (grid.high + grid.gap),
    };
  }

  function at(event) {
    const box = maps.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * maps.width;
    const y = ((event.clientY - box.top) / box.height) * maps.height;
    const column = Math.floor(x / (grid.wide + grid.gap));
    const channel = Math.floor(y / (grid.high + grid.gap)) * grid.columns + column;
    if (x < 0 || y < 0 || column >= grid.columns || channel >= count) return null;
    const tileAt = corner(channel);
    if (x - tileAt.x >= grid.wide || y - tileAt.y >= grid.high) return null;
    return {
      channel,
      row: Math.floor((y - tileAt.y) / grid.grow),
      column: Math.floor((x - tileAt.x) / grid.grow),
    };
  }

  // Boxes in places of the map, of one channel or, with channel null, of all.
  function mark(boxes) {
    if (!boxes.length && !marked) return;
    marked = boxes.length > 0;
    const pen = clean(marks);
    for (const box of boxes) {
      const channels = box.channel === null ? Array.from({ length: count }, (_, index) => index) : [box.channel];
      for (const channel of channels) {
        if (channel >= count) continue;
        const { x, y } = corner(channel);
        const unit = grid.grow * grid.css;
        outline(pen, x * grid.css + box.left * unit, y * grid.css + box.top * unit, box.width * unit, box.height * unit);
      }
    }
  }

  return {
    element, maps, marks, layout, set, paint, at, mark, size, vector,
    get count() { return count; },
    get columns() { return grid.columns; },
    get data() { return data; },
  };
}

function tiles([height, width], vector, count) {
  if (vector) {
    const cell = CELLS.find(([most]) => count <= most)[1];
    return { grow: cell, high: cell, wide: cell, gap: cell > 8 ? 1 : 0 };
  }
  const grow = Math.max(1, Math.round(TILE / Math.max(height, width)));
  return { grow, high: height * grow, wide: width * grow, gap: GAP };
}

// A canvas of marks, emptied and as fine as the screen.
export function clean(canvas) {
  const fine = devicePixelRatio || 1;
  const [width, height] = [Math.round(canvas.clientWidth * fine), Math.round(canvas.clientHeight * fine)];
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const pen = canvas.getContext("2d");
  pen.setTransform(fine, 0, 0, fine, 0, 0);
  pen.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
  return pen;
}

// White in black: seen on every colour of the scale.
export function outline(pen, x, y, width, height) {
  for (const [colour, line] of [["#000", 3.5], ["#fff", 1.5]]) {
    pen.strokeStyle = colour;
    pen.lineWidth = line;
    pen.strokeRect(x, y, Math.max(width, 2), Math.max(height, 2));
  }
}

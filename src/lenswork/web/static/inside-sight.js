// What a number sees: the boxes to mark in the layer before it and in the picture.

import { mapSize } from "./inside-read.js";

// Boxes in the layer before (the picture for the first), [] where a number sees all of it.
export function seenBefore(net, at) {
  const layer = net.layers[at.layer];
  const before = at.layer ? net.layers[at.layer - 1] : { shape: net.input };
  if (before.shape.length === 1) return layer.kind === "dense" ? [] : [box(at.channel, 0, 0, 1, 1)];
  if (layer.kind === "flatten") {
    const place = unflattened(before.shape, at.channel);
    return [box(place.channel, place.row, place.column, 1, 1)];
  }
  if (layer.shape.length === 1) return [];
  const window = layer.window;
  if (!window) return [box(at.channel, at.row, at.column, 1, 1)];
  const [height, width] = mapSize(before);
  const top = at.row * window.stride - window.top;
  const left = at.column * window.stride - window.left;
  const [first, start] = [Math.max(0, top), Math.max(0, left)];
  const high = Math.min(height, top + window.height) - first;
  const wide = Math.min(width, left + window.width) - start;
  if (high <= 0 || wide <= 0) return [];
  return [box(window.each ? Math.floor(at.channel / window.times) : null, first, start, high, wide)];
}

// The box of the picture that a number sees; null for one that sees nothing but padding.
export function seenInPicture(net, at) {
  let { layer, channel, row, column } = at;
  for (; layer >= 0; layer -= 1) {
    const { kind, shape, rows, columns } = net.layers[layer];
    if (shape.length === 3) return between(rows[row], columns[column]);
    if (rows) return between(rows[0], columns[0]); // each unit mixes all places
    if (kind === "flatten") ({ row, column, channel } = unflattened(layer ? net.layers[layer - 1].shape : net.input, channel));
  }
  return box(0, row, column, 1, 1);
}

function between([top, bottom], [left, right]) {
  return bottom > top && right > left ? box(0, top, left, bottom - top, right - left) : null;
}

// A flattened map is row by row, the channels of a place together.
function unflattened([, width, channels], unit) {
  const place = Math.floor(unit / channels);
  return { row: Math.floor(place / width), column: place % width, channel: unit % channels };
}

const box = (channel, top, left, height, width) => ({ channel, top, left, height, width });

// The one answer that has all maps of a picture: the length of a JSON text in four bytes, the text,
// then the picture's bytes and each layer's, channel by channel (web/inside_bytes.py).

import { SILENT } from "./silent.js";

export async function read(answer, net) {
  const buffer = await answer.arrayBuffer();
  const length = new DataView(buffer).getUint32(0, true);
  const said = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  let at = 4 + length;
  const take = (count) => {
    const bytes = new Uint8Array(buffer, at, count);
    at += count;
    return bytes;
  };
  said.pixels = take(net.input.reduce((product, side) => product * side, 1));
  said.layers.forEach((layer, number) => {
    const [height, width] = mapSize(net.layers[number]);
    layer.levels = take(layer.count * height * width);
  });
  return said;
}

// A unit of a vector is a map of one number.
export const mapSize = (layer) => (layer.shape.length === 3 ? layer.shape.slice(0, 2) : [1, 1]);

// The studio's answer, or an error that says its sentence.
export async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { ...options, headers: { "HX-Request": "true" } });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(SILENT);
  }
  if (answer.ok) return answer;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const failure = new Error(page.body.textContent.trim());
  failure.status = answer.status;
  throw failure;
}

// From a picture to the bytes that the network was trained on: white under what is transparent,
// upright, in the contract's colours and size.

import { reducedJpeg } from "./jpeg.js";
import { resized } from "./resize.js";

/** The pixels of a picture file or of anything that a canvas can draw; upright, on white. */
export async function pixelsOf(source) {
  const options = { imageOrientation: "from-image", premultiplyAlpha: "none", colorSpaceConversion: "none" };
  const drawn = source instanceof Blob ? await createImageBitmap(source, options) : source;
  const width = drawn.videoWidth || drawn.width;
  const height = drawn.videoHeight || drawn.height;
  const canvas = document.createElement("canvas");
  canvas.width = width;
  canvas.height = height;
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  if (!pen || !width || !height) throw new Error("the picture has no pixels, or too many");
  pen.fillStyle = "white";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(drawn, 0, 0);
  if (drawn !== source) drawn.close();
  return { width, height, channels: 4, data: pen.getImageData(0, 0, width, height).data };
}

/**
 * A file twice: `shown` as a browser has it, and `seen` as the network wants it before `prepared`,
 * which is a JPEG decoded at a reduced size where that was done in training. `isRare` is true of one
 * that can only be decoded whole here.
 */
export async function pictureIn(file, { reduced, width, height }) {
  const shown = await pixelsOf(file);
  if (!reduced) return { shown, seen: shown, isRare: false };
  try {
    const bytes = new Uint8Array(await file.arrayBuffer());
    return { shown, seen: reducedJpeg(bytes, 2 * width, 2 * height) ?? shown, isRare: false };
  } catch {
    return { shown, seen: shown, isRare: true };
  }
}

/** A picture of 1, 3 or 4 channels as the network sees it. */
export function prepared(picture, { width, height, colours, resize, columnsMayBeFirst }) {
  const coloured = colours === "grey" ? grey(picture) : redGreenBlue(picture);
  return resized(coloured, width, height, resize, columnsMayBeFirst);
}

/** ITU-R 601-2 luma in 16 fractional bits, as Pillow has it. */
function grey(picture) {
  if (picture.channels === 1) return picture;
  return each(picture, 1, (data, from, made, to) => {
    made[to] = (data[from] * 19595 + data[from + 1] * 38470 + data[from + 2] * 7471 + 0x8000) >> 16;
  });
}

function redGreenBlue(picture) {
  if (picture.channels === 3) return picture;
  const next = picture.channels === 1 ? 0 : 1; // the one channel of a grey picture is all three
  return each(picture, 3, (data, from, made, to) => {
    for (let channel = 0; channel < 3; channel++) made[to + channel] = data[from + channel * next];
  });
}

function each(picture, channels, write) {
  const { width, height, data } = picture;
  const made = new Uint8ClampedArray(width * height * channels);
  for (let place = 0; place < width * height; place++) {
    write(data, place * picture.channels, made, place * channels);
  }
  return { width, height, channels, data: made };
}

/** A picture on a canvas, pixel for pixel. */
export function paint(canvas, picture) {
  canvas.width = picture.width;
  canvas.height = picture.height;
  const image = new ImageData(picture.width, picture.height);
  const step = picture.channels < 3 ? 0 : 1;
  for (let place = 0; place < picture.width * picture.height; place++) {
    for (let channel = 0; channel < 3; channel++) {
      image.data[place * 4 + channel] = picture.data[place * picture.channels + channel * step];
    }
    image.data[place * 4 + 3] = 255;
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
}

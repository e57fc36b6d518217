// Pillow's resampling of 8-bit pictures, in the same order and the same arithmetic: weights of 22
// fractional bits, along the rows and along the columns, rounded to 8 bits in between (Pillow,
// Resample.c; "nearest": Geometry.c). A picture is {width, height, channels, data}.

const BITS = 22;

const sinc = (x) => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

const FILTERS = {
  box: { support: 0.5, weigh: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  bilinear: { support: 1, weigh: (x) => (Math.abs(x) < 1 ? 1 - Math.abs(x) : 0) },
  bicubic: { support: 2, weigh: cubic },
  lanczos: { support: 3, weigh: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
};

function cubic(signed) {
  const a = -0.5;
  const x = Math.abs(signed);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/**
 * Rows come first; with `columnsMayBeFirst`, as in Pillow 13, columns do where a picture loses more
 * than twice as many rows as columns.
 */
export function resized(picture, width, height, method, columnsMayBeFirst) {
  if (picture.width === width && picture.height === height) return picture;
  if (method === "nearest") return nearest(picture, width, height);
  const rowsLost = picture.height - height;
  const columnsFirst = columnsMayBeFirst && rowsLost > 0 && rowsLost > 2 * (picture.width - width);
  const steps = columnsFirst ? [false, true] : [true, false];
  return steps.reduce((made, across) => along(made, across ? width : height, method, across), picture);
}

/** For each place of a side of `to` pixels: the first of the `from` pixels it is made of, and their weights. */
function windows(from, to, method) {
  const { support, weigh } = FILTERS[method];
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = support * stretch;
  return Array.from({ length: to }, (_, place) => {
    const centre = (place + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    const weights = [];
    let sum = 0;
    for (let x = 0; x < end - first; x++) {
      const weight = weigh((x + first - centre + 0.5) * (1 / stretch));
      weights.push(weight);
      sum += weight;
    }
    return { first, weights: Int32Array.from(weights, (weight) => fixed(sum ? weight / sum : weight)) };
  });
}

function fixed(weight) {
  return Math.trunc((weight < 0 ? -0.5 : 0.5) + weight * (1 << BITS));
}

function along(picture, size, method, across) {
  if (size === (across ? picture.width : picture.height)) return picture;
  const { channels, data } = picture;
  const width = across ? size : picture.width;
  const height = across ? picture.height : size;
  const made = new Uint8ClampedArray(width * height * channels);
  const step = across ? channels : picture.width * channels; // between pixels that are weighed together
  const table = windows(across ? picture.width : picture.height, size, method);
  let target = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const { first, weights } = table[across ? x : y];
      const start = across ? (y * picture.width + first) * channels : (first * width + x) * channels;
      for (let channel = 0; channel < channels; channel++) {
        let sum = 1 << (BITS - 1);
        let source = start + channel;
        for (let k = 0; k < weights.length; k++, source += step) sum += data[source] * weights[k];
        made[target++] = sum >> BITS; // an array of this kind clamps to 0 and 255
      }
    }
  }
  return { width, height, channels, data: made };
}

function nearest(picture, width, height) {
  const { channels, data } = picture;
  const columns = places(picture.width, width);
  const rows = places(picture.height, height);
  const made = new Uint8ClampedArray(width * height * channels);
  let target = 0;
  for (const row of rows) {
    for (const column of columns) {
      const source = (row * picture.width + column) * channels;
      for (let channel = 0; channel < channels; channel++) made[target++] = data[source + channel];
    }
  }
  return { width, height, channels, data: made };
}

/** Summed up step by step, as Pillow does: its rounding is part of the answer. */
function places(from, to) {
  const scale = from / to;
  const found = [];
  for (let k = 0, at = scale * 0.5; k < to; k++, at += scale) found.push(Math.min(from - 1, Math.trunc(at)));
  return found;
}

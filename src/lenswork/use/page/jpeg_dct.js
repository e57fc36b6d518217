// Blocks of 8x8 JPEG coefficients as 8x8, 4x4 or 2x2 pixels or as one, in the integer arithmetic of
// libjpeg, with which Pillow decodes: the inverse cosine transform of Loeffler, Ligtenberg and
// Moschytz (1989) in two passes, and for fewer pixels the same with its high frequencies left out.

const FRACTION = 13; // bits of the constants
const KEPT_BITS = 2; // of fraction between the passes
const MIDDLE = 128;
const root = (x) => Math.round(x * 2 ** FRACTION);

const EVEN = { a: root(0.541196100), b: root(1.847759065), c: root(0.765366865) };
const ODD = {
  all: root(1.175875602),
  far: root(0.899976223), near: root(2.562915447), left: root(1.961570560), right: root(0.390180644),
  seventh: root(0.298631336), fifth: root(2.053119869), third: root(3.072711026), first: root(1.501321110),
};
const FOUR = {
  inner: [root(1.061594337), root(2.172734803), root(1.451774981), root(0.211164243)],
  outer: [root(2.562915447), root(0.899976223), root(0.601344887), root(0.509795579)],
};
const TWO = [root(3.624509785), root(1.272758580), root(0.850430095), root(0.720959822)];

// Each of these puts the pixels of a line in the place of its eight coefficients, and rounds off so
// many bits.

function eightPixels(line, bits) {
  const half = 1 << (bits - 1);
  const turned = (line[2] + line[6]) * EVEN.a;
  const low = turned - line[6] * EVEN.b;
  const high = turned + line[2] * EVEN.c;
  const sum = (line[0] + line[4]) * 2 ** FRACTION;
  const apart = (line[0] - line[4]) * 2 ** FRACTION;
  const a = sum + high;
  const b = apart + low;
  const c = apart - low;
  const d = sum - high;
  const all = (line[1] + line[3] + line[5] + line[7]) * ODD.all;
  const far = -(line[7] + line[1]) * ODD.far;
  const near = -(line[5] + line[3]) * ODD.near;
  const left = all - (line[7] + line[3]) * ODD.left;
  const right = all - (line[5] + line[1]) * ODD.right;
  const third = line[7] * ODD.seventh + far + left;
  const second = line[5] * ODD.fifth + near + right;
  const first = line[3] * ODD.third + near + left;
  const none = line[1] * ODD.first + far + right;
  line[0] = (a + none + half) >> bits;
  line[7] = (a - none + half) >> bits;
  line[1] = (b + first + half) >> bits;
  line[6] = (b - first + half) >> bits;
  line[2] = (c + second + half) >> bits;
  line[5] = (c - second + half) >> bits;
  line[3] = (d + third + half) >> bits;
  line[4] = (d - third + half) >> bits;
}

function fourPixels(line, bits) {
  const half = 1 << (bits - 1);
  const sum = line[0] * 2 ** (FRACTION + 1);
  const high = line[2] * EVEN.b - line[6] * EVEN.c;
  const inner =
    line[1] * FOUR.inner[0] - line[3] * FOUR.inner[1] + line[5] * FOUR.inner[2] - line[7] * FOUR.inner[3];
  const outer =
    line[1] * FOUR.outer[0] + line[3] * FOUR.outer[1] - line[5] * FOUR.outer[2] - line[7] * FOUR.outer[3];
  line[0] = (sum + high + outer + half) >> bits;
  line[3] = (sum + high - outer + half) >> bits;
  line[1] = (sum - high + inner + half) >> bits;
  line[2] = (sum - high - inner + half) >> bits;
}

function twoPixels(line, bits) {
  const half = 1 << (bits - 1);
  const sum = line[0] * 2 ** (FRACTION + 2);
  const odd = line[1] * TWO[0] - line[3] * TWO[1] + line[5] * TWO[2] - line[7] * TWO[3];
  line[0] = (sum + odd + half) >> bits;
  line[1] = (sum - odd + half) >> bits;
}

const PASSES = {
  8: { pass: eightPixels, more: 0, columns: [0, 1, 2, 3, 4, 5, 6, 7] },
  4: { pass: fourPixels, more: 1, columns: [0, 1, 2, 3, 5, 6, 7] },
  2: { pass: twoPixels, more: 2, columns: [0, 1, 3, 5, 7] },
};

const cosineLine = new Float64Array(8);
const cosineRows = new Float64Array(64);

/**
 * Puts the `size` x `size` pixels of a block into `plane` from `start` on, whose rows are `stride`
 * apart. Its 64 coefficients begin at `at`, row by row; `table` is what each is multiplied by.
 */
export function blockPixels(coefficients, at, table, size, plane, start, stride) {
  if (size === 1) {
    plane[start] = ((coefficients[at] * table[0] + 4) >> 3) + MIDDLE; // clamped by the array
    return;
  }
  const { pass, more, columns } = PASSES[size];
  for (const column of columns) {
    for (let row = 0; row < 8; row++) {
      cosineLine[row] = coefficients[at + row * 8 + column] * table[row * 8 + column];
    }
    pass(cosineLine, FRACTION - KEPT_BITS + more);
    for (let row = 0; row < size; row++) cosineRows[row * 8 + column] = cosineLine[row];
  }
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < 8; column++) cosineLine[column] = cosineRows[row * 8 + column];
    pass(cosineLine, FRACTION + KEPT_BITS + 3 + more);
    for (let column = 0; column < size; column++) {
      plane[start + row * stride + column] = cosineLine[column] + MIDDLE;
    }
  }
}

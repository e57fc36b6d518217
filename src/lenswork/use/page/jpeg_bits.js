// The numbers in a JPEG's scans: Huffman codes, and coefficients as baseline and progressive files
// keep them (ITU-T T.81, annexes F and G).

/** The place in a block, row by row, of the coefficients as they are kept (T.81, figure A.6). */
export const ZIGZAG = Uint8Array.of(
  0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7,
  14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39,
  46, 53, 60, 61, 54, 47, 55, 62, 63,
);

/** Bits of a scan, the first one first; throws where a marker or the end of the file comes. */
export class ScanBits {
  constructor(bytes, place) {
    this.bytes = bytes;
    this.place = place;
    this.forget();
  }

  /** Goes on at the next whole byte, with no end of band: so a scan and each restart begins. */
  forget() {
    this.byte = 0;
    this.left = 0;
    this.blocksWithout = 0; // blocks that end at once: T.81's EOBRUN
  }

  bit() {
    if (this.left === 0) {
      this.byte = this.bytes[this.place++];
      if (this.byte === undefined) throw new Error("it ends too early");
      if (this.byte === 0xff && this.bytes[this.place++] !== 0) throw new Error("a marker in its pixels");
      this.left = 8;
    }
    this.left -= 1;
    return (this.byte >> this.left) & 1;
  }

  number(count) {
    let value = 0;
    for (let left = count; left > 0; left--) value = (value << 1) | this.bit();
    return value;
  }

  /** A number of so many bits of which half stand for those below zero (T.81, F.12). */
  signed(count) {
    if (count === 0) return 0;
    const value = this.number(count);
    return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
  }

  /** What a Huffman code stands for; of each length, codes count up from twice those before. */
  symbol({ counts, symbols }) {
    let code = 0;
    let first = 0;
    let before = 0;
    for (let length = 0; length < 16; length++) {
      code |= this.bit();
      const count = counts[length];
      if (code - first < count) return symbols[before + code - first];
      before += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Error("a code that stands for nothing");
  }
}

/** All coefficients of one block. */
export function baselineBlock(bits, { coefficients, dc, ac, last }, at) {
  const value = last.value + bits.signed(bits.symbol(dc));
  last.value = value;
  coefficients[at] = value;
  for (let k = 1; k < 64; k++) {
    const [zeros, size] = runOf(bits.symbol(ac));
    if (size === 0 && zeros < 15) return;
    k += zeros;
    if (k > 63) throw new Error("more coefficients than a block has");
    coefficients[at + ZIGZAG[k]] = bits.signed(size);
  }
}

/** The first bits of a block's mean, and those that follow. */
export function progressiveMean(bits, { coefficients, dc, last, isFirst, low }, at) {
  if (!isFirst) {
    if (bits.bit()) coefficients[at] |= 1 << low;
    return;
  }
  last.value += bits.signed(bits.symbol(dc));
  coefficients[at] = last.value << low;
}

/** The first bits of a band of a block's other coefficients. */
export function progressiveBand(bits, { coefficients, ac, from, to, low }, at) {
  if (bits.blocksWithout > 0) {
    bits.blocksWithout -= 1;
    return;
  }
  for (let k = from; k <= to; k++) {
    const [zeros, size] = runOf(bits.symbol(ac));
    if (size === 0 && zeros < 15) {
      bits.blocksWithout = (1 << zeros) + bits.number(zeros) - 1;
      return;
    }
    k += zeros;
    if (k > 63) throw new Error("more coefficients than a block has");
    coefficients[at + ZIGZAG[k]] = bits.signed(size) << low;
  }
}

/** One more bit of each coefficient of a band: of those that have some, and of those that begin. */
export function refinedBand(bits, { coefficients, ac, from, to, low }, at) {
  const one = 1 << low;
  const refined = (place) => {
    const value = coefficients[place];
    if (bits.bit() && (value & one) === 0) coefficients[place] = value + (value < 0 ? -one : one);
  };
  let k = from;
  if (bits.blocksWithout === 0) {
    for (; k <= to; k++) {
      let [zeros, size] = runOf(bits.symbol(ac));
      let begins = 0;
      if (size > 0) {
        begins = bits.bit() ? one : -one;
      } else if (zeros < 15) {
        bits.blocksWithout = (1 << zeros) + bits.number(zeros);
        break;
      }
      for (; k <= to; k++) {
        const place = at + ZIGZAG[k];
        if (coefficients[place] !== 0) refined(place);
        else if (--zeros < 0) break;
      }
      if (begins !== 0 && k <= 63) coefficients[at + ZIGZAG[k]] = begins;
    }
  }
  if (bits.blocksWithout === 0) return;
  for (; k <= to; k++) {
    const place = at + ZIGZAG[k];
    if (coefficients[place] !== 0) refined(place);
  }
  bits.blocksWithout -= 1;
}

/** Zeros before a coefficient, and the bits that it has. */
const runOf = (symbol) => [symbol >> 4, symbol & 15];

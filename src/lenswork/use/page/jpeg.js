// JPEGs decoded at a half, a quarter or an eighth of their size, as in training with contracts that
// ask for it: a browser decodes all of a picture, which gives other pixels. Read are baseline and
// progressive files of grey or of colours that are stored whole, halved across, or halved both ways.

import { ScanBits, ZIGZAG, baselineBlock, progressiveBand, progressiveMean, refinedBand } from "./jpeg_bits.js";
import { blockPixels } from "./jpeg_dct.js";

const JFIF = "JFIF";
const word = (bytes, place) => (bytes[place] << 8) | bytes[place + 1];
const letters = (bytes, count) => String.fromCharCode(...bytes.subarray(0, count));
const parts = (length, size) => Math.ceil(length / size);

/**
 * The upright picture {width, height, channels, data} at the smallest of 1/2, 1/4 and 1/8 of its
 * size that is no smaller than `width` x `height`; null where it would be decoded whole. Throws for
 * what is no JPEG, is damaged, or is of a kind that is not read here.
 */
export function reducedJpeg(bytes, width, height) {
  if (word(bytes, 0) !== 0xffd8) return null;
  const found = { tables: [], dc: [], ac: [], frame: null, restart: 0, turn: 1, jfif: false, adobe: null };
  let place = 2;
  for (;;) {
    const marker = markerAt(bytes, place);
    place = marker.end;
    if (marker.kind === 0xd9) break;
    place = marker.end + word(bytes, marker.end);
    readPart(found, marker.kind, bytes.subarray(marker.end + 2, place));
    if (marker.kind >= 0xc0 && marker.kind <= 0xc2) {
      found.shrunk = shrunkBy(found, width, height);
      if (found.shrunk === 1) return null;
    }
    if (marker.kind === 0xda) place = readScan(found, bytes, marker.end + 2, place);
  }
  return uprightOf(colouredOf(found), found.turn);
}

function markerAt(bytes, start) {
  let place = start;
  while (place < bytes.length && (bytes[place] !== 0xff || bytes[place + 1] === 0)) place += 1;
  while (bytes[place] === 0xff) place += 1;
  if (place >= bytes.length) throw new Error("it ends too early");
  return { kind: bytes[place], end: place + 1 };
}

function readPart(found, kind, body) {
  if (kind === 0xdb) readTables(found, body);
  else if (kind === 0xc4) readCodes(found, body);
  else if (kind >= 0xc0 && kind <= 0xc2) readFrame(found, body, kind === 0xc2);
  else if (kind > 0xc2 && kind < 0xd0 && kind !== 0xc8 && kind !== 0xcc) throw new Error("a rare kind of JPEG");
  else if (kind === 0xdd) found.restart = word(body, 0);
  else if (kind === 0xe0 && letters(body, 4) === JFIF) found.jfif = true;
  else if (kind === 0xe1 && letters(body, 4) === "Exif" && found.turn === 1) found.turn = turnIn(body.subarray(6));
  else if (kind === 0xee && letters(body, 5) === "Adobe") found.adobe = body[11];
}

/** What coefficients are multiplied by; in the file in zigzag, here row by row. */
function readTables(found, body) {
  for (let place = 0; place < body.length; ) {
    const [wide, name] = [body[place] >> 4, body[place] & 15];
    const table = new Int32Array(64);
    place += 1;
    for (let k = 0; k < 64; k++, place += wide ? 2 : 1) {
      table[ZIGZAG[k]] = wide ? word(body, place) : body[place];
    }
    found.tables[name] = table;
  }
}

function readCodes(found, body) {
  for (let place = 0; place < body.length; ) {
    const counts = body.slice(place + 1, place + 17);
    const count = counts.reduce((sum, one) => sum + one, 0);
    const symbols = body.slice(place + 17, place + 17 + count);
    (body[place] >> 4 ? found.ac : found.dc)[body[place] & 15] = { counts, symbols };
    place += 17 + count;
  }
}

function readFrame(found, body, progressive) {
  const [height, width, count] = [word(body, 1), word(body, 3), body[5]];
  if (found.frame || body[0] !== 8 || !height || !width || (count !== 1 && count !== 3)) {
    throw new Error("a rare kind of JPEG");
  }
  const colours = Array.from({ length: count }, (_, place) => {
    const [name, both, table] = body.subarray(6 + 3 * place, 9 + 3 * place);
    return { name, across: both >> 4, down: both & 15, table, multiply: null, last: { value: 0 } };
  });
  const most = {
    across: Math.max(...colours.map(({ across }) => across)),
    down: Math.max(...colours.map(({ down }) => down)),
  };
  const groups = { across: parts(width, 8 * most.across), down: parts(height, 8 * most.down) };
  for (const colour of colours) {
    if (!colour.across || !colour.down) throw new Error("a colour without pixels");
    colour.blocksAcross = parts(width * colour.across, 8 * most.across);
    colour.blocksDown = parts(height * colour.down, 8 * most.down);
    colour.stride = groups.across * colour.across; // blocks, with those that fill the last group
    colour.coefficients = new Int16Array(64 * colour.stride * groups.down * colour.down);
    colour.bitsLeft = new Int8Array(64); // of each coefficient, that no scan has had yet
    if (progressive) colour.bitsLeft.fill(1);
  }
  found.frame = { width, height, colours, most, groups, progressive };
}

/** 2, 4 or 8 as Pillow's `draft` chooses it, or 1; the contract's sides are those of the upright picture. */
function shrunkBy({ frame, turn }, width, height) {
  const [across, down] = turn > 4 ? [height, width] : [width, height];
  const most = Math.min(Math.floor(frame.width / across), Math.floor(frame.height / down));
  return [8, 4, 2].find((size) => size <= most) ?? 1;
}

/** The orientation in EXIF notes, 1 to 8. */
function turnIn(notes) {
  const little = notes[0] === 0x49;
  const at = (place, count) => {
    const some = Array.from(notes.subarray(place, place + count));
    return (little ? some.reverse() : some).reduce((value, one) => value * 256 + one, 0);
  };
  const first = at(4, 4);
  for (let entry = 0; entry < at(first, 2); entry++) {
    const place = first + 2 + 12 * entry;
    const value = at(place + 8, 2);
    if (at(place, 2) === 0x0112) return value >= 1 && value <= 8 ? value : 1;
  }
  return 1;
}

/** Reads the scan whose parameters are at `head` and whose bits are at `start`; gives its end. */
function readScan(found, bytes, head, start) {
  if (!found.frame) throw new Error("pixels before their size");
  const { progressive, colours } = found.frame;
  const count = bytes[head];
  const [from, to, both] = bytes.subarray(head + 1 + 2 * count, head + 4 + 2 * count);
  const [isFirst, low] = [both >> 4 === 0, both & 15];
  const shown = Array.from({ length: count }, (_, place) => {
    const [name, codes] = bytes.subarray(head + 1 + 2 * place, head + 3 + 2 * place);
    const colour = colours.find((one) => one.name === name);
    if (!colour || to > 63) throw new Error("a scan of what is not there");
    colour.multiply ??= found.tables[colour.table].slice();
    if (progressive) colour.bitsLeft.fill(low, from, to + 1);
    return Object.assign(colour, { dc: found.dc[codes >> 4], ac: found.ac[codes & 15], from, to, low, isFirst });
  });
  let read = baselineBlock;
  if (progressive) read = from === 0 ? progressiveMean : isFirst ? progressiveBand : refinedBand;
  const bits = new ScanBits(bytes, start);
  readGroups(found, shown, bits, read);
  return bits.place;
}

/** Groups of blocks: one block where a scan has one colour, else all that share the same pixels. */
function readGroups({ frame, restart }, shown, bits, read) {
  const alone = shown.length === 1;
  const across = alone ? shown[0].blocksAcross : frame.groups.across;
  const down = alone ? shown[0].blocksDown : frame.groups.down;
  for (const colour of shown) colour.last.value = 0;
  for (let group = 0; group < across * down; group++) {
    if (restart && group && group % restart === 0) {
      bits.forget();
      const marker = markerAt(bits.bytes, bits.place);
      if (marker.kind < 0xd0 || marker.kind > 0xd7) throw new Error("a part of its pixels is missing");
      bits.place = marker.end;
      for (const colour of shown) colour.last.value = 0;
    }
    const [column, row] = [group % across, Math.floor(group / across)];
    for (const colour of shown) {
      const [wide, high] = alone ? [1, 1] : [colour.across, colour.down];
      for (let y = row * high; y < (row + 1) * high; y++) {
        for (let x = column * wide; x < (column + 1) * wide; x++) read(bits, colour, 64 * (y * colour.stride + x));
      }
    }
  }
}

/** The picture as it is stored, of 1 or 3 channels. */
function colouredOf(found) {
  const { frame, shrunk } = found;
  const size = 8 / shrunk;
  const [width, height] = [parts(frame.width, shrunk), parts(frame.height, shrunk)];
  const planes = frame.colours.map((colour) => planeOf(frame, colour, size, width, height));
  const channels = planes.length;
  const data = new Uint8ClampedArray(width * height * channels);
  const stored = channels === 3 && isStoredAsColours(found);
  const [first, second, third] = planes;
  for (let y = 0, place = 0; y < height; y++) {
    for (let x = 0; x < width; x++, place += channels) {
      const light = first.data[y * first.stride + x];
      if (channels === 1) {
        data[place] = light;
        continue;
      }
      const blue = second.data[y * second.stride + x];
      const red = third.data[y * third.stride + x];
      if (stored) data.set([light, blue, red], place);
      else paintPixel(data, place, light, blue - 128, red - 128);
    }
  }
  return { width, height, channels, data };
}

/** Light and two differences as red, green and blue: JFIF's, in 16 fractional bits as libjpeg has it. */
function paintPixel(data, place, light, blue, red) {
  data[place] = light + ((91881 * red + 32768) >> 16);
  data[place + 1] = light + ((-22554 * blue - 46802 * red + 32768) >> 16);
  data[place + 2] = light + ((116130 * blue + 32768) >> 16);
}

function isStoredAsColours({ frame, jfif, adobe }) {
  if (jfif) return false;
  if (adobe !== null) return adobe === 0;
  return String.fromCharCode(...frame.colours.map(({ name }) => name)) === "RGB";
}

/** One colour at the picture's size: its blocks are made larger where it has fewer of them. */
function planeOf({ width: whole, most, groups, progressive }, colour, least, width, height) {
  if (progressive && colour.bitsLeft.subarray(0, 10).some((bits) => bits !== 0)) {
    throw new Error("it is not whole"); // libjpeg smooths such
  }
  let size = least;
  while (size < 8 && canDouble(most.across * least, colour.across * size) && canDouble(most.down * least, colour.down * size)) {
    size *= 2;
  }
  const stride = colour.stride * size;
  const data = new Uint8ClampedArray(stride * groups.down * colour.down * size);
  for (let y = 0; y < colour.blocksDown; y++) {
    for (let x = 0; x < colour.blocksAcross; x++) {
      const block = y * colour.stride + x;
      blockPixels(colour.coefficients, 64 * block, colour.multiply, size, data, (y * stride + x) * size, stride);
    }
  }
  const [across, down] = [(colour.across * size) / least, (colour.down * size) / least];
  if (across === most.across && down === most.down) return { data, stride };
  if (2 * across !== most.across || down !== most.down) throw new Error("a rare kind of JPEG");
  const stored = parts(whole * colour.across * size, 8 * most.across);
  return widened({ data, stride }, stored, width, height, least > 1 && stored > 2);
}

const canDouble = (wanted, has) => wanted % (2 * has) === 0;

/** Twice as wide: each pixel twice, or, as libjpeg does, three parts of it and one of its neighbour. */
function widened({ data, stride }, stored, width, height, smoothly) {
  const made = new Uint8ClampedArray(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = y * stride + (x >> 1);
      const right = x & 1;
      const isEnd = right ? x >> 1 === stored - 1 : x === 0;
      made[y * width + x] =
        !smoothly || isEnd ? data[place] : (3 * data[place] + data[place + (right ? 1 : -1)] + 1 + right) >> 2;
    }
  }
  return { data: made, stride: width };
}

/** Turned as its camera has noted it (EXIF 2.32, Orientation). */
function uprightOf(picture, turn) {
  if (turn === 1) return picture;
  const { width, height, channels, data } = picture;
  const [across, down] = turn > 4 ? [height, width] : [width, height];
  const made = new Uint8ClampedArray(data.length);
  const fromRight = [2, 3, 7, 8].includes(turn);
  const fromBelow = [3, 4, 6, 7].includes(turn);
  for (let y = 0, place = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      const column = turn > 4 ? y : x;
      const row = turn > 4 ? x : y;
      const source = (fromBelow ? height - 1 - row : row) * width + (fromRight ? width - 1 - column : column);
      for (let channel = 0; channel < channels; channel++) made[place++] = data[source * channels + channel];
    }
  }
  return { width: across, height: down, channels, data: made };
}

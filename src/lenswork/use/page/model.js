// The network, run by onnxruntime in WebAssembly from what is inside this page, and the proof that
// it answers as it did where it was trained.

import { ort } from "./ort.js";
import { bytesOf, unpacked } from "./bytes.js";
import { prepared } from "./pixels.js";

const ALLOWED = 1e-4; // between machines: other processors add in another order

/** {answer(picture), difference}: probabilities of a picture, and how far the golden ones are off. */
export async function opened(contract) {
  ort.env.wasm.wasmBinary = (await unpacked("runtime")).buffer;
  ort.env.wasm.numThreads = 1; // more would need a server that isolates the page
  ort.env.wasm.proxy = false;
  ort.env.logLevel = "error";
  const session = await ort.InferenceSession.create(await unpacked("network"), {
    executionProviders: ["wasm"],
    graphOptimizationLevel: "all",
    logSeverityLevel: 3,
  });
  let before = Promise.resolve();
  const answer = (picture) => {
    const mine = before.then(() => run(session, contract, picture));
    before = mine.catch(() => {}); // one at a time: a session cannot run twice at once
    return mine;
  };
  return { answer, difference: await goldenDifference(contract, answer) };
}

async function run(session, { preprocess }, picture) {
  const { width, height, channels, data } = prepared(picture, preprocess);
  const pixels = new ort.Tensor("uint8", new Uint8Array(data), [1, height, width, channels]);
  const { probabilities } = await session.run({ pictures: pixels });
  return Float32Array.from(probabilities.data);
}

/** The largest difference to the answers that travelled with the network; throws if it is too large. */
async function goldenDifference({ golden, classes }, answer) {
  const expected = new Float32Array(bytesOf(golden.probabilities).buffer);
  let largest = 0;
  for (const [place, { shape, pixels }] of golden.pictures.entries()) {
    const [height, width, channels] = shape;
    const given = await answer({ width, height, channels, data: bytesOf(pixels) });
    for (const [column, value] of given.entries()) {
      const off = Math.abs(value - expected[place * classes.length + column]);
      if (!(off <= largest)) largest = off; // what is not a number must not pass
    }
  }
  if (!(largest <= ALLOWED)) {
    throw new Error(
      `this browser answers the ${golden.pictures.length} golden pictures otherwise than the ` +
        `classifier did (probabilities differ by ${largest.toPrecision(2)}, ${ALLOWED} is allowed): ` +
        "its answers cannot be trusted here",
    );
  }
  return largest;
}

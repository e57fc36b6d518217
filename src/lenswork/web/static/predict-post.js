// Asking the studio, and what it says when it refuses.

import { SILENT } from "./silent.js";

export async function posted(address, form) {
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body: form, headers: { "HX-Request": "true" } });
  } catch {
    throw new Error(SILENT);
  }
  if (answer.ok) return answer;
  const text = await answer.text();
  const html = answer.headers.get("content-type")?.startsWith("text/html");
  const sentence = html ? new DOMParser().parseFromString(text, "text/html").body.textContent : text;
  throw new Error(sentence.trim() || `the studio refused this (${answer.status})`);
}

// Why a file is not sent, or null: it would be refused for its size.
export function tooLarge(blob, { bytes, extra }) {
  if (blob.size + extra <= bytes) return null;
  return `it has ${megabytes(blob.size)}, and the studio takes ${megabytes(bytes)} at once: make it smaller`;
}

const megabytes = (bytes) => `${(bytes / 1e6).toLocaleString("en", { maximumSignificantDigits: 4 })} MB`;

// Bytes that are written into the page as text.

export function bytesOf(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place);
  return bytes;
}

/** The bytes of a block of the page, unpacked. */
export async function unpacked(id) {
  const packed = new Blob([bytesOf(document.getElementById(id).textContent.trim())]);
  const stream = packed.stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// A changed launch in an address: `#run=<cell>:<text>`, compressed, so that it can be handed on.
const START = "#run=";

async function through(stream, bytes) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** The address of this page with a launch in it, for the cell of the kernel `door`. */
export async function addressOf(door, launch) {
  const text = new TextEncoder().encode(JSON.stringify(launch));
  const packed = await through(new CompressionStream("deflate-raw"), text);
  const letters = btoa(String.fromCharCode(...packed));
  const safe = letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${location.href.split("#")[0]}${START}${door}:${safe}`;
}

/** The launch for that cell that an address holds, null if it holds none that can be read. */
export async function launchIn(hash, door) {
  const begin = `${START}${door}:`;
  if (!hash.startsWith(begin)) return null;
  try {
    const letters = atob(hash.slice(begin.length).replaceAll("-", "+").replaceAll("_", "/"));
    const packed = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const text = await through(new DecompressionStream("deflate-raw"), packed);
    const launch = JSON.parse(new TextDecoder().decode(text));
    return [launch.grid, launch.block, launch.arguments].every(Array.isArray) ? launch : null;
  } catch {
    return null;
  }
}

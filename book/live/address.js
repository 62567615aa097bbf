// A changed launch in an address: `#run=<kernel>:<text>`, compressed, so that it can be handed on.
const START = "#run=";

async function through(stream, bytes) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

/** The address of this page with a launch in it. */
export async function addressOf(launch) {
  const text = new TextEncoder().encode(JSON.stringify(launch));
  const packed = await through(new CompressionStream("deflate-raw"), text);
  const letters = btoa(String.fromCharCode(...packed));
  const safe = letters.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${location.href.split("#")[0]}${START}${launch.kernel}:${safe}`;
}

/** The launch of `kernel` that this page's address holds, null if it holds none that can be read. */
export async function launchIn(hash, kernel) {
  const begin = `${START}${kernel}:`;
  if (!hash.startsWith(begin)) return null;
  try {
    const letters = atob(hash.slice(begin.length).replaceAll("-", "+").replaceAll("_", "/"));
    const packed = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const text = await through(new DecompressionStream("deflate-raw"), packed);
    return JSON.parse(new TextDecoder().decode(text));
  } catch {
    return null;
  }
}

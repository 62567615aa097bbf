// Python and the tracer, away from the page: it stays quick, and a kernel without end can be stopped.
// Messages to the page: { loaded } bytes while files come, { ready }, { failed } with a key of the
// component's strings, { answer } as page.py gives it.
const here = new URL(".", import.meta.url);
// What is sent compressed, under another name.
const PACKED = { "pyodide.asm.wasm": "pyodide.asm.bin" };
const NOTHING = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]); // the smallest WebAssembly module

let loaded = 0;
const ask = self.fetch.bind(self);

function counted(chunk, controller) {
  postMessage({ loaded: loaded += chunk.byteLength });
  controller.enqueue(chunk);
}

/** A file of the engine, whole; its bytes are counted as they come. */
async function file(name) {
  const response = await ask(new URL(PACKED[name] ?? name, here));
  if (!response.ok) throw new TypeError(`${name}: ${response.status}`);
  let body = response.body.pipeThrough(new TransformStream({ transform: counted }));
  if (PACKED[name]) body = body.pipeThrough(new DecompressionStream("deflate"));
  return new Response(body).arrayBuffer();
}

// Pyodide asks for its parts by itself, and waits for ever for one that does not come.
self.fetch = async (address) => {
  const name = new URL(address, here).href.replace(here.href, "");
  const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
  try {
    return new Response(await file(name), { headers: { "Content-Type": type } });
  } catch (error) {
    tell(error);
    throw error;
  }
};

async function start() {
  new WebAssembly.Module(NOTHING); // throws where a page may not run it
  const { loadPyodide } = await import(new URL("pyodide.mjs", here).href);
  const [python, tracer] = await Promise.all([
    loadPyodide({
      indexURL: here.href,
      jsglobals: {}, // what runs is the reader's, or came with an address: it gets nothing of the page
    }),
    file("tracer.zip"),
  ]);
  python.FS.writeFile("/tracer.zip", new Uint8Array(tracer));
  return python.runPython("import sys; sys.path.insert(0, '/tracer.zip'); import page; page.answer");
}

/** Which of the component's sentences tells what went wrong. */
function reason(error) {
  if (error instanceof WebAssembly.CompileError || /unsafe-eval|Content Security/i.test(error)) return "blocked";
  if (error instanceof RangeError || /memory|allocat/i.test(error)) return "memory";
  return error instanceof TypeError ? "offline" : "broken";
}

function tell(error) {
  postMessage({ failed: reason(error), detail: String(error) });
}

const started = start();
started.then(() => postMessage({ ready: true }), tell);

self.onmessage = async ({ data }) => {
  const answer = await started.catch(() => null); // told already
  if (!answer) return;
  try {
    postMessage({ answer: JSON.parse(answer(data)) });
  } catch (error) {
    tell(error);
  }
};

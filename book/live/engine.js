// The worker that runs kernels: one for all cells of a page, started by the first press.
// What goes wrong is told as a key of the component's strings, with details in English.
export class Engine {
  /** `loaded` is called with the bytes that have come, `ready` once Python is there. */
  constructor() {
    this.waiting = [];
    this.listeners = new Set();
    this.state = "off";
  }

  /** Start the worker, unless it runs. */
  start() {
    if (this.worker) return;
    this.state = "loading";
    this.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.onerror = (event) => this.fail("offline", event.message);
  }

  hear({ loaded, ready, failed, detail, answer }) {
    if (answer) this.waiting.shift()?.resolve(answer);
    else if (failed) return this.fail(failed, detail);
    if (ready) this.state = "ready";
    for (const listener of this.listeners) listener({ loaded, ready });
  }

  /** Run a launch; the promise is of page.py's answer. */
  run(launch) {
    this.start();
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      this.worker.postMessage(JSON.stringify(launch));
    });
  }

  /** End the worker and all that it does; the next run starts another. */
  fail(key, detail = "") {
    this.worker?.terminate();
    this.worker = null;
    this.state = "off";
    for (const { reject } of this.waiting.splice(0)) reject({ key, detail });
    for (const listener of this.listeners) listener({ failed: key, detail });
  }
}

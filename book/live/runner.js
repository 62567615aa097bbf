// What every cell that runs Python in a page has: an editor, buttons, and how the engine is doing.
// One engine serves all cells of a page.
import "../explorables/base.js";
import { makeEditor } from "./editor.js";
import { Engine } from "./engine.js";
import { ABOUT } from "./strings.js";

export const engine = new Engine();
/** What must not be in markup that came of a program, which may have come with an address. */
const ACTING = "script, iframe, object, embed, link, meta, base, form, img, video, audio";

/** What Python made of a trace, as nodes that can neither act nor ask for anything. */
function inert(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const element of page.querySelectorAll(ACTING)) element.remove();
  for (const element of page.querySelectorAll("*")) {
    for (const { name, value } of [...element.attributes]) {
      const acts = /^on|^(.*:)?href$|src|action/i.test(name) || /url\(/i.test(value);
      if (acts && !name.startsWith("aria-")) element.removeAttribute(name);
    }
    if (element.tagName === "STYLE" && /url\(|@import/i.test(element.textContent)) element.remove();
  }
  return [...page.head.childNodes, ...page.body.childNodes];
}

/** A cell. What extends it lays out its parts in `render`, says in `asking` what Python is asked and in `show` what came. */
export class Runner extends GpuElement {
  static about = ABOUT;
  static inert = inert;

  static style = `
    [hidden] { display: none !important; }
    button[name=run] { font-weight: 600; border-color: var(--gpu-accent, #2d6a1f); }
    progress { width: 100%; accent-color: var(--gpu-accent, #2d6a1f); }
    .problem { white-space: pre-wrap; }
    .result { overflow-wrap: normal; }
    .result section { border: 0; padding: 0; background: none; }
    @media (prefers-reduced-motion: no-preference) { .working::after { content: "…"; animation: blink 1s steps(2) infinite; } }
    @keyframes blink { to { opacity: 0; } }`;

  start() {
    this.heard = (event) => this.hear(event);
  }

  connectedCallback() {
    super.connectedCallback();
    engine.listeners.add(this.heard);
    if (typeof WebAssembly !== "object") this.fail("blocked");
    else engine.start();
    this.update();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    engine.listeners.delete(this.heard);
  }

  focus() {
    this.editor.view.focus();
  }

  /** Make the parts that all cells have; `keys` and `run` are the strings of what Ctrl+Enter does. */
  parts(text, keys, run) {
    this.editor = makeEditor(this.shadowRoot, text, this.say("source"), "keys", () => this.run());
    this.keys = this.make("p", { class: "muted", id: "keys" }, this.say(keys));
    this.status = this.make("p", { class: "muted" });
    this.bar = this.make("progress", { max: this.bytes, "aria-label": this.say("loading") });
    this.problem = this.make("p", { class: "problem", role: "alert" });
    this.result = this.make("div", { class: "result" });
    this.runs = this.button("run", this.say(run), () => this.run());
    this.stops = this.button("stop", this.say("stop"), () => engine.fail("stopped"));
    this.resets = this.button("reset", this.say("reset"), () => this.reset());
    new ResizeObserver(() => this.reach()).observe(this.result);
  }

  /** What scrolls sideways must be reachable with the keyboard, as on the page around it. */
  reach() {
    for (const part of this.result.querySelectorAll(".warptrace-scroll")) {
      if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    }
  }

  /** Show a trace that Python made. */
  trace(html) {
    const nodes = inert(html);
    nodes.find((node) => node.matches?.("section"))?.removeAttribute("aria-label"); // a part of this one
    return nodes;
  }

  /** Ask Python what `asking()` says, and show its answer. */
  async run() {
    if (this.running) return;
    this.editor.mark();
    this.problem.textContent = "";
    this.done = undefined;
    let asked;
    try {
      asked = this.asking();
    } catch (error) {
      this.problem.textContent = error.message;
      return;
    }
    this.running = performance.now();
    this.update();
    try {
      const answer = await engine.run(asked);
      this.seconds = ((performance.now() - this.running) / 1000).toFixed(1);
      if (answer.memory) this.fail("memory");
      else this.show(answer, asked);
    } catch ({ key, detail }) {
      this.fail(key, detail);
    }
    this.running = 0;
    this.update();
  }

  fail(key, detail = "") {
    this.problem.textContent = `${this.say(key)} ${detail}`.trim();
  }

  /** Follow the engine: what has come, that it is there, that it has ended. */
  hear({ loaded, failed, detail }) {
    if (loaded) this.came = loaded;
    if (failed) this.came = 0;
    if (failed && failed !== "stopped") this.fail(failed, detail); // the cell that ran hears that itself
    this.update();
  }

  update() {
    if (!this.status) return;
    const loading = engine.state === "loading";
    this.bar.hidden = !loading;
    if (loading) this.bar.value = this.came ?? 0;
    this.runs.disabled = !!this.running;
    this.stops.disabled = !this.running;
    const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
    const said = loading ? this.say("coming", { came: megabytes(this.came ?? 0), all: megabytes(this.bytes) })
      : this.running ? this.say("running")
      : this.done ?? (engine.state === "ready" ? this.say("ready") : "");
    this.status.classList.toggle("working", loading || !!this.running);
    if (this.status.textContent !== said) this.status.textContent = said;
    if (!loading && said) this.announce(said);
  }
}

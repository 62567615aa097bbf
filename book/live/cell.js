// A kernel to change and run in the page. The press that opens it loads this module; Python, in a
// worker, comes then as well. A launch is what warptrace/launches.py tells of one.
import "../explorables/base.js";
import { addressOf, launchIn } from "./address.js";
import { makeEditor } from "./editor.js";
import { Engine } from "./engine.js";
import { ABOUT } from "./strings.js";

const engine = new Engine();
/** Contents that an array can be given, as warptrace/again.py takes them. */
const CONTENTS = {
  zeros: () => ({ fill: 0 }), ones: () => ({ fill: 1 }), ramp: () => ({ ramp: [0, 1] }), random: (seed) => ({ random: seed }),
};
const TYPES = ["float32", "float64", "int32", "int64", "uint8", "bool"];
/** Elements of an array up to which plain Python is bearable. */
const MOST = 2 ** 20;
const RULES = ["fill", "ramp", "random", "data"];
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

/** "64, 96" as [64, 96]; null if it is nothing of the kind. */
function sizes(text) {
  const parts = text.trim().split(/\s*[,×x]\s*/).map((part) => (/^\d+$/.test(part) ? Number(part) : NaN));
  return parts.length <= 3 && parts.every((n) => n >= 1 && n <= 2 ** 31) ? parts : null;
}

/** The number that a text is, null if it is none of that type. */
function numberIn(text, type) {
  if (type === "bool") return /^(true|1)$/i.test(text);
  const value = Number(text);
  const fits = text !== "" && Number.isFinite(value) && (!type.includes("int") || Number.isInteger(value));
  return fits ? value : null;
}

class Problem extends Error {}

class LiveCell extends GpuElement {
  static about = ABOUT;
  static inert = inert;

  static style = `
    [hidden] { display: none !important; }
    .field:has(+ .cm-editor), fieldset + .controls { margin-bottom: .75rem; }
    fieldset { border: 0; padding: 0; margin: .75rem 0; min-width: 0; display: flex; flex-wrap: wrap; gap: .5rem 1rem; }
    legend { font-size: .875rem; font-weight: 600; padding: 0; }
    input { width: 7.5rem; }
    button[name=run] { font-weight: 600; border-color: var(--gpu-accent, #2d6a1f); }
    progress { width: 100%; accent-color: var(--gpu-accent, #2d6a1f); }
    .problem { white-space: pre-wrap; }
    .result { overflow-wrap: normal; }
    .result section { border: 0; padding: 0; background: none; }
    .result:not(:empty) { border-top: 1px solid var(--gpu-line, #d5dbd4); margin-top: 1rem; padding-top: .25rem; }
    @media (prefers-reduced-motion: no-preference) { .working::after { content: "…"; animation: blink 1s steps(2) infinite; } }
    @keyframes blink { to { opacity: 0; } }`;

  start() {
    const { kernel } = this.original;
    this.state.label = this.kernels ? this.say("yours") : this.say("title", { kernel });
    this.door = kernel; // by which an address finds this cell
    this.asked = structuredClone(this.original);
    this.heard = (event) => this.hear(event);
  }

  connectedCallback() {
    super.connectedCallback();
    engine.listeners.add(this.heard);
    if (typeof WebAssembly !== "object") this.fail("blocked");
    else engine.start();
    if (this.held) this.take(this.held);
    this.update();
  }

  focus() {
    this.editor.view.focus();
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    engine.listeners.delete(this.heard);
  }

  render(section) {
    this.editor = makeEditor(this.shadowRoot, this.asked.source, this.say("source"), "keys", () => this.run());
    this.fields = this.make("div");
    this.status = this.make("p", { class: "muted" });
    this.bar = this.make("progress", { max: this.bytes, "aria-label": this.say("loading") });
    this.problem = this.make("p", { class: "problem", role: "alert" });
    this.result = this.make("div", { class: "result" });
    this.runs = this.button("run", this.say("run"), () => this.run());
    this.stops = this.button("stop", this.say("stop"), () => engine.fail("stopped"));
    const buttons = [this.runs, this.stops, this.button("reset", this.say("reset"), () => this.reset()),
      this.button("share", this.say("share"), () => this.share())];
    section.append(this.make("h3", {}, this.state.label), ...this.choice(), this.editor.view.dom,
      this.make("p", { class: "muted", id: "keys" }, this.say("keys")), this.fields,
      this.make("div", { class: "controls" }, ...buttons), this.bar, this.status, this.problem, this.result);
    new ResizeObserver(() => this.reach()).observe(this.result);
    this.ask();
  }

  /** What scrolls sideways must be reachable with the keyboard, as on the page around it. */
  reach() {
    for (const part of this.result.querySelectorAll(".warptrace-scroll")) {
      if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
    }
  }

  /** Show grid, block and arguments as fields. */
  ask() {
    const launch = this.make("fieldset", {}, this.make("legend", {}, this.say("launch")),
      this.field("grid", this.say("grid"), this.asked.grid.join(", ")),
      this.field("block", this.say("block"), this.asked.block.join(", ")));
    const shown = this.asked.arguments.map((argument, n) => this.argument(argument, n));
    this.fields.replaceChildren(launch, ...shown, ...this.additions());
  }

  /** Where there are kernels to begin with: a choice of them. */
  choice() {
    if (!this.kernels) return [];
    const names = this.kernels.map(({ kernel }, n) => [n, kernel]);
    const chosen = this.select("kernel", this.say("begin"), names, (n) => {
      this.original = this.kernels[n];
      this.reset();
    });
    chosen.querySelector("select").selectedIndex = 0;
    return [chosen];
  }

  /** There, arguments come and go, too. */
  additions() {
    if (!this.kernels) return [];
    const change = (make) => () => {
      this.asked = this.launch(false);
      make(this.asked.arguments);
      this.ask();
    };
    const name = `argument${this.asked.arguments.length + 1}`;
    const array = { name, type: "float32", shape: [1024], fill: 0, content: "zeros" };
    return [this.make("div", { class: "controls" },
      this.button("array", this.say("array"), change((all) => all.push(array))),
      this.button("number", this.say("number"), change((all) => all.push({ name, type: "int64", value: 1 }))),
      this.button("less", this.say("less"), change((all) => all.pop())))];
  }

  /** The type of an argument, to be chosen where arguments come and go. */
  type(argument, n) {
    if (!this.kernels || !argument.type) return [];
    const types = [...new Set([argument.type, ...TYPES])].map((type) => [type, type]);
    const chosen = this.select(`type${n}`, this.say("type"), types, () => {});
    chosen.querySelector("select").value = argument.type;
    return [chosen];
  }

  field(name, label, value, more = {}) {
    return this.make("label", { class: "field" }, label, this.make("input", { name, value, autocomplete: "off", ...more }));
  }

  argument(argument, n) {
    const { name, type, shape, value, items } = argument;
    const parts = shape ? this.array(argument, n)
      : [this.field(`value${n}`, this.say("value"), String(items ? items.map((i) => i.value).join(", ") : value),
        { disabled: items && "" })];
    const legend = this.kernels ? name : `${name}: ${type ?? "tuple"}`;
    return this.make("fieldset", {}, this.make("legend", {}, legend),
      ...this.type(argument, n), ...parts);
  }

  array({ shape, content = "given", random = 1, ...held }, n) {
    const size = this.field(`shape${n}`, this.say("shape"), shape.join(", "));
    const seed = this.field(`seed${n}`, this.say("seed"), String(random));
    const known = this.original.arguments[n] ? ["given"] : [];
    const choices = [...known, ...Object.keys(CONTENTS)].map((key) => [key, this.say(key)]);
    const chosen = this.select(`content${n}`, this.say("content"), choices, () => fix());
    const fix = () => { // contents that are carried have the size that they have
      seed.hidden = chosen.querySelector("select").value !== "random";
      const fixed = held.data && chosen.querySelector("select").value === "given";
      size.querySelector("input").disabled = fixed;
      if (fixed) size.querySelector("input").value = this.original.arguments[n].shape.join(", ");
    };
    chosen.querySelector("select").value = content;
    fix();
    return [size, chosen, seed];
  }

  input(name) {
    return this.fields.querySelector(`[name=${name}]`);
  }

  /** The launch as editor and fields have it now; unless `strict`, a field that is wrong counts as before. */
  launch(strict = true) {
    const read = (name, what, before, parse) => parse(this.input(name).value.trim()) ?? (strict ? this.refuse(name, what) : before);
    const grid = read("grid", this.say("grid"), this.asked.grid, sizes);
    const block = read("block", this.say("block"), this.asked.block, sizes);
    const given = this.asked.arguments.map((argument, n) => {
      if (argument.items) return argument;
      const { name } = argument;
      const type = this.input(`type${n}`)?.value ?? argument.type;
      if (!argument.shape) {
        return { ...argument, type, value: read(`value${n}`, name, argument.value, (text) => numberIn(text, type)) };
      }
      const shape = read(`shape${n}`, name, argument.shape, sizes);
      if (strict && shape.reduce((all, one) => all * one) > MOST) this.refuse(`shape${n}`, name, "large");
      const seed = read(`seed${n}`, name, 1, (text) => numberIn(text, "int64"));
      const content = this.input(`content${n}`).value;
      const rules = content === "given" ? this.rulesOf(this.original.arguments[n]) : CONTENTS[content](seed);
      return { name, type, shape, content, ...rules };
    });
    return { ...this.asked, source: this.editor.text, grid, block, arguments: given };
  }

  rulesOf(argument) {
    return Object.fromEntries(Object.entries(argument).filter(([key]) => RULES.includes(key)));
  }

  refuse(name, what, why = "refused") {
    this.input(name).focus();
    throw new Problem(this.say(why, { what, most: this.count(MOST) }));
  }

  async run() {
    if (this.running) return;
    this.editor.mark(0);
    this.problem.textContent = "";
    this.done = undefined;
    let launch;
    try {
      launch = this.launch();
    } catch (error) {
      this.problem.textContent = error.message;
      return;
    }
    this.running = performance.now();
    this.update();
    try {
      this.show(await engine.run(launch));
    } catch ({ key, detail }) {
      this.fail(key, detail);
    }
    this.running = 0;
    this.update();
  }

  show(answer) {
    if (answer.memory) return this.fail("memory");
    if (answer.error) {
      this.result.replaceChildren();
      this.problem.textContent = answer.error;
      this.editor.mark(answer.line);
      return;
    }
    const seconds = ((performance.now() - this.running) / 1000).toFixed(1);
    this.done = this.say("done", { summary: answer.summary, seconds });
    this.result.replaceChildren(...inert(answer.html));
    this.result.querySelector("section").removeAttribute("aria-label"); // a part of this one
    this.dispatchEvent(new CustomEvent("ran", { detail: answer }));
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

  reset() {
    this.asked = structuredClone(this.original);
    this.editor.text = this.asked.source;
    this.problem.textContent = "";
    this.result.replaceChildren();
    this.done = undefined;
    this.ask();
    this.update();
  }

  /** Put what an address holds into editor and fields. */
  take(launch) {
    const known = new Map(this.original.arguments.map((argument) => [argument.name, argument]));
    this.asked = { ...structuredClone(this.original), ...launch };
    this.asked.arguments = launch.arguments.map((one) => ({ ...this.rulesOf(known.get(one.name) ?? {}), ...one }));
    this.editor.text = this.asked.source;
    this.ask();
    this.done = this.say("taken");
    this.update();
  }

  async share() {
    try {
      const launch = this.launch();
      launch.arguments = launch.arguments.map(({ data, ...rest }) => rest); // the page has that itself
      const address = await addressOf(this.door, launch);
      history.replaceState(null, "", address);
      await navigator.clipboard?.writeText(address);
      this.done = this.say("shared");
    } catch (error) {
      if (error instanceof Problem) this.problem.textContent = error.message;
      else this.done = this.say("inaddress"); // a browser may not let a page copy
    }
    this.update();
  }
}

customElements.get("gpu-live") || customElements.define("gpu-live", LiveCell);

/** A cell for a launch, to be put into the page; `bytes` is what the engine weighs, `kernels` are launches to begin with. */
export async function open(launch, bytes, kernels) {
  const held = await launchIn(location.hash, launch.kernel);
  return Object.assign(document.createElement("gpu-live"), { original: launch, bytes, held, kernels });
}

// A kernel to change and run in the page. The press that opens it loads this module; Python, in a
// worker, comes then as well. A launch is what warptrace/launches.py tells of one.
import { addressOf, launchIn } from "./address.js";
import { Runner } from "./runner.js";

export { openExercise } from "./exercise.js";

/** Contents that an array can be given, as warptrace/again.py takes them. */
const CONTENTS = {
  zeros: () => ({ fill: 0 }), ones: () => ({ fill: 1 }), ramp: () => ({ ramp: [0, 1] }), random: (seed) => ({ random: seed }),
};
const TYPES = ["float32", "float64", "int32", "int64", "uint8", "bool"];
/** Elements of an array up to which plain Python is bearable. */
const MOST = 2 ** 20;
const RULES = ["fill", "ramp", "random", "data"];

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

class LiveCell extends Runner {
  static style = `${Runner.style}
    .field:has(+ .cm-editor), fieldset + .controls { margin-bottom: .75rem; }
    fieldset { border: 0; padding: 0; margin: .75rem 0; min-width: 0; display: flex; flex-wrap: wrap; gap: .5rem 1rem; }
    legend { font-size: .875rem; font-weight: 600; padding: 0; }
    input { width: 7.5rem; }
    .result:not(:empty) { border-top: 1px solid var(--gpu-line, #d5dbd4); margin-top: 1rem; padding-top: .25rem; }`;

  start() {
    super.start();
    const { kernel } = this.original;
    this.state.label = this.kernels ? this.say("yours") : this.say("title", { kernel });
    this.door = kernel; // by which an address finds this cell
    this.asked = structuredClone(this.original);
  }

  connectedCallback() {
    super.connectedCallback();
    if (this.held) this.take(this.held);
  }

  render(section) {
    this.parts(this.asked.source, "keys", "run");
    this.fields = this.make("div");
    const buttons = [this.runs, this.stops, this.resets, this.button("share", this.say("share"), () => this.share())];
    section.append(this.make("h3", {}, this.state.label), ...this.choice(), this.editor.view.dom, this.keys,
      this.fields, this.make("div", { class: "controls" }, ...buttons), this.bar, this.status, this.problem, this.result);
    this.ask();
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

  asking() {
    return this.launch();
  }

  show(answer) {
    if (answer.error) {
      this.result.replaceChildren();
      this.problem.textContent = answer.error;
      this.editor.mark(answer.line);
      return;
    }
    this.done = this.say("done", { summary: answer.summary, seconds: this.seconds });
    this.result.replaceChildren(...this.trace(answer.html));
    this.dispatchEvent(new CustomEvent("ran", { detail: answer }));
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

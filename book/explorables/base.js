// The shared base of the book's explorables: no dependency, no request.
// helpers/explore.py puts this file in front of an element's own file, in one inline module.
// An element sets `static about` (a JSON object: element, options, table, strings) and defines
// `render()` (fills the shadow root once) and `update()` (shows the present state).
globalThis.GpuElement ??= class GpuElement extends HTMLElement {
  static about = { options: {}, strings: { en: {}, zh_CN: {} } };

  static palette = { paper: "#fffffe", surface: "#f5f7f3", ink: "#1c2321", muted: "#56615c",
    line: "#d5dbd4", accent: "#2d6a1f", cpu: "#9a4f0a", gpu: "#3b7800", memory: "#6d3fa6",
    compute: "#0a67a3", good: "#1c7540", warn: "#855600", bad: "#b3261e" };

  /** After how many milliseconds of rest a change is announced. */
  static pause = 200;

  static css = `
    :host { display: block; max-width: 100%; color: var(--gpu-ink, #1c2321);
      font: 1rem/1.5 system-ui, sans-serif; container-type: inline-size; }
    :host([hidden]) { display: none; }
    * { box-sizing: border-box; }
    section { border: 1px solid var(--gpu-line, #d5dbd4); border-radius: .5rem; padding: 1rem;
      background: var(--gpu-paper, #fffffe); }
    h3 { margin: 0 0 .5rem; font-size: 1.05rem; }
    p { margin: .5rem 0; overflow-wrap: anywhere; }
    .controls { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; }
    .field { display: grid; gap: .1rem; font-size: .875rem; }
    .muted { color: var(--gpu-muted, #56615c); font-size: .875rem; }
    h4 { margin: 1rem 0 .25rem; font-size: .875rem; font-weight: 600; }
    .key { display: flex; flex-wrap: wrap; gap: .1rem 1rem; }
    .key i { display: inline-block; width: .8rem; height: .8rem; margin-right: .35rem;
      vertical-align: -.1rem; border: 1px solid var(--gpu-muted, #56615c); }
    .facts { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: .75rem 0; }
    .facts dt { color: var(--gpu-muted, #56615c); font-size: .8125rem; }
    .facts dd { margin: 0; font-size: 1.15rem; font-weight: 600; font-variant-numeric: tabular-nums; }
    .problem { color: var(--gpu-bad, #b3261e); }
    button, select, input { font: inherit; color: inherit; padding: .3rem .5rem;
      background: var(--gpu-surface, #f5f7f3); border: 1px solid var(--gpu-muted, #56615c);
      border-radius: .3rem; min-height: 2.25rem; }
    button { cursor: pointer; }
    input[type=number] { appearance: textfield; }
    input::-webkit-inner-spin-button { appearance: none; }
    input[type=range] { padding: 0; width: 8rem; accent-color: var(--gpu-accent, #2d6a1f); }
    :focus-visible { outline: 3px solid var(--gpu-accent, #2d6a1f); outline-offset: 2px; }
    table[role=grid] { border-collapse: collapse; table-layout: fixed; font-size: .75rem;
      cursor: pointer; }
    [role=grid] td { padding: 0; text-align: center; border: 1px solid var(--gpu-line, #d5dbd4); }
    [role=grid] td[aria-selected] { outline: 2px solid var(--gpu-accent, #2d6a1f);
      outline-offset: -1px; }
    .live { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
      white-space: nowrap; }`;

  constructor() {
    super();
    this.attachShadow({ mode: "open" });
    this.state = {};
  }

  connectedCallback() {
    // JupyterLab's shortcuts must not act on keys pressed in here.
    this.setAttribute("data-lm-suppress-shortcuts", "true");
    this.watcher = new MutationObserver(() => this.rebuild());
    this.watcher.observe(document.documentElement, { attributeFilter: ["lang"] });
    if (!this.started) this.start({ ...this.defaults(), ...this.given() });
    this.started = true;
    this.rebuild();
  }

  disconnectedCallback() {
    this.watcher.disconnect();
    clearTimeout(this.saying);
  }

  /** Take the options that the page gave; an element may turn them into other state. */
  start(options) {
    this.state = options;
  }

  defaults() {
    const options = Object.entries(this.constructor.about.options);
    return Object.fromEntries(options.map(([name, option]) => [name, option.default]));
  }

  /** The options in the `options` attribute that are known and allowed; the others are dropped. */
  given() {
    let given;
    try {
      given = Object.entries(JSON.parse(this.getAttribute("options") || "{}"));
    } catch {
      given = [];
    }
    return Object.fromEntries(given.filter(([name, value]) => this.allows(name, value)));
  }

  allows(name, value) {
    const option = this.constructor.about.options[name];
    if (!option) return false;
    if (option.choices) return option.choices.includes(value);
    if ("min" in option) return Number.isInteger(value) && value >= option.min && value <= option.max;
    return typeof value === "string";
  }

  /** "zh_CN" inside a Chinese page or element, else "en". */
  get language() {
    const lang = this.closest("[lang]")?.lang || document.documentElement.lang || "en";
    return lang.toLowerCase().startsWith("zh") ? "zh_CN" : "en";
  }

  /** The string `key` in the page's language, each {name} replaced from `values`. */
  say(key, values = {}) {
    const strings = this.constructor.about.strings;
    const text = strings[this.language][key] ?? strings.en[key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /** Set one option and show the result. */
  change(name, value) {
    this.state[name] = value;
    this.update();
  }

  rebuild() {
    const style = this.make("style");
    style.textContent = GpuElement.css + (this.constructor.style || "");
    const section = this.make("section", { "aria-label": this.state.label || this.say("title") });
    section.lang = this.language.replace("_", "-");
    this.live = this.make("div", { class: "live", role: "status", "aria-live": "polite" });
    this.shadowRoot.replaceChildren(style, section, this.live);
    this.quiet = true; // a page that has just opened has nothing to announce
    this.render(section);
    this.update();
    this.quiet = false;
  }

  /** Tell a screen reader, once the reader has stopped moving for a moment. */
  announce(text) {
    clearTimeout(this.saying);
    if (this.quiet) return;
    this.saying = setTimeout(() => { this.live.textContent = text; }, GpuElement.pause);
  }

  /** An element with attributes; children are elements or text, never parsed as HTML. */
  make(tag, attributes = {}, ...children) {
    return this.fill(document.createElement(tag), attributes, children);
  }

  /** The same for what stands inside a drawing: svg, rect, path. */
  draw(tag, attributes = {}, ...children) {
    return this.fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  }

  fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value != null && value !== false) element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }

  /** A labelled choice bound to state[name]; choices are [value, text] pairs. */
  select(name, label, choices, changed) {
    const control = this.make("select", { name, onchange: () => changed(control.value) });
    for (const [value, text] of choices) control.append(this.make("option", { value }, text));
    control.value = this.state[name];
    return this.make("label", { class: "field" }, label, control);
  }

  /** A labelled slider over whole numbers; it shows its value as `as` puts it. */
  range(name, label, min, max, changed, { value = this.state[name], as = String } = {}) {
    const shown = this.make("span"); // an <output> would take the label for itself
    const control = this.make("input", { type: "range", name, min, max, step: 1,
      oninput: () => { show(); changed(Number(control.value)); } });
    const show = () => {
      shown.textContent = ` ${as(Number(control.value))}`;
      control.setAttribute("aria-valuetext", as(Number(control.value)));
    };
    control.value = value;
    show();
    return this.make("label", { class: "field" }, this.make("span", {}, label, shown), control);
  }

  /** The control of an option, labelled by its name's string: a choice or a slider. */
  control(name, more) {
    const { choices, min, max } = this.constructor.about.options[name];
    const changed = (value) => this.change(name, value);
    return choices
      ? this.select(name, this.say(name), choices.map((c) => [c, this.say(c)]), changed)
      : this.range(name, this.say(name), min, max, changed, more);
  }

  /** The usual order: title, controls, picture and text, hint. */
  frame(section, controls, ...parts) {
    section.append(this.make("h3", {}, this.state.label || this.say("title")),
      this.make("div", { class: "controls" }, ...controls), ...parts,
      this.make("p", { class: "muted" }, this.say("hint")));
  }

  /** What the colours mean, as [text, CSS of the background]. */
  key(...meanings) {
    return this.make("p", { class: "key muted" }, ...meanings.map(([text, background]) =>
      this.make("span", {}, this.make("i", { style: `background: ${background}` }), text)));
  }

  /** Figures to read at a glance, as [key of the label, text, role of its colour if it has one]. */
  facts(list, figures) {
    list.replaceChildren(...figures.map(([key, text, role]) => this.make("div", {},
      this.make("dt", {}, this.say(key)),
      this.make("dd", { style: role && `color: ${this.hue(role)}` }, text))));
  }

  button(name, label, clicked) {
    return this.make("button", { type: "button", name, onclick: clicked }, label);
  }

  /** 2, −0.11, 3.5: at most two decimals and a true minus sign. */
  number(value) {
    return String(Math.round(value * 100) / 100 || 0).replace("-", "−");
  }

  /** 12,345,678 */
  count(value) {
    return value.toLocaleString("en-GB");
  }

  /** 1.23 k, 67 T, 4.5 µ: three digits and the prefix of a unit. */
  prefixed(value) {
    const rounded = Number(value.toPrecision(3));
    const power = rounded && Math.min(5, Math.max(-3, Math.floor(Math.log10(rounded) / 3)));
    return `${Number((rounded / 1000 ** power).toPrecision(3))} ${["n", "µ", "m", "", "k", "M", "G", "T", "P"][power + 3]}`;
  }

  /** The colour of a role, as CSS. */
  hue(role) {
    return `var(--gpu-${role}, ${GpuElement.palette[role]})`;
  }

  /** A background that carries a value: role's colour, `share` (0 to 1) strong, text stays legible. */
  tint(role, share) {
    const paper = "var(--gpu-paper, #fffffe)";
    return `color-mix(in srgb, var(--gpu-${role}, ${paper}) ${Math.round(30 * share)}%, ${paper})`;
  }

  /** A table of numbers used as a grid: arrows move its cursor, the cursor is announced. */
  grid(name, label, rows, columns, { moved, pressed }) {
    const table = this.make("table", { role: "grid", tabindex: 0, "aria-label": label, class: name });
    const cells = Array.from({ length: rows }, (_, row) => {
      const line = table.appendChild(this.make("tr", { role: "row" }));
      return Array.from({ length: columns }, (_, column) =>
        line.appendChild(this.make("td", { role: "gridcell", id: `${name}-${row}-${column}`,
          onclick: () => { moved(row, column); pressed?.(row, column); } })));
    });
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    table.addEventListener("keydown", (event) => {
      const [row, column] = table.cursor || [0, 0];
      const step = steps[event.key];
      if (step) {
        moved(Math.min(rows - 1, Math.max(0, row + step[0])),
          Math.min(columns - 1, Math.max(0, column + step[1])));
      } else if (pressed && (event.key === " " || event.key === "Enter")) pressed(row, column);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    table.at = (row, column) => cells[row]?.[column];
    table.point = (row, column) => {
      if (table.cursor) table.at(...table.cursor)?.removeAttribute("aria-selected");
      table.cursor = [row, column];
      table.at(row, column)?.setAttribute("aria-selected", "true");
      table.setAttribute("aria-activedescendant", `${name}-${row}-${column}`);
    };
    return table;
  }
};

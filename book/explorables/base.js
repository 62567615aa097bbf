// The shared base of the book's explorables: no dependency, no request.
// helpers/explore.py puts this file in front of an element's own file, in one inline module.
// An element sets `static about` (a JSON object: element, options, table, strings) and defines
// `render()` (fills the shadow root once) and `update()` (shows the present state).
globalThis.GpuElement ??= class GpuElement extends HTMLElement {
  static about = { options: {}, strings: { en: {}, zh_CN: {} } };

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
    this.saying = setTimeout(() => { this.live.textContent = text; }, 200);
  }

  /** An element with attributes; children are elements or text, never parsed as HTML. */
  make(tag, attributes = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) element.setAttribute(name, value);
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

  /** A labelled slider over whole numbers that shows its value. */
  range(name, label, min, max, changed) {
    const shown = this.make("output", {}, ` ${this.state[name]}`);
    const control = this.make("input", { type: "range", name, min, max, step: 1, oninput: () => {
      shown.textContent = ` ${control.value}`;
      changed(Number(control.value));
    } });
    control.value = this.state[name];
    return this.make("label", { class: "field" }, this.make("span", {}, label, shown), control);
  }

  button(name, label, clicked) {
    return this.make("button", { type: "button", name, onclick: clicked }, label);
  }

  /** 2, −0.11, 3.5: at most two decimals and a true minus sign. */
  number(value) {
    return String(Math.round(value * 100) / 100 || 0).replace("-", "−");
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

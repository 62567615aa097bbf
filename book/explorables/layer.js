// <gpu-layer>: a layer as a matrix product; change a number and see which outputs change.
// ABOUT is strict JSON: helpers/explore.py reads it. view: one neuron (N = m = 1), a layer (N = 1)
// or a batch. inputs, outputs and batch are n, m and N of the notation page.
const ABOUT = {
  "element": "gpu-layer",
  "options": {
    "view": {"choices": ["neuron", "layer", "batch"], "default": "batch"},
    "activation": {"choices": ["relu", "identity"], "default": "relu"},
    "inputs": {"min": 1, "max": 4, "default": 3},
    "outputs": {"min": 1, "max": 4, "default": 2},
    "batch": {"min": 1, "max": 4, "default": 4},
    "label": {"default": ""}
  },
  "table": [
    ["N", "n", "m", "N · m", "N · m · n", "m (n + 1)"],
    [1, 3, 1, 1, 3, 4],
    [1, 3, 2, 2, 6, 8],
    [4, 3, 2, 8, 24, 8],
    [64, 784, 128, 8192, 6422528, 100480]
  ],
  "strings": {
    "en": {
      "title": "What does one layer compute?",
      "fallback": "A layer multiplies a batch X of N inputs with n numbers each by its weights W (m × n), adds the biases b and applies an activation function: Z = XWᵀ + b, A = σ(Z). Every output is one row of X times one row of W. The table counts outputs, multiply-adds and parameters; with JavaScript you can change each number and watch.",
      "view": "Show", "neuron": "one neuron", "layer": "a layer", "batch": "a batch",
      "activation": "Activation σ", "relu": "ReLU", "identity": "identity",
      "inputs": "Inputs n", "outputs": "Neurons m", "batches": "Batch N",
      "value": "Chosen number:",
      "XHelp": "Inputs X, a row for each example. Arrows choose a number, plus and minus change it.",
      "WHelp": "Weights, transposed: a column for each neuron. Arrows choose a number, plus and minus change it.",
      "bHelp": "Biases b. Arrows choose one, plus and minus change it.",
      "ZHelp": "Weighted sums Z. Arrows choose an output.",
      "AHelp": "Activations A. Arrows choose an output.",
      "made": "Outputs, independent", "work": "Multiply-adds", "parameters": "Parameters", "uses": "Uses of each weight", "reuse": "Multiply-adds per number moved",
      "in": "goes into the chosen output", "changed": "changes with the chosen number",
      "shapes": "X is {N} × {n}, W is {m} × {n}, Z and A are {N} × {m}.",
      "spoken": "{name} is {value}. Outputs that depend on it: {affected}. {sum}",
      "hint": "Drag a number sideways, or choose it and use the slider or the keys + and −. Choose an output to see its row, its column and its sum. No output waits for another: a GPU computes them all at once."
    },
    "zh_CN": {
      "title": "一层网络计算什么？",
      "fallback": "一层把批次 X（N 个输入，每个 n 个数）乘以权重 W（m × n），加上偏置 b，再应用激活函数：Z = XWᵀ + b，A = σ(Z)。每个输出是 X 的一行乘 W 的一行。下表列出输出、乘加和参数的个数；启用 JavaScript 后可改动每个数并观察。",
      "view": "显示", "neuron": "一个神经元", "layer": "一层", "batch": "一个批次",
      "activation": "激活函数 σ", "relu": "ReLU", "identity": "无",
      "inputs": "输入 n", "outputs": "神经元 m", "batches": "批次 N",
      "value": "选中的数：",
      "XHelp": "输入 X，每个样本一行。方向键选择一个数，加减键改变它。",
      "WHelp": "转置的权重：每个神经元一列。方向键选择一个数，加减键改变它。",
      "bHelp": "偏置 b。方向键选择一个，加减键改变它。",
      "ZHelp": "加权和 Z。方向键选择一个输出。",
      "AHelp": "激活值 A。方向键选择一个输出。",
      "made": "相互独立的输出", "work": "乘加次数", "parameters": "参数", "uses": "每个权重的使用次数", "reuse": "每搬运一个数的乘加",
      "in": "进入选中的输出", "changed": "随选中的数改变",
      "shapes": "X 是 {N} × {n}，W 是 {m} × {n}，Z 和 A 是 {N} × {m}。",
      "spoken": "{name} 是 {value}。依赖它的输出：{affected} 个。{sum}",
      "hint": "横向拖动一个数，或选中它后用滑块或 + 和 − 键。选择一个输出可看到它的行、列与求和。没有一个输出要等另一个：GPU 一次全部算出。"
    }
  }
};

const LIMIT = 3;
const PIXELS = 14;
const NUMBERS = {
  X: [[1, -2, 3, 1], [2, 1, -1, 0], [-1, 3, 0, -2], [0, -1, 2, 1]],
  W: [[2, 1, 1, -1], [-1, 2, 1, 1], [1, -2, 0, 2], [3, 1, -1, 0]],
  b: [[1, 0, -2, 1]],
};

/** Z = XWᵀ + b: one sum of products for each row of X and each row of W. */
const forward = (X, W, b) => X.map((x) => W.map((w, i) =>
  w.reduce((sum, weight, j) => sum + weight * x[j], b[i])));

/** What it costs: outputs, multiply-adds, parameters, and multiply-adds for each number moved. */
function cost(N, n, m) {
  const parameters = m * (n + 1);
  return { made: N * m, work: N * m * n, parameters, uses: N,
    reuse: N * m * n / (N * n + parameters + N * m) };
}

class GpuLayer extends GpuElement {
  static about = ABOUT;
  static forward = forward;
  static cost = cost;
  static style = `
    .product { display: grid; grid-template-columns: repeat(3, max-content); gap: .25rem .75rem;
      align-items: end; margin: .75rem 0; }
    .product h4 { margin-top: .25rem; }
    .first { grid-column: 2; }
    .corner { grid-row: 1; grid-column: 1; align-self: center; max-width: 8.25rem; }
    .corner input { width: 100%; }
    td { width: 2.4rem; height: 2.1rem; font-size: .9375rem; font-variant-numeric: tabular-nums; }
    .X td, .W td, .b td { cursor: ew-resize; touch-action: pan-y; user-select: none; }
    .in { background: color-mix(in srgb, var(--gpu-compute, #0a67a3) 22%, var(--gpu-paper, #fffffe)); }
    .changed { box-shadow: inset 0 0 0 3px var(--gpu-cpu, #9a4f0a); }
    .chosen { background: var(--gpu-cpu, #9a4f0a); color: var(--gpu-paper, #fffffe); }
    .clipped { color: var(--gpu-muted, #56615c); }
    .sum { min-height: 4.5em; white-space: pre-line; font-variant-numeric: tabular-nums; }
    table[role=grid]:not(:focus) td[aria-selected] { outline: none; }
    @container (max-width: 30rem) { .product { gap: .25rem .5rem; } .last { grid-column: 2; }
      td { width: 1.95rem; } }`;

  start(options) {
    super.start({ ...options, row: 0, column: 0, part: "X", at: [0, 0] });
    this.numbers = structuredClone(NUMBERS);
  }

  /** N, n, m of the view. */
  get shape() {
    const { view, inputs, outputs, batch } = this.state;
    return { N: view === "batch" ? batch : 1, n: inputs, m: view === "neuron" ? 1 : outputs };
  }

  render(section) {
    const size = (name, label) => {
      const { min, max } = ABOUT.options[name];
      return this.range(name, label, min, max, (value) => this.change(name, value));
    };
    this.frame(section, [this.control("view"), this.control("activation"),
      size("inputs", this.say("inputs")), size("outputs", this.say("outputs")),
      size("batch", this.say("batches"))],
      this.product = this.make("div", { class: "product" }),
      this.key([this.say("in"), this.tint("compute", .73)], [this.say("changed"), this.hue("cpu")]),
      this.sum = this.make("p", { class: "sum" }),
      this.figures = this.make("dl", { class: "facts" }),
      this.shapes = this.make("p", { class: "muted" }));
    this.layOut();
  }

  change(name, value) {
    this.state[name] = value;
    this.layOut();
    this.update();
  }

  /** Draw the grids anew, for the shape that the view has now. */
  layOut() {
    const { N, n, m } = this.shape;
    const { state } = this;
    const control = (name) => this.shadowRoot.querySelector(`input[name=${name}]`);
    control("outputs").disabled = state.view === "neuron";
    control("batch").disabled = state.view !== "batch";
    [state.row, state.column] = [Math.min(state.row, N - 1), Math.min(state.column, m - 1)];
    const sizes = { X: [N, n, "XHelp"], W: [n, m, "WHelp"], b: [1, m, "bHelp"], Z: [N, m, "ZHelp"],
      A: [N, m, "AHelp"] };
    const [rows, columns] = sizes[state.part];
    state.at = [Math.min(state.at[0], rows - 1), Math.min(state.at[1], columns - 1)];
    this.grids = Object.fromEntries(Object.entries(sizes).map(([part, size]) =>
      [part, part in NUMBERS ? this.editable(part, ...size) : this.readable(part, ...size)]));
    this.slider = this.range("value", this.say("value"), -LIMIT, LIMIT, (value) => this.set(value),
      { value: this.entry()[0], as: (value) => `${this.name(this.state.part, ...this.state.at)} = ${this.number(value)}` });
    const titled = (title, part) => [this.make("h4", {}, title), this.grids[part]];
    this.product.replaceChildren(
      this.make("div", { class: "corner" }, this.slider),
      this.make("div", { class: "first" }, ...titled("Wᵀ", "W"), ...titled("b", "b")),
      this.make("div", { style: "grid-column: 1" }, ...titled("X", "X")),
      this.make("div", {}, ...titled("Z = XWᵀ + b", "Z")),
      this.make("div", { class: "last" }, ...titled("A = σ(Z)", "A")));
    for (const [part, grid] of Object.entries(this.grids)) {
      grid.point(...(part === state.part ? state.at : part in NUMBERS ? [0, 0] : [state.row, state.column]));
    }
  }

  readable(part, rows, columns, help) {
    return this.grid(part, this.say(help), rows, columns, { moved: (row, column) => {
      Object.assign(this.state, { row, column });
      this.update();
    } });
  }

  /** A grid whose numbers are changed by keys, or dragged sideways. */
  editable(part, rows, columns, help) {
    const grid = this.grid(part, this.say(help), rows, columns,
      { moved: (row, column) => this.choose(part, row, column) });
    grid.addEventListener("keydown", (event) => {
      const step = { "+": 1, "=": 1, "-": -1 }[event.key];
      if (!step) return;
      this.choose(part, ...grid.cursor, this.get(part, ...grid.cursor) + step);
      event.preventDefault();
      event.stopPropagation();
    });
    let from;
    grid.addEventListener("pointerdown", (event) => {
      const cell = event.target.closest("td");
      if (!cell) return;
      const at = [cell.parentNode.rowIndex, cell.cellIndex];
      from = { x: event.clientX, at, value: this.get(part, ...at) };
      grid.setPointerCapture(event.pointerId);
      grid.focus();
      this.choose(part, ...at);
    });
    grid.addEventListener("pointermove", (event) => {
      if (!from || !event.buttons) return;
      this.choose(part, ...from.at, from.value + Math.round((event.clientX - from.x) / PIXELS));
    });
    return grid;
  }

  /** The place of a number that is shown at a row and a column: W is shown transposed. */
  place(part, row, column) {
    return part === "W" ? [column, row] : [row, column];
  }

  get(part, ...at) {
    const [i, j] = this.place(part, ...at);
    return this.numbers[part][i][j];
  }

  /** The chosen number and its array. */
  entry() {
    const { part, at } = this.state;
    return [this.get(part, ...at), this.numbers[part], this.place(part, ...at)];
  }

  /** X₂₃ */
  name(part, ...at) {
    const below = (index) => String.fromCharCode(0x2081 + index);
    const [i, j] = this.place(part, ...at);
    return part + (part === "b" ? "" : below(i)) + below(j);
  }

  choose(part, row, column, value = this.get(part, row, column)) {
    Object.assign(this.state, { part, at: [row, column] });
    this.state[part === "X" ? "row" : "column"] = part === "X" ? row : column;
    this.grids[part].point(row, column);
    const slider = this.slider.querySelector("input");
    slider.value = value;
    slider.dispatchEvent(new Event("input"));
  }

  set(value) {
    const [, array, [i, j]] = this.entry();
    array[i][j] = value;
    this.update();
  }

  get output() {
    const { N, n, m } = this.shape;
    const cut = (array, rows) => array.slice(0, rows).map((line) => line.slice(0, n));
    return forward(cut(this.numbers.X, N), cut(this.numbers.W, m), this.numbers.b[0]);
  }

  activated(z) {
    return this.state.activation === "relu" ? Math.max(0, z) : z;
  }

  update() {
    const { row, column, part, at } = this.state;
    const { N, n, m } = this.shape;
    const Z = this.output;
    const inside = { X: (r) => r === row, W: (_, c) => c === column, b: (_, c) => c === column,
      Z: (r, c) => r === row && c === column, A: (r, c) => r === row && c === column };
    const affected = (r, c) => (part === "X" ? r === at[0] : c === at[1]);
    for (const [name, grid] of Object.entries(this.grids)) {
      for (const cell of grid.querySelectorAll("td")) {
        const [r, c] = [cell.parentNode.rowIndex, cell.cellIndex];
        const made = name === "Z" || name === "A";
        const value = made ? Z[r][c] : this.get(name, r, c);
        cell.textContent = this.number(name === "A" ? this.activated(value) : value);
        cell.className = [inside[name](r, c) && "in", made && affected(r, c) && "changed",
          name === part && r === at[0] && c === at[1] && "chosen",
          name === "A" && this.activated(value) !== value && "clipped"].filter(Boolean).join(" ");
      }
    }
    for (const name of ["Z", "A"]) this.grids[name].point(row, column);
    this.sum.textContent = this.written(Z[row][column]);
    const found = cost(N, n, m);
    this.facts(this.figures, [["made", `${N} × ${m} = ${found.made}`, "compute"],
      ["work", `${found.made} × ${n} = ${found.work}`], ["parameters", found.parameters],
      ["uses", found.uses], ["reuse", this.number(found.reuse)]]);
    this.shapes.textContent = this.say("shapes", { N, n, m });
    this.announce(this.say("spoken", { name: this.name(part, ...at), value: this.number(this.entry()[0]),
      affected: part === "X" ? m : N, sum: this.sum.textContent }));
  }

  /** The chosen output, in symbols and in numbers. */
  written(z) {
    const { row, column, activation } = this.state;
    const signed = (value) => (value < 0 ? `(${this.number(value)})` : this.number(value));
    const terms = Array.from({ length: this.shape.n }, (_, j) => j);
    const symbols = terms.map((j) => `${this.name("X", row, j)}·${this.name("W", j, column)}`);
    const products = terms.map((j) => `${signed(this.numbers.X[row][j])}·${signed(this.numbers.W[column][j])}`);
    const bias = this.numbers.b[0][column];
    const sigma = activation === "relu" ? `max(0, ${this.number(z)})` : this.number(z);
    const same = activation === "relu" ? ` = ${this.number(this.activated(z))}` : "";
    return `${this.name("Z", row, column)} = ${symbols.join(" + ")} + ${this.name("b", 0, column)} = ${
      products.join(" + ")} + ${signed(bias)} = ${this.number(z)}\n${this.name("A", row, column)} = σ(${this.name("Z", row, column)}) = ${sigma}${same}`;
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuLayer);

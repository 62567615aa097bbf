// <gpu-thread-index>: which thread of a one-dimensional grid works on which element.
// ABOUT is strict JSON: helpers/explore.py reads it.
const ABOUT = {
  "element": "gpu-thread-index",
  "options": {
    "kernel": {"choices": ["once", "stride"], "default": "once"},
    "n": {"min": 1, "max": 1000000000, "default": 1000},
    "threads": {"min": 1, "max": 1024, "default": 256},
    "blocks": {"min": 1, "max": 1000000, "default": 4},
    "block": {"min": 0, "max": 999999, "default": 3},
    "thread": {"min": 0, "max": 1023, "default": 230},
    "label": {"default": ""}
  },
  "table": [
    ["n", "blockDim.x", "⌈n / blockDim.x⌉", "blockIdx.x", "threadIdx.x", "i", "i < n"],
    [1000, 256, 4, 0, 5, 5, "✓"],
    [1000, 256, 4, 3, 231, 999, "✓"],
    [1000, 256, 4, 3, 232, 1000, "✗"],
    [1000, 128, 8, 7, 103, 999, "✓"],
    [1000000, 256, 3907, 3906, 64, 1000000, "✗"]
  ],
  "strings": {
    "en": {
      "title": "Which element is mine?",
      "fallback": "A thread finds its element by i = blockIdx.x × blockDim.x + threadIdx.x. A grid of ⌈n / blockDim.x⌉ blocks reaches all n elements; its last threads may find i ≥ n and must do nothing. The table works out some cases; with JavaScript you can try your own.",
      "kernel": "Kernel", "once": "one element per thread: if i < n", "stride": "grid-stride loop",
      "n": "Elements n", "threads": "Threads per block", "blocks": "Blocks",
      "array": "The array", "reached": "reached", "missed": "never reached",
      "map": "The grid", "mapHelp": "The grid: a row is a block, a cell is a warp. Arrows choose a warp.",
      "row": "block {block}",
      "zoom": "Warp {warp} of block {block}", "zoomHelp": "The 32 lanes of the chosen warp, each with its index i. Arrows choose a lane.",
      "works": "has an element", "idle": "i ≥ n: nothing to do", "empty": "no such thread",
      "needed": "Blocks needed ⌈n / threads⌉", "launched": "Threads launched", "spare": "of them idle", "turns": "Turns of the loop",
      "inside": "{i} < {n}: this thread works on element {i}.",
      "outside": "{i} ≥ {n}: there is no such element. Without the test i < n this thread would write past the end.",
      "place": "It is lane {thread} mod 32 = {lane} of warp ⌊{thread} / 32⌋ = {warp} of its block.",
      "missing": "Too few blocks: elements {first} to {last} are never reached. Launch {needed}, or loop.",
      "ragged": "The last warp of each block has only {lanes} threads; {lost} of its 32 lanes have none.",
      "taken": "It takes {count} of the {n} elements, {stride} apart: {list}.",
      "none": "It takes no element: its first would be {i}.",
      "hint": "Choose a block and a warp in the grid, then a lane. Make n larger, or launch fewer blocks, and see who takes the rest."
    },
    "zh_CN": {
      "title": "哪个元素归我？",
      "fallback": "线程由 i = blockIdx.x × blockDim.x + threadIdx.x 找到自己的元素。⌈n / blockDim.x⌉ 个线程块的网格覆盖全部 n 个元素；末尾的线程可能得到 i ≥ n，此时必须什么都不做。下表给出几个例子；启用 JavaScript 后可自行尝试。",
      "kernel": "核函数", "once": "每线程一个元素：if i < n", "stride": "网格跨步循环",
      "n": "元素数 n", "threads": "每块线程数", "blocks": "线程块数",
      "array": "数组", "reached": "已覆盖", "missed": "从未触及",
      "map": "网格", "mapHelp": "网格：一行是一个线程块，一格是一个线程束。方向键选择线程束。",
      "row": "块 {block}",
      "zoom": "块 {block} 的线程束 {warp}", "zoomHelp": "所选线程束的 32 个通道及其索引 i。方向键选择通道。",
      "works": "有元素", "idle": "i ≥ n：无事可做", "empty": "没有这个线程",
      "needed": "所需块数 ⌈n / 线程数⌉", "launched": "启动的线程", "spare": "其中空闲", "turns": "循环次数",
      "inside": "{i} < {n}：此线程处理元素 {i}。",
      "outside": "{i} ≥ {n}：没有这个元素。若不检查 i < n，此线程会写到数组末尾之外。",
      "place": "它是本块线程束 ⌊{thread} / 32⌋ = {warp} 的通道 {thread} mod 32 = {lane}。",
      "missing": "线程块太少：元素 {first} 到 {last} 从未触及。请启动 {needed} 个块，或使用循环。",
      "ragged": "每块最后一个线程束只有 {lanes} 个线程，32 个通道中有 {lost} 个没有线程。",
      "taken": "它处理 {n} 个元素中的 {count} 个，间隔 {stride}：{list}。",
      "none": "它不处理任何元素：第一个索引已是 {i}。",
      "hint": "先在网格中选择块和线程束，再选择通道。增大 n 或减少块数，看看其余元素由谁处理。"
    }
  }
};

const WARP = 32;
const ROWS = 6;
const LISTED = 6;
const MARKED = 200;

/** One thread of a grid: its index, its place in the block, and how many elements it takes. */
function locate(block, thread, { blocks, threads, n, kernel }) {
  const i = block * threads + thread;
  const stride = blocks * threads;
  const count = i >= n ? 0 : kernel === "once" ? 1 : Math.ceil((n - i) / stride);
  return { i, warp: Math.floor(thread / WARP), lane: thread % WARP, stride, count };
}

/** The whole launch. */
function summary({ blocks, threads, n, kernel }) {
  const launched = blocks * threads;
  return { needed: Math.ceil(n / threads), launched, spare: Math.max(0, launched - n),
    turns: kernel === "once" ? 1 : Math.ceil(n / launched),
    reached: kernel === "once" ? Math.min(n, launched) : n };
}

class GpuThreadIndex extends GpuElement {
  static about = ABOUT;
  static locate = locate;
  static summary = summary;
  static style = `
    input[type=number] { width: 8.5em; }
    .array { position: relative; height: 1.5rem; overflow: hidden; border-radius: .2rem;
      background: var(--gpu-surface, #f5f7f3); border: 1px solid var(--gpu-muted, #56615c); }
    .array i { position: absolute; top: 0; bottom: 0; }
    .array b { position: absolute; top: 0; bottom: 0; width: 3px; margin-left: -1px;
      background: var(--gpu-ink, #1c2321); }
    .missed { background: repeating-linear-gradient(45deg, var(--gpu-bad, #b3261e) 0 3px,
      var(--gpu-paper, #fffffe) 3px 7px); }
    .ends { display: flex; justify-content: space-between; margin: 0; }
    table[role=grid] { width: 100%; font-variant-numeric: tabular-nums; }
    .map tr::before { content: attr(data-name); display: table-cell; width: 5.5rem;
      vertical-align: middle; font-size: .8125rem; }
    .map td { height: 1.35rem; border-color: var(--gpu-muted, #56615c); }
    .zoom { display: block; }
    .zoom tr { display: grid; grid-template-columns: repeat(16, 1fr); }
    .zoom td { height: 1.7rem; line-height: 1.6rem; overflow: hidden; white-space: nowrap; }
    .idle { text-decoration: line-through; }
    .formula { font-size: 1.05rem; font-weight: 600; }
    @container (max-width: 34rem) {
      .zoom tr { grid-template-columns: repeat(8, 1fr); }
      .map tr::before { width: 4rem; } .map td { border-width: 1px 0; } }`;

  start(options) {
    this.state = options;
    this.keepInside();
  }

  keepInside() {
    const state = this.state;
    state.block = Math.min(state.block, state.blocks - 1);
    state.thread = Math.min(state.thread, state.threads - 1);
  }

  render(section) {
    this.fields = {};
    this.frame(section, [this.control("kernel"), ...["n", "threads", "blocks"].map((name) =>
      this.field(name, this.say(name)))],
      this.figures = this.make("dl", { class: "facts" }),
      this.make("h4", {}, this.say("array")),
      this.array = this.make("div", { class: "array" }),
      this.ends = this.make("p", { class: "ends muted" }),
      this.make("h4", {}, this.say("map")),
      this.grids = this.make("div"),
      this.key(...["works", "idle", "empty"].map((key) => [this.say(key), this.paint(key)])),
      this.make("div", { class: "controls" }, this.field("block", "blockIdx.x"),
        this.field("thread", "threadIdx.x")),
      this.formula = this.make("p", { class: "formula" }),
      this.text = this.make("p"),
      this.warning = this.make("p", { class: "problem" }));
    this.layOut();
  }

  paint(key) {
    return { works: this.tint("gpu", 1.2), idle: this.hue("line"), empty: this.hue("paper") }[key];
  }

  /** A labelled number bound to state[name]; what is out of bounds goes to the nearest. */
  field(name, label) {
    const { min, max } = this.constructor.about.options[name];
    const input = this.make("input", { type: "number", name, min, max, oninput: () => {
      const value = Math.min(max, Math.max(min, Math.round(input.valueAsNumber)));
      if (!Number.isNaN(value)) this.change(name, value);
    }, onchange: () => { input.value = this.state[name]; } });
    this.fields[name] = input;
    return this.make("label", { class: "field" }, label, input);
  }

  change(name, value) {
    this.state[name] = value;
    this.keepInside();
    if (name === "threads" || name === "blocks") this.layOut();
    this.update();
  }

  layOut() {
    const { blocks, threads } = this.state;
    this.warps = Math.ceil(threads / WARP);
    this.rows = Math.min(blocks, ROWS);
    this.first = 0;
    this.map = this.grid("map", this.say("mapHelp"), this.rows, this.warps, {
      moved: (row, column) => this.move(this.first + row, column * WARP + this.state.thread % WARP) });
    this.zoom = this.grid("zoom", this.say("zoomHelp"), 2, 16, { moved: (row, column) =>
      this.move(this.state.block, Math.floor(this.state.thread / WARP) * WARP + row * 16 + column) });
    this.grids.replaceChildren(this.map, this.heading = this.make("h4"), this.zoom);
  }

  move(block, thread) {
    Object.assign(this.state, { block, thread });
    this.keepInside();
    this.update();
  }

  update() {
    const state = this.state;
    const at = locate(state.block, state.thread, state);
    const all = summary(state);
    for (const [name, input] of Object.entries(this.fields)) {
      if (input.valueAsNumber !== state[name] && this.shadowRoot.activeElement !== input) {
        input.value = state[name];
      }
    }
    const loops = state.kernel === "stride";
    this.facts(this.figures, [
      ["needed", this.count(all.needed), !loops && state.blocks < all.needed ? "bad" : ""],
      ["launched", this.count(all.launched)], ["spare", this.count(all.spare)],
      ...(loops ? [["turns", this.count(all.turns)]] : [])]);
    this.showArray(at, all);
    this.showMap();
    this.showLanes(at);
    this.explain(at, all);
  }

  showArray(at, all) {
    const { n } = this.state;
    const part = (from, to, attributes) => this.make("i", { ...attributes,
      style: `left: ${100 * from / n}%; width: ${100 * (to - from) / n}%; ${attributes.style || ""}` });
    const strip = [];
    for (let turn = 0; turn < Math.min(all.turns, MARKED); turn++) {
      strip.push(part(turn * at.stride, Math.min(all.reached, (turn + 1) * at.stride),
        { style: `background: ${this.tint("gpu", turn % 2 ? 0.6 : 1.2)}` }));
    }
    if (all.reached < n) strip.push(part(all.reached, n, { class: "missed" }));
    for (let k = 0; k < Math.min(at.count, MARKED); k++) {
      strip.push(this.make("b", { style: `left: ${100 * (at.i + k * at.stride + 0.5) / n}%` }));
    }
    this.array.replaceChildren(...strip);
    const missed = all.reached < n ? ` · ${this.count(n - all.reached)} ${this.say("missed")}` : "";
    this.ends.replaceChildren(...["0", `${this.count(all.reached)} ${this.say("reached")}${missed}`,
      this.count(n - 1)].map((text) => this.make("span", {}, text)));
  }

  /** The blocks that there is room for, the chosen one among them. */
  showMap() {
    const { blocks, block, threads, n, thread } = this.state;
    if (block <= this.first) this.first = block - 1;
    if (block >= this.first + this.rows - 1) this.first = block - this.rows + 2;
    this.first = Math.max(0, Math.min(this.first, blocks - this.rows));
    for (let row = 0; row < this.rows; row++) {
      this.map.at(row, 0).parentElement.dataset.name = this.say("row", { block: this.first + row });
      for (let warp = 0; warp < this.warps; warp++) {
        const start = (this.first + row) * threads + warp * WARP;
        const size = Math.min(WARP, threads - warp * WARP);
        const busy = Math.max(0, Math.min(size, n - start));
        const [a, b] = [busy, size].map((lanes) => `${100 * lanes / WARP}%`);
        this.map.at(row, warp).style.background = `linear-gradient(to right, ${this.paint("works")} ${a},
          ${this.paint("idle")} ${a} ${b}, ${this.paint("empty")} ${b})`;
      }
    }
    this.map.point(block - this.first, Math.floor(thread / WARP));
  }

  showLanes(at) {
    const { block, threads, n } = this.state;
    this.heading.textContent = this.say("zoom", { warp: at.warp, block });
    for (let lane = 0; lane < WARP; lane++) {
      const i = at.i - at.lane + lane;
      const kind = at.warp * WARP + lane >= threads ? "empty" : i < n ? "works" : "idle";
      const cell = this.zoom.at(lane >> 4, lane % 16);
      cell.textContent = kind === "empty" ? "" : i < 10000 ? i : `…${String(i).slice(-3)}`;
      cell.className = kind;
      cell.style.background = this.paint(kind);
    }
    this.zoom.point(at.lane >> 4, at.lane % 16);
  }

  explain(at, all) {
    const { block, thread, threads, n, kernel } = this.state;
    const [i, many, stride] = [at.i, n, at.stride].map((value) => this.count(value));
    this.formula.textContent =
      `i = blockIdx.x × blockDim.x + threadIdx.x = ${block} × ${threads} + ${thread} = ${at.i}`;
    const list = Array.from({ length: Math.min(at.count, LISTED) }, (_, k) => at.i + k * at.stride)
      .join(", ") + (at.count > LISTED ? ", …" : "");
    const what = kernel === "once" ? this.say(at.count ? "inside" : "outside", { i, n: many })
      : at.count ? this.say("taken", { count: this.count(at.count), n: many, stride, list })
        : this.say("none", { i });
    this.text.textContent = `${what} ${this.say("place", { thread, ...at })}`;
    const lanes = threads % WARP;
    const problems = [];
    if (all.reached < n) {
      problems.push(this.say("missing", { first: this.count(all.reached), last: this.count(n - 1),
        needed: this.count(all.needed) }));
    }
    if (lanes) problems.push(this.say("ragged", { lanes, lost: WARP - lanes }));
    this.warning.textContent = problems.join(" ");
    this.announce(`${this.formula.textContent}. ${what} ${this.warning.textContent}`);
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuThreadIndex);

// <gpu-roofline>: how fast a layer could run on a card, by its batch and its width.
// ABOUT is strict JSON: helpers/explore.py reads it. Cards as in book/data/gpus.yml:
// FP32 TFLOP/s, tensor TFLOP/s (FP16, dense), GB/s.
const ABOUT = {
  "element": "gpu-roofline",
  "cards": {
    "Tesla V100 SXM2 16 GB": [15.7, 125, 900],
    "Tesla T4": [8.1, 65, 320],
    "A100 SXM4 40 GB": [19.5, 312, 1555],
    "A100 SXM4 80 GB": [19.5, 312, 2039],
    "H100 SXM5 80 GB": [67, 989, 3350],
    "H200 SXM": [67, 989, 4800],
    "B200 SXM": [75, 2250, 7700],
    "L4": [30.3, 121, 300],
    "GeForce RTX 3060 12 GB": [12.7, 25.5, 360],
    "GeForce RTX 3090": [35.6, 71, 936],
    "GeForce RTX 4070": [29.1, 58.2, 504],
    "GeForce RTX 4090": [82.6, 165, 1008],
    "GeForce RTX 5090": [104.8, 209.5, 1792]
  },
  "options": {
    "card": {"choices": ["Tesla V100 SXM2 16 GB", "Tesla T4", "A100 SXM4 40 GB", "A100 SXM4 80 GB", "H100 SXM5 80 GB", "H200 SXM", "B200 SXM", "L4", "GeForce RTX 3060 12 GB", "GeForce RTX 3090", "GeForce RTX 4070", "GeForce RTX 4090", "GeForce RTX 5090"], "default": "H100 SXM5 80 GB"},
    "precision": {"choices": ["fp32", "fp16"], "default": "fp16"},
    "work": {"choices": ["matmul", "elementwise"], "default": "matmul"},
    "batch": {"min": 1, "max": 65536, "default": 16},
    "width": {"min": 16, "max": 16384, "default": 4096},
    "label": {"default": ""}
  },
  "table": [
    ["H100 SXM5, FP16, N = 4096", "B = 1", "B = 16", "B = 256", "B = 1024"],
    ["FLOP / byte", 1, 15.9, 228, 683],
    ["TFLOP/s ≤", 3.35, 53.2, 762, 989],
    ["µs ≥", 10, 10.1, 11.3, 34.7]
  ],
  "strings": {
    "en": {
      "title": "How fast could this layer run?",
      "fallback": "A layer of width N multiplies a batch of B rows by an N × N matrix: 2BN² operations on BN + N² + BN numbers. Operations per byte, times the bandwidth of the memory, is all that the memory allows; the peak of the arithmetic caps it. Below the ridge, where the two limits meet, a larger batch costs almost no time. The table follows one layer; with JavaScript you can drag batch and width.",
      "card": "Card", "precision": "Numbers", "fp32": "FP32", "fp16": "FP16, tensor cores",
      "work": "Work", "matmul": "matrix product", "elementwise": "elementwise (ReLU)", "batch": "Batch B", "width": "Width N",
      "flops": "Operations", "bytes": "Bytes moved", "intensity": "Intensity", "rate": "At most", "time": "At least", "share": "Of the peak",
      "picture": "Roofline of the {card}: {intensity} FLOP per byte, the ridge at {ridge}.",
      "x": "FLOP per byte", "y": "FLOP/s", "ridge": "ridge",
      "memory": "Memory-bound: bytes arrive too slowly to keep the arithmetic busy.",
      "compute": "Compute-bound: the arithmetic is the limit.",
      "crosses": "At this width the ridge, {ridge} FLOP per byte, is reached at batch {at}.",
      "never": "No batch brings it to the ridge, {ridge} FLOP per byte.",
      "formula": "{flops} / {bytes} = {intensity} FLOP per byte",
      "hint": "Drag the point, or the sliders. Published peaks: real kernels stay below the roof. Elementwise work runs on the FP32 lanes, whatever the numbers."
    },
    "zh_CN": {
      "title": "这一层最快能跑多快？",
      "fallback": "宽度为 N 的一层把 B 行的批次乘以 N × N 的矩阵：对 BN + N² + BN 个数做 2BN² 次运算。每字节的运算数乘以内存带宽，就是内存所允许的速度；算力峰值是它的上限。在两个极限相交的脊点以下，增大批次几乎不花时间。下表跟踪一层；启用 JavaScript 后可拖动批次和宽度。",
      "card": "显卡", "precision": "数值", "fp32": "FP32 单精度", "fp16": "FP16，张量核心",
      "work": "工作", "matmul": "矩阵乘积", "elementwise": "逐元素（ReLU）", "batch": "批次 B", "width": "宽度 N",
      "flops": "运算次数", "bytes": "搬运字节", "intensity": "强度", "rate": "至多", "time": "至少", "share": "占峰值",
      "picture": "{card} 的屋顶线：每字节 {intensity} 次运算，脊点在 {ridge}。",
      "x": "每字节运算数（FLOP/B）", "y": "FLOP/s（每秒运算）", "ridge": "脊点",
      "memory": "受内存限制：字节来得太慢，算术单元闲着。",
      "compute": "受算力限制：算术单元是瓶颈。",
      "crosses": "在此宽度下，批次为 {at} 时到达脊点（每字节 {ridge} 次运算）。",
      "never": "任何批次都到不了脊点（每字节 {ridge} 次运算）。",
      "formula": "{flops} / {bytes} = 每字节 {intensity} 次运算",
      "hint": "拖动圆点或滑块。这里用公布的峰值：真实的核函数低于屋顶。逐元素的工作无论数值类型都在 FP32 通道上执行。"
    }
  }
};

const BYTES = { fp32: 4, fp16: 2 };
const EXPONENTS = { batch: [0, 16], width: [4, 14] };
// The plot: exponents of ten, from left to right and from bottom to top.
const X = [-1, 4];
const Y = [10, 16];

/** What a layer does and moves: each operand read once, the result written once. */
function layer({ work, precision, batch, width }) {
  const values = work === "matmul" ? 2 * batch * width + width ** 2 : 2 * batch * width;
  const flops = work === "matmul" ? 2 * batch * width ** 2 : batch * width;
  const bytes = values * BYTES[precision];
  return { flops, bytes, intensity: flops / bytes };
}

/** The limits of a card: FLOP/s, bytes/s, and the intensity where they meet. */
function limits({ card, precision, work }) {
  const [fp32, tensor, bandwidth] = ABOUT.cards[card];
  const flops = (precision === "fp16" && work === "matmul" ? tensor : fp32) * 1e12;
  return { flops, bytes: bandwidth * 1e9, ridge: flops / (bandwidth * 1e9) };
}

/** The best that the layer can reach: FLOP/s, seconds, and whether memory is what limits it. */
function bound(options) {
  const [done, most] = [layer(options), limits(options)];
  const rate = Math.min(most.flops, done.intensity * most.bytes);
  return { ...done, ridge: most.ridge, rate, seconds: done.flops / rate, share: rate / most.flops,
    memory: done.intensity < most.ridge };
}

/** The smallest batch at or above the ridge; null where no batch gets there. */
function crossing(options) {
  const { ridge } = limits(options);
  const [N, s] = [options.width, BYTES[options.precision]];
  if (options.work !== "matmul" || N <= s * ridge) return null;
  return Math.ceil(s * ridge * N / (2 * (N - s * ridge)));
}

class GpuRoofline extends GpuElement {
  static about = ABOUT;
  static bound = bound;
  static crossing = crossing;
  static style = `
    .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .5rem; }
    .plot { position: relative; height: 19rem; margin: 2.5rem 1rem 3.25rem 2.75rem; cursor: ew-resize;
      touch-action: pan-y; }
    .plot svg { position: absolute; width: 100%; height: 100%; overflow: visible; }
    .plot span { position: absolute; font-size: .75rem; line-height: 1; white-space: nowrap;
      color: var(--gpu-muted, #56615c); pointer-events: none; }
    .x { top: calc(100% + .35rem); transform: translateX(-50%); }
    .y { right: calc(100% + .35rem); transform: translateY(-50%); }
    .plot .ridge { bottom: calc(100% + .3rem); transform: translateX(-50%); color: var(--gpu-ink, #1c2321); }
    path { vector-effect: non-scaling-stroke; fill: none; }
    .grid { stroke: var(--gpu-line, #d5dbd4); }
    .slope { stroke: var(--gpu-memory, #6d3fa6); stroke-width: 4; }
    .flat { stroke: var(--gpu-compute, #0a67a3); stroke-width: 4; }
    .under.memory { fill: var(--gpu-memory, #6d3fa6); fill-opacity: .12; }
    .under.compute { fill: var(--gpu-compute, #0a67a3); fill-opacity: .12; }
    .drop { stroke: var(--gpu-ink, #1c2321); stroke-dasharray: 4 4; }
    .point { stroke: var(--gpu-ink, #1c2321); stroke-width: 17; stroke-linecap: round; }
    .verdict { font-weight: 600; }
    @container (max-width: 34rem) { .plot { height: 15rem; } select { max-width: 100%; } }`;

  render(section) {
    const slider = (name) => {
      const exponent = Math.round(Math.log2(this.state[name]));
      return this.range(name, this.say(name), ...EXPONENTS[name],
        (k) => this.change(name, 2 ** k), { value: exponent,
          as: (k) => this.count(k === Math.round(Math.log2(this.state[name])) ? this.state[name] : 2 ** k) });
    };
    const tick = (axis, power) => this.make("span", { class: axis, style: axis === "x"
      ? `left: ${this.across(10 ** power)}%` : `top: ${this.down(10 ** power)}%` },
      axis === "x" ? String(10 ** power) : this.prefixed(10 ** power));
    const powers = ([from, to]) => Array.from({ length: to - from + 1 }, (_, n) => from + n);
    this.frame(section, [this.control("card"), this.control("precision"), this.control("work"),
      slider("batch"), slider("width")],
      this.figures = this.make("dl", { class: "facts" }),
      this.plot = this.make("div", { class: "plot", onpointerdown: (event) => this.drag(event),
        onpointermove: (event) => event.buttons && this.drag(event) },
        this.picture = this.draw("svg", { role: "img", viewBox: "0 0 100 100", preserveAspectRatio: "none" }),
        ...powers(X).map((p) => tick("x", p)), ...powers(Y).map((p) => tick("y", p)),
        this.make("span", { class: "x", style: "left: 50%; top: calc(100% + 1.6rem)" }, this.say("x")),
        this.make("span", { style: "right: 100%; bottom: calc(100% + .8rem)" }, this.say("y")),
        this.ridge = this.make("span", { class: "ridge" }, this.say("ridge"))),
      this.verdict = this.make("p", { class: "verdict" }),
      this.text = this.make("p"));
  }

  across(intensity) {
    return 100 * (Math.log10(intensity) - X[0]) / (X[1] - X[0]);
  }

  down(rate) {
    return 100 - 100 * (Math.log10(rate) - Y[0]) / (Y[1] - Y[0]);
  }

  /** Take the batch whose point lies nearest to the pointer. */
  drag(event) {
    const box = this.plot.getBoundingClientRect();
    const x = 100 * (event.clientX - box.left) / box.width;
    const away = (k) => Math.abs(this.across(layer({ ...this.state, batch: 2 ** k }).intensity) - x);
    const slider = this.shadowRoot.querySelector("[name=batch]");
    const steps = Array.from({ length: EXPONENTS.batch[1] + 1 }, (_, k) => k);
    slider.value = steps.reduce((best, k) => (away(k) < away(best) ? k : best));
    slider.dispatchEvent(new Event("input"));
  }

  update() {
    const found = bound(this.state);
    const at = crossing(this.state);
    const three = (value) => this.count(Number(value.toPrecision(3)));
    const [intensity, ridge] = [three(found.intensity), three(found.ridge)];
    const side = found.memory ? "memory" : "compute";
    const [flops, bytes] = [`${this.prefixed(found.flops)}FLOP`, `${this.prefixed(found.bytes)}B`];
    this.facts(this.figures, [["flops", flops], ["bytes", bytes],
      ["intensity", `${intensity} FLOP/B`, side], ["rate", `${this.prefixed(found.rate)}FLOP/s`, side],
      ["time", `${this.prefixed(found.seconds)}s`], ["share", `${this.number(100 * found.share)} %`]]);
    this.verdict.textContent = this.say(side);
    this.verdict.style.color = this.hue(side);
    this.text.textContent = `${this.say("formula", { flops, bytes, intensity })}. ${
      at === null ? this.say("never", { ridge }) : this.say("crosses", { ridge, at: this.count(at) })}`;
    this.showRoof(found);
    const told = this.say("picture", { card: this.state.card, intensity, ridge });
    this.picture.setAttribute("aria-label", told);
    this.announce(`${this.verdict.textContent} ${told}`);
  }

  showRoof({ ridge, intensity, rate }) {
    const most = limits(this.state);
    const [corner, top] = [this.across(ridge), this.down(most.flops)];
    const start = this.down(most.bytes * 10 ** X[0]);
    const [x, y] = [this.across(intensity), this.down(rate)];
    const lines = [];
    for (let power = X[0]; power <= X[1]; power++) lines.push(`M${this.across(10 ** power)} 0v100`);
    for (let power = Y[0]; power <= Y[1]; power++) lines.push(`M0 ${this.down(10 ** power)}h100`);
    const path = (name, d) => this.draw("path", { class: name, d });
    this.picture.replaceChildren(path("grid", lines.join("")),
      path("under memory", `M0 100V${start}L${corner} ${top}V100z`),
      path("under compute", `M${corner} 100V${top}H100V100z`),
      path("drop", `M${corner} 100V0M${x} 100V${y}`),
      path("slope", `M0 ${start}L${corner} ${top}`), path("flat", `M${corner} ${top}H100`),
      path("point", `M${x} ${y}h0`));
    this.ridge.style.left = `${corner}%`;
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuRoofline);

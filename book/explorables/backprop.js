// <gpu-backprop>: one neuron and its loss as a graph; values go forward, gradients come back.
// ABOUT is strict JSON: helpers/explore.py reads it. step counts both passes, 0 to 12: the first 6
// compute values, the last 6 gradients. activation is σ; h is the finite difference's step.
const ABOUT = {
  "element": "gpu-backprop",
  "options": {
    "activation": {"choices": ["relu", "sigmoid", "tanh"], "default": "relu"},
    "step": {"min": 0, "max": 12, "default": 6},
    "w1": {"min": -4, "max": 4, "default": 2},
    "x1": {"min": -4, "max": 4, "default": 1},
    "w2": {"min": -4, "max": 4, "default": -1},
    "x2": {"min": -4, "max": 4, "default": -2},
    "b": {"min": -4, "max": 4, "default": 1},
    "y": {"min": -4, "max": 4, "default": 3},
    "h": {"choices": ["1", "0.1", "0.001", "0.00001"], "default": "0.001"},
    "label": {"default": ""}
  },
  "table": [
    ["w₁, x₁, w₂, x₂, b, y", "z", "a", "L", "∂L/∂w₁", "∂L/∂x₁", "∂L/∂w₂", "∂L/∂x₂", "∂L/∂b"],
    ["2, 1, -1, -2, 1, 3", 5, 5, 4, 4, 8, -8, -4, 4],
    ["2, 1, 2, -3, 1, 1", -3, 0, 1, 0, 0, 0, 0, 0],
    ["1, 2, 1, 1, 0, 1", 3, 3, 4, 8, 4, 4, 4, 4]
  ],
  "strings": {
    "en": {
      "title": "How does the error flow back?",
      "fallback": "A neuron computes z = w₁x₁ + w₂x₂ + b and a = σ(z); its loss is L = (a − y)². Going back from L, each node multiplies the gradient that arrives by its own derivative and passes it on. The table gives results for σ = ReLU; with JavaScript you can walk through it.",
      "activation": "Activation σ", "relu": "ReLU", "sigmoid": "sigmoid", "tanh": "tanh", "step": "Step", "back": "Back", "next": "Next step",
      "graph": "Graph of the neuron after step {step} of 12: {done}",
      "value": "value, forward", "gradient": "gradient of L, backward", "slope": "derivative of one node",
      "start": "Inputs are set. Step forward to compute.",
      "f": "Forward:{text}", "g": "Backward:{text}",
      "check": "Check: move one input by ±h and look at L", "by": "Input", "back_": "Backward pass", "difference": "(L(+h) − L(−h)) / 2h", "off": "Off by", "h": "Step h",
      "kink": "z lies so near the corner of ReLU that a step of h may cross it: then the difference mixes both slopes.",
      "dead": "ReLU is off: its derivative is 0, so no gradient gets past it and nothing is learnt from this example.",
      "cost": "One backward pass gives all gradients at once; the check needs two forward passes for each input.",
      "hint": "Change an input and every value after it changes; every gradient behind it may, too. A product passes to each factor the gradient times the other factor; a sum passes it on unchanged."
    },
    "zh_CN": {
      "title": "误差怎样往回流？",
      "fallback": "一个神经元计算 z = w₁x₁ + w₂x₂ + b 和 a = σ(z)，损失为 L = (a − y)²。从 L 往回走，每个节点把传来的梯度乘以自己的导数，再传下去。下表给出 σ = ReLU 的结果；启用 JavaScript 后可逐步查看。",
      "activation": "激活函数 σ", "relu": "ReLU", "sigmoid": "sigmoid", "tanh": "tanh", "step": "步骤", "back": "上一步", "next": "下一步",
      "graph": "神经元的计算图，第 {step} 步（共 12 步）：{done}",
      "value": "数值，前向", "gradient": "L 的梯度，反向", "slope": "单个节点的导数",
      "start": "输入已设定。向前一步开始计算。",
      "f": "前向：{text}", "g": "反向：{text}",
      "check": "检验：把一个输入移动 ±h，看 L 的变化", "by": "输入", "back_": "反向传播", "difference": "(L(+h) − L(−h)) / 2h", "off": "相差", "h": "步长 h",
      "kink": "z 离 ReLU 的拐点很近，步长 h 可能跨过它：这时差分混合了两种斜率。",
      "dead": "ReLU 关闭：导数为 0，没有梯度能通过，这个样本什么也教不了。",
      "cost": "一次反向传播同时给出所有梯度；检验对每个输入都要两次前向计算。",
      "hint": "改变一个输入，它之后的数值都会变，之前的梯度也可能变。乘积把梯度乘以另一个因子传给每个因子；和把梯度原样传下去。"
    }
  }
};

const INPUTS = ["w1", "x1", "w2", "x2", "b", "y"];
const SIGMA = {
  relu: [(z) => Math.max(0, z), (z) => Number(z > 0)],
  sigmoid: [(z) => 1 / (1 + Math.exp(-z)), (z) => Math.exp(-Math.abs(z)) / (1 + Math.exp(-Math.abs(z))) ** 2],
  tanh: [Math.tanh, (z) => 1 - Math.tanh(z) ** 2],
};

/** The values of all nodes. */
function forward({ w1, x1, w2, x2, b, y, activation }) {
  const [m1, m2] = [w1 * x1, w2 * x2];
  const z = m1 + m2 + b;
  const a = SIGMA[activation][0](z);
  const e = a - y;
  return { w1, x1, w2, x2, b, y, m1, m2, z, a, e, L: e * e };
}

/** The derivative of L with respect to each node, and each edge's own derivative. */
function backward(values, activation) {
  const { w1, x1, w2, x2, z, e } = values;
  const slope = SIGMA[activation][1](z);
  const [L, de] = [1, 2 * e];
  const dz = de * slope;
  const gradients = { L, e: de, a: de, y: -de, z: dz, m1: dz, m2: dz, b: dz, w1: dz * x1, x1: dz * w1, w2: dz * x2, x2: dz * w2 };
  return { gradients, slopes: { e: 2 * e, a: 1, y: -1, z: slope, m1: 1, m2: 1, b: 1, w1: x1, x1: w1, w2: x2, x2: w2 } };
}

/** How L changes with one input, measured from both sides. */
function difference(state, name, h) {
  const at = (step) => forward({ ...state, [name]: state[name] + step }).L;
  return (at(h) - at(-h)) / (2 * h);
}

// Node: [x, y of its middle, what it computes]; edges go down to the next node.
const NODES = { w1: [30, 20], x1: [90, 20], w2: [150, 20], x2: [210, 20], b: [270, 20], m1: [60, 110, "×"], m2: [165, 110, "×"],
  z: [130, 195, "+"], a: [130, 270, "σ"], y: [245, 270], e: [180, 345, "−"], L: [180, 420, "( )²"] };
const EDGES = { w1: "m1", x1: "m1", w2: "m2", x2: "m2", m1: "z", m2: "z", b: "z", z: "a", a: "e", y: "e", e: "L" };
const FORWARD = [["m1"], ["m2"], ["z"], ["a"], ["e"], ["L"]];
const BACKWARD = [["L", "e"], ["a", "y"], ["z"], ["m1", "m2", "b"], ["w1", "x1"], ["w2", "x2"]];
const pretty = (name) => name.replace("1", "₁").replace("2", "₂");

class GpuBackprop extends GpuElement {
  static about = ABOUT;
  static forward = forward;
  static backward = backward;
  static difference = difference;
  static style = `
    .pair { display: flex; flex-wrap: wrap; gap: 1rem 2rem; margin-top: .75rem; }
    .pair > * { flex: 1 1 17rem; min-width: 0; }
    svg { width: 100%; max-width: 26rem; display: block; }
    .edge { stroke: var(--gpu-muted, #56615c); fill: none; }
    .edge.lit { stroke: var(--gpu-cpu, #9a4f0a); stroke-width: 3; }
    .node { fill: var(--gpu-surface, #f5f7f3); stroke: var(--gpu-muted, #56615c); }
    .node.now { stroke: var(--gpu-accent, #2d6a1f); stroke-width: 3; }
    text { text-anchor: middle; font-size: 11.5px; fill: var(--gpu-ink, #1c2321); }
    text.v { font-weight: 700; fill: var(--gpu-compute, #0a67a3); }
    text.g { font-weight: 700; fill: var(--gpu-cpu, #9a4f0a); }
    text.s { fill: var(--gpu-muted, #56615c); stroke: var(--gpu-paper, #fffffe); stroke-width: 5; paint-order: stroke; }
    .rule { min-height: 6em; font-weight: 600; white-space: pre-line; }
    [name=h] { justify-self: start; }
    .check { border-spacing: .4rem .1rem; margin-left: -.4rem; text-align: left; font-size: .8125rem;
      font-variant-numeric: tabular-nums; }
    .inputs input { width: 6rem; }`;

  render(section) {
    const slider = (name) => this.range(name, pretty(name), -4, 4, (value) => this.change(name, value),
      { as: (value) => `= ${this.number(value)}` });
    this.frame(section, [this.control("activation"), this.stepper = this.control("step"),
      this.button("back", this.say("back"), () => this.walk(-1)), this.button("next", this.say("next"), () => this.walk(1))],
      this.make("div", { class: "pair" },
        this.make("div", {}, this.svg = this.draw("svg", { role: "img", viewBox: "0 -2 300 446" }),
          this.key([this.say("value"), this.hue("compute")], [this.say("gradient"), this.hue("cpu")],
            [this.say("slope"), this.hue("muted")])),
        this.make("div", {}, this.make("div", { class: "controls inputs" }, ...INPUTS.map(slider)),
          this.rule = this.make("p", { class: "rule" }), this.note = this.make("p"),
          this.make("h4", {}, this.say("check")), this.control("h"), this.table = this.make("table", { class: "check" }),
          this.make("p", { class: "muted" }, this.say("cost")))));
  }

  walk(by) {
    const slider = this.stepper.querySelector("input");
    slider.value = this.state.step + by;
    slider.dispatchEvent(new Event("input"));
  }

  digits(value) {
    const near = Number(value.toPrecision(5));
    return String(Math.abs(near) < 1e-9 ? 0 : Math.abs(near) < 1e-3 ? near.toExponential(2) : near).replaceAll("-", "−");
  }

  update() {
    const { step, activation } = this.state;
    const values = forward(this.state);
    const { gradients, slopes } = backward(values, activation);
    const known = new Set([...INPUTS, ...FORWARD.slice(0, step).flat()]);
    const solved = new Set(BACKWARD.slice(0, Math.max(0, step - 6)).flat());
    const now = [...FORWARD, ...BACKWARD][step - 1] || [];
    this.showGraph(values, gradients, slopes, known, solved, now);
    const lines = step > 6 ? now.map((name) => this.chain(name, gradients, slopes)) : now.map((name) => this.computed(name, values));
    this.rule.textContent = step ? this.say(step > 6 ? "g" : "f", { text: `\n${lines.join("\n")}` }) : this.say("start");
    this.showCheck(gradients);
    const h = Number(this.state.h);
    this.note.textContent = activation !== "relu" ? "" : Math.abs(values.z) <= 4 * h ? this.say("kink") : values.z < 0 ? this.say("dead") : "";
    this.announce(`${this.rule.textContent} ${this.note.textContent} L = ${this.digits(values.L)}, ${
      INPUTS.slice(0, 5).map((name) => `∂L/∂${pretty(name)} = ${this.digits(gradients[name])}`).join(", ")}`);
  }

  /** ∂L/∂z = ∂L/∂a · ∂a/∂z = 4 · 1 = 4 */
  chain(name, gradients, slopes) {
    if (name === "L") return "∂L/∂L = 1";
    const to = EDGES[name];
    return `∂L/∂${pretty(name)} = ∂L/∂${pretty(to)} · ∂${pretty(to)}/∂${pretty(name)} = ${this.digits(gradients[to])} · ${
      this.signed(slopes[name])} = ${this.digits(gradients[name])}`;
  }

  signed(value) {
    return value < 0 ? `(${this.digits(value)})` : this.digits(value);
  }

  /** z = m₁ + m₂ + b = 2 + 2 + 1 = 5 */
  computed(name, values) {
    const v = (key) => this.signed(values[key]);
    const [symbols, numbers] = {
      m1: ["w₁·x₁", `${v("w1")}·${v("x1")}`], m2: ["w₂·x₂", `${v("w2")}·${v("x2")}`],
      z: ["m₁ + m₂ + b", `${v("m1")} + ${v("m2")} + ${v("b")}`], a: ["σ(z)", `${this.say(this.state.activation)}(${this.digits(values.z)})`],
      e: ["a − y", `${v("a")} − ${v("y")}`], L: ["e²", `${v("e")}²`] }[name];
    return `${pretty(name)} = ${symbols} = ${numbers} = ${this.digits(values[name])}`;
  }

  showGraph(values, gradients, slopes, known, solved, now) {
    const parts = [];
    for (const [name, to] of Object.entries(EDGES)) {
      const [[x, y], [u, v]] = [NODES[name], NODES[to]];
      parts.push(this.draw("path", { class: solved.has(name) ? "edge lit" : "edge", d: `M${x} ${y + 20}L${u} ${v - 20}` }));
      if (solved.has(name)) {
        parts.push(this.draw("text", { class: "s", x: (x + u) / 2, y: (y + v) / 2 + 4 }, `·${this.signed(slopes[name])}`));
      }
    }
    for (const [name, [x, y, does]] of Object.entries(NODES)) {
      parts.push(this.draw("rect", { class: now.includes(name) ? "node now" : "node", x: x - 28, y: y - 20, width: 56, height: 40, rx: 6 }),
        this.draw("text", { x, y: y - 8 }, does ? `${pretty(name)}: ${does}` : pretty(name)));
      if (known.has(name)) parts.push(this.draw("text", { class: "v", x, y: y + 4 }, this.digits(values[name])));
      if (solved.has(name)) parts.push(this.draw("text", { class: "g", x, y: y + 16 }, this.digits(gradients[name])));
    }
    this.svg.replaceChildren(...parts);
    const done = [...known].map((name) => `${pretty(name)} = ${this.digits(values[name])}`).join(", ");
    this.svg.setAttribute("aria-label", this.say("graph", { step: this.state.step, done }));
  }

  showCheck(gradients) {
    const row = (tag, texts) => this.make("tr", {}, ...texts.map((text) => this.make(tag, {}, text)));
    this.table.replaceChildren(row("th", [this.say("by"), this.say("back_"), this.say("difference"), this.say("off")]),
      ...INPUTS.slice(0, 5).map((name) => {
        const found = difference(this.state, name, Number(this.state.h));
        const off = Math.abs(found - gradients[name]);
        return row("td", [pretty(name), this.digits(gradients[name]), this.digits(found),
          off ? off.toExponential(0).replace("-", "−") : "0"]);
      }));
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuBackprop);

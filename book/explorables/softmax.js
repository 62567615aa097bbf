// <gpu-softmax>: logits into probabilities, their loss and gradient, and where exp overflows.
// ABOUT is strict JSON: helpers/explore.py reads it. classes is K; target counts from 1; offset is a
// number added to every logit; precision is that of the arithmetic that is shown to overflow.
const ABOUT = {
  "element": "gpu-softmax",
  "options": {
    "classes": {"min": 2, "max": 5, "default": 4},
    "target": {"min": 1, "max": 5, "default": 1},
    "temperature": {"choices": ["0.1", "0.2", "0.5", "1", "2", "5", "10"], "default": "1"},
    "offset": {"min": -120, "max": 120, "default": 0},
    "precision": {"choices": ["fp16", "fp32"], "default": "fp16"},
    "label": {"default": ""}
  },
  "table": [
    ["z", "exp(z)", "p, T = 1", "p, T = 5"],
    ["2", "7.389", "0.6561", "0.3484"],
    ["1", "2.718", "0.2414", "0.2852"],
    ["0.1", "1.105", "0.0981", "0.2382"],
    ["-3", "0.04979", "0.0044", "0.1282"]
  ],
  "strings": {
    "en": {
      "title": "How do scores become probabilities?",
      "fallback": "Softmax divides each exp(z / T) by the sum of all of them. The loss of the right class y is −ln p_y, and its gradient with respect to a logit is (p − y) / T, where y is 1 for the right class and 0 for the others. The table shows four logits at two temperatures T; with JavaScript you can drag them.",
      "classes": "Classes K", "target": "Right class", "temperature": "Temperature T", "offset": "Added to every logit", "precision": "Arithmetic", "fp16": "FP16", "fp32": "FP32",
      "step": "One step down the gradient", "reset": "Reset",
      "logit": "Logit of class {name}",
      "class": "Class", "z": "Logit z", "p": "Probability p", "g": "Gradient ∂L/∂z", "naive": "exp(z / T)", "naiveP": "Naive p", "stable": "exp(z / T − max)", "stableP": "Stable p",
      "loss": "Loss −ln p of the right class", "guess": "Loss of a blind guess, ln K", "total": "Sum of the gradient", "entropy": "Entropy of p",
      "numeric": "The same in {precision}", "over": "The largest number is {max}: exp overflows for z / T above {edge}. ∞ / ∞ is NaN, and the loss with it.",
      "sum": "Each exponential fits, but their sum overflows: every p becomes 0, and the loss infinite.",
      "under": "All the exponentials are rounded to 0: 0 / 0 is NaN.", "fine": "Nothing overflows here, and both ways agree. Add a number to every logit: the true probabilities stay as they are.",
      "spoken": "Right class {name}: probability {p}, loss {loss}. Naive probability in {precision}: {naive}.",
      "hint": "The gradient points from what the network says to what is right: down for the right class, up for the others. Subtracting the largest logit first changes no probability, and no exponential exceeds 1."
    },
    "zh_CN": {
      "title": "得分怎样变成概率？",
      "fallback": "Softmax 用每个 exp(z / T) 除以它们的总和。正确类别 y 的损失是 −ln p_y，对各 logit 的梯度是 (p − y) / T，其中 y 对正确类别为 1，其余为 0。下表给出四个 logit 在两种温度 T 下的结果；启用 JavaScript 后可拖动它们。",
      "classes": "类别数 K", "target": "正确类别", "temperature": "温度 T", "offset": "给每个 logit 加上", "precision": "算术精度", "fp16": "FP16", "fp32": "FP32",
      "step": "沿梯度下降一步", "reset": "重置",
      "logit": "类别 {name} 的 logit（得分）",
      "class": "类别", "z": "logit z（得分）", "p": "概率 p", "g": "梯度 ∂L/∂z", "naive": "exp(z / T)", "naiveP": "直接算的 p", "stable": "exp(z / T − max)", "stableP": "稳定的 p",
      "loss": "正确类别的损失 −ln p", "guess": "盲猜的损失 ln K", "total": "梯度之和", "entropy": "p 的熵",
      "numeric": "用 {precision} 计算", "over": "最大的数是 {max}：z / T 超过 {edge} 时 exp 溢出。∞ / ∞ 是 NaN，损失也一样。",
      "sum": "每个指数都装得下，但它们的和溢出：每个 p 都变为 0，损失变为无穷。",
      "under": "所有指数都被舍入为 0：0 / 0 是 NaN。", "fine": "这里没有溢出，两种算法一致。给每个 logit 加一个数：真正的概率不变。",
      "spoken": "正确类别 {name}：概率 {p}，损失 {loss}。{precision} 中直接计算的概率：{naive}。",
      "hint": "梯度从网络所说指向正确答案：对正确类别向下，对其余向上。先减去最大的 logit 不改变任何概率，而指数都不超过 1。"
    }
  }
};

const START = [2, 1, 0.1, -3, 0.5];
const NAMES = "ABCDE";
const RANGE = 100; // tenths of a logit on either side
/** Bits of the mantissa, least exponent, largest number. */
const FORMATS = { fp16: [10, -14, 65504], fp32: [23, -126, (2 - 2 ** -23) * 2 ** 127] };

/** The nearest number of a format, of two the even one. */
function rounded(value, [m, least, most]) {
  const unit = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(value))), least) - m);
  if (!value || !Number.isFinite(value)) return value;
  const [steps, down] = [value / unit, Math.floor(value / unit)];
  const part = steps - down;
  const near = (down + (part > 0.5 || part === 0.5 && down % 2 !== 0 ? 1 : 0)) * unit;
  return Math.abs(near) > most ? Math.sign(near) * Infinity : near;
}

/** Probabilities, loss and gradient of one example, in double precision. */
function softmax(z, target, temperature) {
  const scaled = z.map((value) => value / temperature);
  const most = Math.max(...scaled);
  const terms = scaled.map((value) => Math.exp(value - most));
  const sum = terms.reduce((a, b) => a + b);
  const p = terms.map((term) => term / sum);
  return { p, loss: most + Math.log(sum) - scaled[target],
    gradient: p.map((share, k) => (share - Number(k === target)) / temperature) };
}

/** The exponentials and the probabilities where every result is rounded to a format. */
function low(z, temperature, format, stable) {
  const fit = (value) => rounded(value, FORMATS[format]);
  const scaled = z.map((value) => fit(fit(value) / temperature));
  const most = stable ? Math.max(...scaled) : 0;
  const terms = scaled.map((value) => fit(Math.exp(fit(value - most))));
  const sum = terms.reduce((a, b) => fit(a + b), 0);
  return { terms, p: terms.map((term) => fit(term / sum)) };
}

class GpuSoftmax extends GpuElement {
  static about = ABOUT;
  static softmax = softmax;
  static low = low;
  static rounded = rounded;
  static style = `
    .rows { display: grid; gap: .35rem; margin: .75rem 0; }
    .row { display: grid; grid-template-columns: 11rem 1fr 1fr; gap: .25rem 1rem; align-items: center; }
    .row input { width: 100%; }
    .bar { position: relative; height: 1.6rem; background: var(--gpu-surface, #f5f7f3); font-size: .8125rem; }
    .bar i { position: absolute; top: 0; bottom: 0; background: color-mix(in srgb, var(--role) 45%, var(--gpu-paper, #fffffe)); }
    .bar span { position: absolute; right: .3rem; top: .2rem; font-variant-numeric: tabular-nums; }
    .right { font-weight: 700; }
    .low { border-spacing: .8rem .15rem; margin-left: -.8rem; font-size: .8125rem; text-align: left;
      font-variant-numeric: tabular-nums; }
    .broken { color: var(--gpu-bad, #b3261e); font-weight: 700; }
    .verdict { min-height: 3em; }
    @container (max-width: 30rem) { .row { grid-template-columns: 1fr 1fr; } .row > :first-child { grid-column: span 2; }
      .low { border-spacing: .3rem .15rem; margin-left: -.3rem; font-size: .75rem; } }`;

  start(options) {
    super.start({ ...options, z: [...START] });
    this.state.target = Math.min(options.target, options.classes);
  }

  render(section) {
    const { choices } = ABOUT.options.temperature;
    const target = this.range("target", this.say("target"), 1, 5, (value) => this.change("target", Math.min(value, this.state.classes)),
      { as: (value) => NAMES[Math.min(value, this.state.classes) - 1] });
    this.frame(section, [this.control("classes"), target,
      this.range("temperature", this.say("temperature"), 0, choices.length - 1, (at) => this.change("temperature", choices[at]),
        { value: choices.indexOf(this.state.temperature), as: (at) => choices[at] })],
      this.rows = this.make("div", { class: "rows" }),
      this.make("div", { class: "controls" },
        this.button("step", this.say("step"), () => this.step()),
        this.button("reset", this.say("reset"), () => { this.state.z = [...START]; this.layOut(); this.update(); })),
      this.figures = this.make("dl", { class: "facts" }),
      this.heading = this.make("h4"),
      this.make("div", { class: "controls" }, this.control("precision"), this.control("offset")),
      this.table = this.make("table", { class: "low" }), this.verdict = this.make("p", { class: "verdict" }));
    this.layOut();
  }

  change(name, value) {
    this.state[name] = value;
    if (name === "classes") {
      this.state.target = Math.min(this.state.target, value);
      this.layOut();
    }
    this.update();
  }

  /** z ← z − ∂L/∂z: a step of gradient descent with the learning rate 1. */
  step() {
    const { z, classes, target, temperature } = this.state;
    const { gradient } = softmax(z.slice(0, classes), target - 1, Number(temperature));
    gradient.forEach((g, k) => { z[k] = Math.max(-RANGE / 10, Math.min(RANGE / 10, z[k] - g)); });
    this.layOut();
    this.update();
  }

  layOut() {
    const { z, classes } = this.state;
    this.parts = z.slice(0, classes).map((value, k) => {
      const bar = (role) => {
        const part = { fill: this.make("i", { style: `--role: ${this.hue(role)}` }), text: this.make("span") };
        part.box = this.make("div", { class: "bar" }, part.fill, part.text);
        return part;
      };
      const slider = this.range(`z${k}`, this.say("logit", { name: NAMES[k] }), -RANGE, RANGE,
        (tenths) => { z[k] = tenths / 10; this.update(); }, { value: value * 10, as: (tenths) => this.number(tenths / 10) });
      return { slider, p: bar("compute"), g: bar("cpu") };
    });
    this.rows.replaceChildren(
      this.make("div", { class: "row muted" }, ...["z", "p", "g"].map((key) => this.make("span", {}, this.say(key)))),
      ...this.parts.map(({ slider, p, g }) => this.make("div", { class: "row" }, slider, p.box, g.box)));
  }

  update() {
    const { classes, target, precision } = this.state;
    const T = Number(this.state.temperature);
    const z = this.state.z.slice(0, classes);
    const found = softmax(z, target - 1, T);
    const most = Math.max(1, ...found.gradient.map(Math.abs));
    this.parts.forEach(({ slider, p, g }, k) => {
      slider.classList.toggle("right", k === target - 1);
      const gradient = found.gradient[k];
      p.fill.style.width = `${100 * found.p[k]}%`;
      g.fill.style.left = `${50 + Math.min(0, 50 * gradient / most)}%`;
      g.fill.style.width = `${Math.abs(50 * gradient / most)}%`;
      [p.text.textContent, g.text.textContent] = [this.digits(found.p[k]), this.digits(gradient)];
    });
    const entropy = -found.p.reduce((sum, p) => sum + (p && p * Math.log(p)), 0);
    this.facts(this.figures, [["loss", this.digits(found.loss), "cpu"], ["guess", this.digits(Math.log(classes))],
      ["entropy", this.digits(entropy)], ["total", this.digits(found.gradient.reduce((a, b) => a + b))]]);
    const naive = this.showLow(z, T);
    this.announce(this.say("spoken", { name: NAMES[target - 1], p: this.digits(found.p[target - 1]), loss: this.digits(found.loss),
      precision: this.say(precision), naive: this.digits(naive[target - 1]) }));
  }

  digits(value) {
    if (!Number.isFinite(value)) return String(value).replace("Infinity", "∞");
    const near = Math.abs(value) < 1e-12 ? 0 : Number(value.toPrecision(4));
    const far = near && (Math.abs(near) >= 1e6 || Math.abs(near) < 1e-4);
    return (far ? near.toExponential(2) : String(near)).replaceAll("-", "−").replace("e+", "e");
  }

  /** Both ways in low precision, class by class. */
  showLow(z, T) {
    const { offset, precision } = this.state;
    const moved = z.map((value) => value + offset);
    const [naive, stable] = [false, true].map((way) => low(moved, T, precision, way));
    this.heading.textContent = this.say("numeric", { precision: this.say(precision) });
    const row = (tag, texts) => this.make("tr", {}, ...texts.map((text) =>
      this.make(tag, { class: text === "∞" || text === "NaN" ? "broken" : null }, text)));
    this.table.replaceChildren(row("th", ["class", "naive", "naiveP", "stable", "stableP"].map((key) => this.say(key))),
      ...z.map((_, k) => row("td", [NAMES[k], ...[naive.terms, naive.p, stable.terms, stable.p].map((list) => this.digits(list[k]))])));
    const largest = FORMATS[precision][2];
    const values = { max: largest > 1e6 ? this.digits(largest) : largest, edge: this.number(Math.log(largest)) };
    const what = naive.terms.includes(Infinity) ? this.say("over", values) : naive.p.some(Number.isNaN) ? this.say("under")
      : naive.p.some(Boolean) ? "" : this.say("sum");
    this.verdict.className = what ? "verdict problem" : "verdict";
    this.verdict.textContent = what || this.say("fine");
    return naive.p;
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuSoftmax);

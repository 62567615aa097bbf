// <gpu-optimisers>: five optimisers race down one surface, step by step.
// ABOUT is strict JSON: helpers/explore.py reads it. rate is the learning rate of SGD, momentum and
// Nesterov; adam_rate that of Adam and AdamW; momentum is in hundredths, x and y (the start) in tenths.
const ABOUT = {
  "element": "gpu-optimisers",
  "options": {
    "surface": {"choices": ["ravine", "saddle", "valley", "noisy"], "default": "ravine"},
    "rate": {"choices": ["0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2"], "default": "0.05"},
    "momentum": {"min": 0, "max": 99, "default": 90},
    "adam_rate": {"choices": ["0.01", "0.02", "0.05", "0.1", "0.2", "0.5"], "default": "0.1"},
    "decay": {"choices": ["0", "0.01", "0.1", "0.5"], "default": "0.1"},
    "x": {"min": -20, "max": 20, "default": -16},
    "y": {"min": -20, "max": 20, "default": 12},
    "steps": {"min": 0, "max": 200, "default": 0},
    "label": {"default": ""}
  },
  "table": [
    ["η = 0.05, μ = 0.9", "SGD", "Momentum", "Nesterov", "Adam, 0.1", "AdamW, 0.1"],
    ["L(0)", 32.28, 32.28, 32.28, 32.28, 32.28],
    ["L(10)", 1.212, 1.215, 0.232, 6.655, 5.551],
    ["L(20)", 0.4344, 4.578, 0.01613, 0.2798, 0.2198],
    ["L(30)", 0.1557, 0.1907, 0.02831, 0.7668, 0.4619]
  ],
  "strings": {
    "en": {
      "title": "Which way down?",
      "fallback": "SGD goes against the gradient. Momentum adds up past gradients, Nesterov looks ahead along that sum, Adam divides each direction by the size of its own gradients, and AdamW also pulls the weights towards 0. The table gives the loss after some steps in a ravine; with JavaScript you can race them.",
      "surface": "Surface", "ravine": "ravine", "saddle": "saddle", "valley": "curved valley", "noisy": "noisy bowl",
      "rate": "η of SGD, momentum, Nesterov", "momentum": "Momentum μ", "adam_rate": "η of Adam, AdamW", "decay": "Weight decay of AdamW", "x": "Start, x", "y": "Start, y", "steps": "Steps",
      "one": "Step", "ten": "10 steps", "run": "Run", "stop": "Stop", "reset": "Reset",
      "picture": "Contours of the {surface} with the paths of the optimisers after {steps} steps.", "curves": "Loss against steps, from 10² at the top to 10⁻⁴",
      "lost": "diverged", "spoken": "After {steps} steps: {losses}. Lowest loss: {best}.",
      "formula": "L = {text}", "hint": "Click the map to choose a start. Each step is PyTorch's; in the noisy bowl, all feel the same noise. A learning rate that suits one surface can be too large for another."
    },
    "zh_CN": {
      "title": "往哪边下山？",
      "fallback": "SGD 逆梯度而行。动量累加过去的梯度，Nesterov 沿累加方向先看一步，Adam 用各方向自身梯度的大小去除它，AdamW 还把权重拉向 0。下表给出在沟谷中走若干步后的损失；启用 JavaScript 后可让它们赛跑。",
      "surface": "曲面", "ravine": "沟谷", "saddle": "鞍面", "valley": "弯曲的山谷", "noisy": "带噪声的碗",
      "rate": "SGD、动量、Nesterov 的 η", "momentum": "动量 μ", "adam_rate": "Adam、AdamW 的 η", "decay": "AdamW 的权重衰减", "x": "起点 x（横）", "y": "起点 y（纵）", "steps": "步数",
      "one": "一步", "ten": "十步", "run": "运行", "stop": "停止", "reset": "重置",
      "picture": "{surface}的等高线，以及各优化器走 {steps} 步后的路径。", "curves": "损失随步数的变化，从顶部的 10² 到 10⁻⁴",
      "lost": "发散", "spoken": "{steps} 步之后：{losses}。损失最低：{best}。",
      "formula": "L = {text}（损失）", "hint": "点击地图选择起点。每一步都与 PyTorch 相同；在带噪声的碗中，大家受到同样的噪声。适合一个曲面的学习率，对另一个可能太大。"
    }
  }
};

/** Loss, gradient, and the formula to show. */
const SURFACES = {
  ravine: [(x, y) => 0.5 * (x - 1) ** 2 + 10 * (y + 0.5) ** 2, (x, y) => [x - 1, 20 * (y + 0.5)], "½(x − 1)² + 10(y + ½)²"],
  saddle: [(x, y) => 1 + x * x / 2 - y * y / 2 + y ** 4 / 8 + x / 4, (x, y) => [x + 0.25, y ** 3 / 2 - y], "1 + ½x² + ¼x − ½y² + ⅛y⁴"],
  valley: [(x, y) => (1 - x) ** 2 / 4 + 2 * (y - x * x / 2) ** 2,
    (x, y) => [(x - 1) / 2 - 4 * x * (y - x * x / 2), 4 * (y - x * x / 2)], "¼(1 − x)² + 2(y − ½x²)²"],
  noisy: [(x, y) => (x - 0.5) ** 2 + 2 * (y + 0.5) ** 2, (x, y) => [2 * (x - 0.5), 4 * (y + 0.5)], "(x − ½)² + 2(y + ½)²"],
};
const NOISE = 2;
const EPSILON = 1e-8;

/** Two numbers between −1 and 1 for each step: what one batch's gradient is off by. */
function noise(steps) {
  let seed = 12345;
  const next = () => { seed = (seed * 16807) % 2147483647; return 2 * seed / 2147483647 - 1; };
  return Array.from({ length: steps }, () => [next(), next()]);
}

/** What each optimiser adds to a parameter, from its gradient g; s is the parameter's own memory. */
const RULES = {
  SGD: (g, s, { rate }) => -rate * g,
  Momentum: (g, s, { rate, momentum }) => { s.v = momentum * (s.v ?? 0) + g; return -rate * s.v; },
  Nesterov: (g, s, { rate, momentum }) => { s.v = momentum * (s.v ?? 0) + g; return -rate * (g + momentum * s.v); },
  Adam: (g, s, { adam, t }) => {
    s.m = 0.9 * (s.m ?? 0) + 0.1 * g;
    s.q = 0.999 * (s.q ?? 0) + 0.001 * g * g;
    return -adam * (s.m / (1 - 0.9 ** t)) / (Math.sqrt(s.q / (1 - 0.999 ** t)) + EPSILON);
  },
  AdamW: (g, s, how) => RULES.Adam(g, s, how) - how.adam * how.decay * how.w,
};
const ROLES = { SGD: "bad", Momentum: "compute", Nesterov: "memory", Adam: "gpu", AdamW: "cpu" };
const DASHES = { SGD: "", Momentum: "6 3", Nesterov: "2 3", Adam: "", AdamW: "7 3 2 3" };

/** The points that an optimiser visits, the start included. */
function path(name, { surface, steps, start, ...how }) {
  const gradient = SURFACES[surface][1];
  const shake = surface === "noisy" ? noise(steps) : [];
  const memory = [{}, {}];
  const points = [start];
  for (let t = 1; t <= steps; t++) {
    const at = points[t - 1];
    const g = gradient(...at).map((value, axis) => value + NOISE * (shake[t - 1]?.[axis] ?? 0));
    points.push(at.map((w, axis) => w + RULES[name](g[axis], memory[axis], { ...how, t, w })));
  }
  return points;
}

class GpuOptimisers extends GpuElement {
  static about = ABOUT;
  static path = path;
  static noise = noise;
  static loss = (surface, x, y) => SURFACES[surface][0](x, y);
  static style = `
    .pair { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: .75rem 0; }
    .pair > div { flex: 1 1 17rem; min-width: 0; }
    svg { display: block; width: 100%; border: 1px solid var(--gpu-line, #d5dbd4); overflow: hidden; }
    .map { cursor: crosshair; }
    path { fill: none; vector-effect: non-scaling-stroke; stroke-width: 2.5; }
    .contour, .decade { stroke: var(--gpu-muted, #56615c); stroke-opacity: .45; stroke-width: 1; }
    .runners { border-spacing: .6rem .1rem; margin-left: -.6rem; font-size: .875rem; text-align: left;
      font-variant-numeric: tabular-nums; }
    .runners svg { width: 2.5rem; height: .8rem; border: 0; }
    .best { font-weight: 700; }
    @media (prefers-reduced-motion: reduce) { [name=run] { display: none; } }`;

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop();
  }

  render(section) {
    const slider = (name) => {
      const { choices } = ABOUT.options[name];
      return this.range(name, this.say(name), 0, choices.length - 1, (at) => this.change(name, choices[at]),
        { value: choices.indexOf(this.state[name]), as: (at) => choices[at] });
    };
    const part = (name, as) => this.control(name, { as });
    const tenths = (value) => this.number(value / 10);
    const drawing = (name, more) => this[name] = this.draw("svg", { role: "img", viewBox: "0 0 100 100", preserveAspectRatio: "none", class: name, ...more });
    this.steps = part("steps");
    this.frame(section, [this.control("surface"), slider("rate"), part("momentum", (value) => this.number(value / 100)),
      slider("adam_rate"), slider("decay"), part("x", tenths), part("y", tenths)],
      this.formula = this.make("p", { class: "muted" }),
      this.make("div", { class: "controls" }, this.steps,
        this.button("one", this.say("one"), () => { this.stop(); this.walk(1); }),
        this.button("ten", this.say("ten"), () => { this.stop(); this.walk(10); }),
        this.runner = this.button("run", this.say("run"), () => this.run()),
        this.button("reset", this.say("reset"), () => { this.stop(); this.walk(-200); })),
      this.make("div", { class: "pair" },
        this.make("div", {}, drawing("map", { onclick: (event) => this.pick(event), style: "aspect-ratio: 1" })),
        this.make("div", {}, this.make("h4", {}, this.say("curves")), drawing("curve", { style: "height: 11rem" }),
          this.table = this.make("table", { class: "runners" }))));
  }

  change(name, value) {
    if (name !== "steps") this.stop();
    super.change(name, value);
  }

  walk(by) {
    const slider = this.steps.querySelector("input");
    slider.value = this.state.steps + by;
    slider.dispatchEvent(new Event("input"));
  }

  run() {
    if (this.timer) {
      this.stop();
      return this.update();
    }
    if (this.state.steps === 200) this.walk(-200);
    this.runner.textContent = this.say("stop");
    this.timer = setInterval(() => (this.state.steps < 200 ? this.walk(1) : this.run()), 60);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.runner) this.runner.textContent = this.say("run");
  }

  /** A click on the map is a start. */
  pick(event) {
    const box = this.map.getBoundingClientRect();
    const place = { x: (event.clientX - box.left) / box.width, y: 1 - (event.clientY - box.top) / box.height };
    for (const [name, share] of Object.entries(place)) {
      const slider = this.shadowRoot.querySelector(`[name=${name}]`);
      slider.value = Math.round(40 * share - 20);
      slider.dispatchEvent(new Event("input"));
    }
  }

  update() {
    const { surface, rate, momentum, adam_rate, decay, x, y, steps } = this.state;
    const how = { surface, steps, start: [x / 10, y / 10], rate: Number(rate), momentum: momentum / 100,
      adam: Number(adam_rate), decay: Number(decay) };
    const [loss, , text] = SURFACES[surface];
    const runs = Object.keys(RULES).map((name) => {
      const points = path(name, how);
      return { name, points, losses: points.map((point) => loss(...point)) };
    });
    this.formula.textContent = this.say("formula", { text });
    this.showMap(surface, runs);
    this.showCurves(runs);
    const ends = runs.map(({ name, losses }) => [name, losses.at(-1) < 1e6 ? losses.at(-1) : Infinity]);
    const best = ends.reduce((low, run) => (run[1] < low[1] ? run : low));
    this.table.replaceChildren(...ends.map(([name, end]) => this.make("tr", { class: steps && name === best[0] ? "best" : null },
      this.make("td", {}, this.draw("svg", { viewBox: "0 0 40 12", "aria-hidden": "true" }, this.line(name, "M0 6H40"))),
      this.make("td", {}, name), this.make("td", {}, this.digits(end)))));
    if (!this.timer) this.announce(this.say("spoken", { steps, best: best[0],
      losses: ends.map(([name, end]) => `${name} ${this.digits(end)}`).join(", ") }));
  }

  digits(value) {
    if (value === Infinity) return this.say("lost");
    return (Math.abs(value) < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(4)))).replaceAll("-", "−");
  }

  line(name, d) {
    return this.draw("path", { d, "stroke-dasharray": DASHES[name], style: `stroke: ${this.hue(ROLES[name])}` });
  }

  showMap(surface, runs) {
    this.contours ??= {};
    const lines = this.contours[surface] ??= this.levels(SURFACES[surface][0]);
    const at = ([x, y]) => `${(25 * (x + 2)).toFixed(2)} ${(25 * (2 - y)).toFixed(2)}`;
    const seen = (points) => points.filter(([x, y]) => Math.abs(x) < 40 && Math.abs(y) < 40);
    this.map.replaceChildren(this.draw("path", { class: "contour", d: lines }),
      ...runs.map(({ name, points }) => this.line(name, `M${seen(points).map(at).join("L")}`)),
      ...runs.map(({ name, points }) => this.draw("path", { d: `M${at(seen(points).at(-1))}h0`,
        style: `stroke: ${this.hue(ROLES[name])}; stroke-width: 9; stroke-linecap: round` })));
    this.map.setAttribute("aria-label", this.say("picture", { surface: this.say(surface), steps: this.state.steps }));
  }

  /** Contours by marching over a grid of squares: a segment where a level crosses two sides. */
  levels(loss) {
    const n = 50;
    const value = (i, j) => loss(4 * i / n - 2, 2 - 4 * j / n);
    const all = Array.from({ length: n * n }, (_, at) => value(Math.floor(at / n), at % n));
    const levels = Array.from({ length: 12 }, (_, k) => Math.min(...all) + 0.02 * 2.2 ** k);
    const parts = [];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const corners = [[i, j], [i + 1, j], [i + 1, j + 1], [i, j + 1]].map(([u, v]) => [u, v, value(u, v)]);
        for (const level of levels) {
          const cuts = corners.flatMap(([u, v, a], k) => {
            const [p, q, b] = corners[(k + 1) % 4];
            const share = (level - a) / (b - a);
            return a < level !== b < level ? [`${(100 / n * (u + share * (p - u))).toFixed(1)} ${(100 / n * (v + share * (q - v))).toFixed(1)}`] : [];
          });
          for (let k = 0; k + 1 < cuts.length; k += 2) parts.push(`M${cuts[k]}L${cuts[k + 1]}`);
        }
      }
    }
    return parts.join("");
  }

  /** From 10⁻⁴ to 10², what lies outside at the edge. */
  showCurves(runs) {
    const down = (loss) => Math.min(99, Math.max(1, 100 * (2 - Math.log10(Math.max(loss, 1e-9))) / 6)) || 1;
    const decades = [1, 2, 3, 4, 5].map((k) => `M0 ${100 * k / 6}h100`).join("");
    this.curve.replaceChildren(this.draw("path", { class: "decade", d: decades }), ...runs.map(({ name, losses }) =>
      this.line(name, `M${losses.map((loss, t) => `${t / 2} ${down(loss).toFixed(2)}`).join("L")}`)));
    this.curve.setAttribute("aria-label", this.say("curves"));
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuOptimisers);

// <gpu-convolution>: slide a kernel over a small image; as in PyTorch, the kernel is not flipped.
// ABOUT is strict JSON: helpers/explore.py reads it.
const ABOUT = {
  "element": "gpu-convolution",
  "options": {
    "image": {"choices": ["digit", "letter", "edge", "dot"], "default": "digit"},
    "kernel": {"choices": ["vertical", "edge", "blur", "sharpen", "identity"], "default": "vertical"},
    "size": {"min": 1, "max": 5, "default": 3},
    "stride": {"min": 1, "max": 3, "default": 1},
    "padding": {"min": 0, "max": 2, "default": 1},
    "dilation": {"min": 1, "max": 3, "default": 1},
    "label": {"default": ""}
  },
  "table": [
    ["n", "k", "s", "p", "d", "⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1"],
    [8, 3, 1, 0, 1, 6],
    [8, 3, 1, 1, 1, 8],
    [8, 3, 2, 1, 1, 4],
    [8, 3, 1, 2, 2, 8],
    [8, 5, 3, 0, 1, 2]
  ],
  "strings": {
    "en": {
      "title": "Convolution to play with",
      "fallback": "A k × k kernel slides over an n × n image with stride s, padding p and dilation d. At each stop the pixels under it are multiplied by its weights and added: one output pixel. The table gives the output pixels per side; with JavaScript you can try it here.",
      "image": "Image", "digit": "the digit 7", "letter": "the letter A", "dot": "one bright pixel",
      "kernel": "Kernel", "vertical": "vertical edges", "edge": "edge", "blur": "blur", "sharpen": "sharpen", "identity": "identity", "custom": "your own",
      "size": "Size k", "stride": "Stride s", "padding": "Padding p", "dilation": "Dilation d",
      "step": "Next position", "play": "Play", "stop": "Stop",
      "input": "Input, padded", "inputHelp": "Image with its padding. Arrows choose a pixel, space switches it.",
      "weights": "Kernel", "weight": "Weight, row {row}, column {column}",
      "output": "Output", "outputHelp": "Output. Arrows move the window.",
      "hint": "Click a pixel to switch it; choose an output cell to see its sum. As in PyTorch the kernel is not flipped: strictly, it is a cross-correlation.",
      "law": "Output size: ⌊({n} + 2·{p} − {d}·({k} − 1) − 1) / {s}⌋ + 1 = {out}",
      "work": "Work: {out} × {out} outputs × {k} × {k} weights = {total} multiply-adds",
      "sum": "Output row {row}, column {column}: ",
      "spoken": "Output row {row}, column {column} is {value}. The output is {out} by {out}; {total} multiply-adds.",
      "pixel": "Pixel row {row}, column {column} is {value}.", "border": "Padding, always 0.",
      "impossible": "No output: the window spans d(k − 1) + 1 = {span} pixels, but the padded image has only {room}. Use a smaller kernel or dilation, or more padding. PyTorch raises an error."
    },
    "zh_CN": {
      "title": "动手玩卷积",
      "fallback": "一个 k × k 的卷积核以步幅 s、填充 p、空洞率 d 在 n × n 的图像上滑动。每停一处，窗口下的像素与权重相乘再求和，得到一个输出像素。下表给出每边的输出像素数；启用 JavaScript 后可在此亲手尝试。",
      "image": "图像", "digit": "数字 7", "letter": "字母 A", "dot": "单个亮点",
      "kernel": "卷积核", "vertical": "竖直边缘", "edge": "边缘", "blur": "模糊", "sharpen": "锐化", "identity": "恒等", "custom": "自定义",
      "size": "大小 k", "stride": "步幅 s", "padding": "填充 p", "dilation": "空洞率 d",
      "step": "下一个位置", "play": "播放", "stop": "停止",
      "input": "输入（含填充）", "inputHelp": "带填充的图像。方向键选择像素，空格键切换明暗。",
      "weights": "卷积核", "weight": "权重，第 {row} 行第 {column} 列",
      "output": "输出", "outputHelp": "输出。方向键在图像上移动窗口。",
      "hint": "点击像素可切换明暗；选择输出单元格可看到它的求和。与 PyTorch 一样，卷积核不翻转：严格地说，这是互相关。",
      "law": "输出大小：⌊({n} + 2·{p} − {d}·({k} − 1) − 1) / {s}⌋ + 1 = {out}",
      "work": "计算量：{out} × {out} 个输出 × {k} × {k} 个权重 = {total} 次乘加",
      "sum": "输出第 {row} 行第 {column} 列：",
      "spoken": "输出第 {row} 行第 {column} 列为 {value}。输出为 {out} 乘 {out}，共 {total} 次乘加。",
      "pixel": "像素第 {row} 行第 {column} 列为 {value}。", "border": "填充，恒为 0。",
      "impossible": "没有输出：窗口跨度为 d(k − 1) + 1 = {span} 个像素，而填充后的图像只有 {room} 个。请减小卷积核或空洞率，或增加填充。PyTorch 在此会报错。"
    }
  }
};

const PICTURES = {
  digit: "........ .######. ......#. .....#.. ....#... ...#.... ...#.... ........",
  letter: "........ ...##... ..#..#.. .#....#. .######. .#....#. .#....#. ........",
  edge: "....#### ".repeat(8).trim(),
  dot: "........ ........ ........ ...#.... ........ ........ ........ ........",
};

const picture = (name) => PICTURES[name].split(" ").map((row) => [...row].map((c) => Number(c === "#")));

/** A preset kernel of k × k weights. */
function preset(name, k) {
  const middle = Math.floor(k / 2);
  const weight = {
    identity: (centre) => Number(centre),
    blur: () => 1 / (k * k),
    edge: (centre) => (centre ? k * k - 1 : -1),
    sharpen: (centre) => (centre ? k * k : -1),
    vertical: (_, column) => Math.sign(column - (k - 1) / 2),
  }[name];
  return Array.from({ length: k }, (_, i) =>
    Array.from({ length: k }, (_, j) => weight(i === middle && j === middle, j)));
}

/** Below 1 there is no output. */
const outputSize = (n, k, s, p, d) => Math.floor((n + 2 * p - d * (k - 1) - 1) / s) + 1;

/** The products behind one output cell, in padded coordinates. */
function taps(image, kernel, s, p, d, i, j) {
  return kernel.flatMap((line, u) => line.map((weight, v) => {
    const [row, column] = [i * s + u * d, j * s + v * d];
    return { row, column, weight, pixel: image[row - p]?.[column - p] ?? 0 };
  }));
}

/** The cross-correlation of a square image with a square kernel, as torch.nn.functional.conv2d. */
function convolve(image, kernel, s, p, d) {
  const side = Math.max(0, outputSize(image.length, kernel.length, s, p, d));
  return Array.from({ length: side }, (_, i) => Array.from({ length: side }, (_, j) =>
    taps(image, kernel, s, p, d, i, j).reduce((sum, tap) => sum + tap.weight * tap.pixel, 0)));
}

class GpuConvolution extends GpuElement {
  static about = ABOUT;
  static convolve = convolve;
  static style = `
    .pair { display: flex; flex-wrap: wrap; gap: 1rem 1.5rem; margin: 1rem 0; }
    td { width: 1.6rem; height: 1.6rem; }
    .output td { width: 2.1rem; }
    .on { background: var(--gpu-ink, #1c2321); color: var(--gpu-paper, #fffffe); }
    .border { background: var(--gpu-surface, #f5f7f3); color: var(--gpu-muted, #56615c);
      border-style: dashed; }
    .tap { box-shadow: inset 0 0 0 3px var(--gpu-compute, #0a67a3); }
    .kernel { display: grid; gap: .2rem; width: max-content; max-width: 100%; }
    .kernel input { width: 3rem; min-height: 2rem; padding: 0; text-align: center;
      font-size: .8125rem; }
    .sum { min-height: 3em; }
    .input:not(:focus) td { outline: none; }
    @container (max-width: 24rem) {
      .output td { width: 1.65rem; } td { width: 1.5rem; font-size: .6875rem; } }
    @media (prefers-reduced-motion: no-preference) { td { transition: background-color .15s; } }
    @media (prefers-reduced-motion: reduce) { [name=play] { display: none; } }`;

  start(options) {
    this.state = { ...options, row: 0, column: 0 };
    this.image = picture(options.image);
    this.kernel = preset(options.kernel, options.size);
  }

  disconnectedCallback() {
    super.disconnectedCallback();
    this.stop();
  }

  get output() {
    const { stride, padding, dilation } = this.state;
    return convolve(this.image, this.kernel, stride, padding, dilation);
  }

  get multiplyAdds() {
    return (this.output.length * this.kernel.length) ** 2;
  }

  render(section) {
    const names = (name) => this.constructor.about.options[name].choices.map((c) => [c, this.say(c)]);
    const slider = (name) => {
      const { min, max } = this.constructor.about.options[name];
      return this.range(name, this.say(name), min, max, (value) => this.change(name, value));
    };
    const kernels = [...names("kernel"), ["custom", this.say("custom")]];
    section.append(
      this.make("h3", {}, this.state.label || this.say("title")),
      this.make("div", { class: "controls" },
        this.select("image", this.say("image"), names("image"), (v) => this.change("image", v)),
        this.select("kernel", this.say("kernel"), kernels, (v) => this.change("kernel", v)),
        ...["size", "stride", "padding", "dilation"].map(slider)),
      this.parts = this.make("div", { class: "pair" }),
      this.make("div", { class: "controls" },
        this.button("step", this.say("step"), () => { this.stop(); this.next(); }),
        this.player = this.button("play", this.say("play"), () => this.play())),
      this.sum = this.make("p", { class: "sum" }),
      this.law = this.make("p"),
      this.work = this.make("p"),
      this.make("p", { class: "muted" }, this.say("hint")));
    this.layOut();
  }

  /** Draw the grids anew. */
  layOut() {
    const { padding } = this.state;
    const room = this.image.length + 2 * padding;
    const side = this.output.length;
    this.state.row = Math.min(this.state.row, Math.max(0, side - 1));
    this.state.column = Math.min(this.state.column, Math.max(0, side - 1));
    this.before = this.grid("input", this.say("inputHelp"), room, room, {
      moved: (row, column) => { this.before.point(row, column); this.sayPixel(row, column); },
      pressed: (row, column) => this.toggle(row - padding, column - padding) });
    this.after = this.grid("output", this.say("outputHelp"), side, side, {
      moved: (row, column) => { this.stop(); this.move(row, column); } });
    const named = (key, part) => this.make("div", {}, this.make("strong", {}, this.say(key)), part);
    this.parts.replaceChildren(
      named("input", this.before), named("weights", this.weights()),
      ...(side ? [named("output", this.after)] : []));
    this.before.point(padding, padding);
  }

  weights() {
    const k = this.kernel.length;
    const box = this.make("div", { class: "kernel", style: `grid-template-columns: repeat(${k}, auto)` });
    this.kernel.forEach((line, row) => line.forEach((weight, column) => {
      const input = this.make("input", { type: "number", step: "any",
        "aria-label": this.say("weight", { row: row + 1, column: column + 1 }),
        value: Math.round(weight * 1000) / 1000, oninput: () => {
          this.kernel[row][column] = input.valueAsNumber || 0;
          this.state.kernel = "custom";
          this.shadowRoot.querySelector("select[name=kernel]").value = "custom";
          this.update();
        } });
      box.append(input);
    }));
    return box;
  }

  /** Set one control's value and show the result. */
  change(name, value) {
    this.stop();
    this.state[name] = value;
    const { image, kernel, size } = this.state;
    if (name === "image") this.image = picture(image);
    if (name === "kernel" || name === "size") {
      const fill = (line, i) => line.map((_, j) => this.kernel[i]?.[j] ?? 0);
      this.kernel = kernel === "custom" ? preset("blur", size).map(fill) : preset(kernel, size);
    }
    this.layOut();
    this.update();
  }

  toggle(row, column) {
    if (this.image[row]?.[column] === undefined) return;
    this.image[row][column] = 1 - this.image[row][column];
    this.update();
    this.sayPixel(row + this.state.padding, column + this.state.padding);
  }

  sayPixel(row, column) {
    const p = this.state.padding;
    const value = this.image[row - p]?.[column - p];
    this.announce(value === undefined ? this.say("border")
      : this.say("pixel", { row: row - p + 1, column: column - p + 1, value }));
  }

  move(row, column) {
    Object.assign(this.state, { row, column });
    this.update();
  }

  /** On to the next output cell, row by row, and round again. */
  next() {
    const side = this.output.length;
    if (!side) return;
    const at = (this.state.row * side + this.state.column + 1) % (side * side);
    this.move(Math.floor(at / side), at % side);
  }

  play() {
    if (this.timer) {
      this.stop();
      return this.update();
    }
    this.player.textContent = this.say("stop");
    this.timer = setInterval(() => this.next(), 500);
  }

  stop() {
    clearInterval(this.timer);
    this.timer = null;
    if (this.player) this.player.textContent = this.say("play");
  }

  update() {
    const { stride: s, padding: p, dilation: d, row, column } = this.state;
    const output = this.output;
    const [n, k, out] = [this.image.length, this.kernel.length, output.length];
    const inside = out ? taps(this.image, this.kernel, s, p, d, row, column) : [];
    this.showInput(new Set(inside.map((tap) => `${tap.row},${tap.column}`)));
    const size = this.number(outputSize(n, k, s, p, d));
    this.law.textContent = this.say("law", { n, p, d, k, s, out: size });
    this.work.textContent = out ? this.say("work", { out, k, total: this.multiplyAdds }) : "";
    this.sum.classList.toggle("problem", !out);
    if (!out) {
      this.sum.textContent = this.say("impossible", { span: d * (k - 1) + 1, room: n + 2 * p });
      return this.announce(this.sum.textContent);
    }
    this.showOutput(output);
    const place = { row: row + 1, column: column + 1 };
    const value = this.number(output[row][column]);
    const signed = (w) => (w < 0 ? `(${this.number(w)})` : this.number(w));
    const products = inside.map((tap) => `${tap.pixel}·${signed(tap.weight)}`).join(" + ");
    this.sum.textContent = `${this.say("sum", place)}${products} = ${value}`;
    if (!this.timer) this.announce(this.say("spoken", { ...place, value, out, total: this.multiplyAdds }));
  }

  showInput(inside) {
    const p = this.state.padding;
    const room = this.image.length + 2 * p;
    for (let row = 0; row < room; row++) {
      for (let column = 0; column < room; column++) {
        const cell = this.before.at(row, column);
        const pixel = this.image[row - p]?.[column - p];
        cell.textContent = pixel ?? 0;
        cell.className = pixel === undefined ? "border" : pixel ? "on" : "off";
        cell.classList.toggle("tap", inside.has(`${row},${column}`));
      }
    }
  }

  showOutput(output) {
    const most = Math.max(1e-9, ...output.flat().map(Math.abs));
    output.forEach((line, row) => line.forEach((value, column) => {
      const cell = this.after.at(row, column);
      cell.textContent = this.number(value);
      cell.style.background = this.tint(value < 0 ? "bad" : "compute", Math.abs(value) / most);
    }));
    this.after.point(this.state.row, this.state.column);
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuConvolution);

// <gpu-ring>: workers add up their numbers around a ring, or through one of them.
// ABOUT is strict JSON: helpers/explore.py reads it.
// kib: data of each worker; alpha: µs before a message moves; rate: GB/s of a link.
const ABOUT = {
  "element": "gpu-ring",
  "options": {
    "method": {"choices": ["ring", "one"], "default": "ring"},
    "workers": {"min": 2, "max": 8, "default": 4},
    "step": {"min": 0, "max": 14, "default": 0},
    "kib": {"min": 1, "max": 1048576, "default": 65536},
    "alpha": {"min": 1, "max": 128, "default": 8},
    "rate": {"min": 1, "max": 512, "default": 16},
    "label": {"default": ""}
  },
  "table": [
    ["workers", "steps, either way", "ring: sent by each", "one: sent by that one"],
    [2, 2, "1", "1"],
    [4, 6, "1.5", "3"],
    [8, 14, "1.75", "7"],
    [64, 126, "1.97", "63"],
    [1024, 2046, "2", "1,023"]
  ],
  "strings": {
    "en": {
      "title": "How do workers add up their numbers?",
      "fallback": "N workers hold numbers, and all want the sums. Around a ring, each cuts its data into N chunks and passes one on in every step; after 2(N − 1) steps all have everything, and each has sent 2(N − 1)/N of its data. One that collects and hands out sends N − 1 times all of it. The table counts, in data of one worker; with JavaScript you can go step by step.",
      "method": "Method", "ring": "around a ring", "one": "through worker 0",
      "workers": "Workers (N)", "step": "Step", "kib": "Data of each worker", "alpha": "Latency (α)", "rate": "Bandwidth (1/β)",
      "next": "Next step", "again": "Start again",
      "sent": "Most sent by a worker", "time": "Time in all", "ratio": "Through one, over the ring",
      "who": "Who sends what now", "holds": "Whose numbers are in which chunk", "chunk": "chunk {c}", "worker": "worker {w}",
      "start": "Each worker has its own numbers only, cut into {n} chunks.",
      "reduce": "Step {step} of {last}, reduce-scatter: each sends a chunk to the next, which adds it to its own.",
      "gather": "Step {step} of {last}, all-gather: each sends a finished chunk to the next, which keeps it.",
      "collect": "Step {step} of {last}: worker {w} sends all to worker 0, which adds.",
      "spread": "Step {step} of {last}: worker 0 sends all sums to worker {w}.",
      "done": "Now all hold all sums.",
      "arrow": "{from} sends {what} to {to}.", "all": "all", "nobody": "Nobody sends.",
      "cell": "Worker {w}, chunk {c}: numbers of {of}.",
      "gridHelp": "Rows: workers. Columns: chunks. Arrows move.",
      "own": "a worker's numbers are in", "full": "all are in", "fresh": "just arrived",
      "wait": "latency: steps × α", "move": "moving: bytes × β", "bar": "{method}: {wait} of latency, {move} of bytes",
      "hint": "Raise the workers: in the ring each sends less than twice its data. Make the data small: only latency is left, and the advantage gone."
    },
    "zh_CN": {
      "title": "多个工作者如何把数相加？",
      "fallback": "N 个工作者各有同样多的数，都要总和。沿环时，各把数切成 N 块，每步传一块；2(N − 1) 步后人人都有总和，各发送数据的 2(N − 1)/N。若由一个收集再分发，它要发送 N − 1 份。下表以一份数据为单位；启用 JavaScript 后可逐步观看。",
      "method": "方法", "ring": "沿着环", "one": "经由工作者 0",
      "workers": "工作者数（N）", "step": "步", "kib": "每个工作者的数据", "alpha": "延迟（α）", "rate": "带宽（1/β）",
      "next": "下一步", "again": "重新开始",
      "sent": "单个工作者最多发送", "time": "总时间", "ratio": "经由一个 ÷ 沿环",
      "who": "此刻谁发送什么", "holds": "每一块里有谁的数", "chunk": "块 {c}", "worker": "工作者 {w}",
      "start": "每个工作者只有自己的数，切成 {n} 块。",
      "reduce": "第 {step}/{last} 步，归约散发：各把一块发给下一个，由它相加。",
      "gather": "第 {step}/{last} 步，全收集：各把完成的一块发给下一个，由它保存。",
      "collect": "第 {step}/{last} 步：工作者 {w} 把全部发给工作者 0，由它相加。",
      "spread": "第 {step}/{last} 步：工作者 0 把全部总和发给工作者 {w}。",
      "done": "现在人人都有总和。",
      "arrow": "{from} 把{what}发给 {to}。", "all": "全部", "nobody": "无人发送。",
      "cell": "工作者 {w}，块 {c}：含 {of} 的数。",
      "gridHelp": "行：工作者。列：块。方向键移动。",
      "own": "含某个工作者的数", "full": "全部都在", "fresh": "刚刚到达",
      "wait": "延迟：步数 × α", "move": "搬运：字节 × β", "bar": "{method}：延迟 {wait}，字节 {move}",
      "hint": "增加工作者：沿环时各自发送的不到数据的两倍。数据变小则只剩延迟，优势也就没了。"
    }
  }
};

const POWERS = ["kib", "alpha", "rate"]; // taken to the nearest power of two
const METHODS = ABOUT.options.method.choices;
const steps = (workers) => 2 * (workers - 1);

/** Who sends which chunks to whom in a step (from 1), and whether the receiver adds them. */
function sends(method, workers, step) {
  const adds = step < workers;
  const turn = adds ? step - 1 : step - workers;
  const mod = (n) => (n % workers + workers) % workers;
  const every = [...Array(workers).keys()];
  if (method === "ring") {
    return every.map((from) => ({ from, to: mod(from + 1), adds,
      chunks: [mod(adds ? from - turn : from + 1 - turn)] }));
  }
  return [{ from: adds ? turn + 1 : 0, to: adds ? 0 : turn + 1, adds, chunks: every }];
}

/** By worker and chunk, after some steps: the bits of the workers whose numbers are in. */
function holds(method, workers, done) {
  let now = Array.from({ length: workers }, (_, w) => Array(workers).fill(1 << w));
  for (let step = 1; step <= done; step++) {
    const next = now.map((row) => [...row]);
    for (const { from, to, adds, chunks } of sends(method, workers, step)) {
      for (const c of chunks) next[to][c] = now[from][c] | (adds ? now[to][c] : 0);
    }
    now = next;
  }
  return now;
}

/** Steps of a method, bytes that the busiest worker sends, seconds of waiting and moving. */
function cost(method, { workers, kib, alpha, rate }) {
  const share = method === "ring" ? 1 / workers : 1;
  const [count, bytes] = [steps(workers), kib * 1024];
  const sent = bytes * (method === "ring" ? count / workers : workers - 1);
  const [wait, move] = [count * alpha / 1e6, count * share * bytes / (rate * 1e9)];
  return { steps: count, sent, wait, move, time: wait + move };
}

class GpuRing extends GpuElement {
  static about = ABOUT;
  static sends = sends;
  static holds = holds;
  static cost = cost;
  static style = `
    .pair { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; }
    .pair > div { flex: 1 1 15rem; min-width: 0; }
    svg { display: block; width: 100%; height: 17rem; }
    svg text { font-size: 9px; text-anchor: middle; dominant-baseline: central; fill: var(--gpu-ink, #1c2321); }
    circle { fill: var(--gpu-surface, #f5f7f3); stroke: var(--gpu-muted, #56615c); }
    .arrow { fill: none; stroke: var(--gpu-memory, #6d3fa6); stroke-width: 1.5; }
    svg .label { fill: var(--gpu-memory, #6d3fa6); font-weight: 700; }
    table[role=grid] { width: 100%; }
    th { font-weight: 400; color: var(--gpu-muted, #56615c); padding: .1rem; }
    [role=grid] td { padding: .15rem; }
    td:not([id]) { border: 0 !important; }
    .in { display: flex; gap: 1px; height: 1.1rem; }
    .in i { flex: 1; background: var(--gpu-line, #d5dbd4); }
    .in .on { background: var(--gpu-compute, #0a67a3); }
    .full .on { background: var(--gpu-good, #1c7540); }
    td.fresh { box-shadow: inset 0 0 0 2px var(--gpu-memory, #6d3fa6); }
    .bar { display: flex; height: 1.2rem; margin: .1rem 0 .5rem; }
    .bar i { background: var(--gpu-memory, #6d3fa6); }
    .bar .wait { background: var(--gpu-warn, #855600); }
    .text { min-height: 3em; }`;

  start(options) {
    this.state = { ...options, step: Math.min(options.step, steps(options.workers)) };
    for (const name of POWERS) this.state[name] = 2 ** Math.round(Math.log2(options[name]));
    this.cursor = [0, 0];
  }

  /** A slider over powers of two. */
  powers(name, as) {
    const { min, max } = ABOUT.options[name];
    return this.range(name, this.say(name), Math.log2(min), Math.log2(max), (k) => this.change(name, 2 ** k),
      { value: Math.log2(this.state[name]), as: (k) => as(2 ** k) });
  }

  render(section) {
    this.frame(section, [this.control("method"), this.control("workers"),
      this.box = this.make("div"),
      this.next = this.button("next", "", () => {
        this.slider.value = this.over ? 0 : this.state.step + 1;
        this.slider.dispatchEvent(new Event("input"));
      })],
      this.text = this.make("p", { class: "text" }),
      this.make("div", { class: "pair" },
        this.make("div", {}, this.make("h4", {}, this.say("who")),
          this.svg = this.draw("svg", { role: "img", viewBox: "-60 -60 120 120" })),
        this.make("div", {}, this.make("h4", {}, this.say("holds")),
          this.place = this.make("div"), this.cell = this.make("p", { class: "muted" }),
          this.key([this.say("own"), this.hue("compute")], [this.say("full"), this.hue("good")],
            [this.say("fresh"), `${this.hue("paper")}; border: 2px solid ${this.hue("memory")}`]))),
      this.make("div", { class: "controls" },
        this.powers("kib", (kib) => `${this.prefixed(kib * 1024)}B`),
        this.powers("alpha", (us) => `${us} µs`), this.powers("rate", (rate) => `${rate} GB/s`)),
      this.figures = this.make("dl", { class: "facts" }),
      this.bars = this.make("div"));
    this.layOut();
  }

  change(name, value) {
    this.state[name] = value;
    if (name === "workers" || name === "method") {
      this.state.step = 0;
      this.layOut();
    }
    this.update();
  }

  get over() {
    return this.state.step === steps(this.state.workers);
  }

  /** The steps and the chunks, which depend on the number of workers. */
  layOut() {
    const { workers } = this.state;
    this.cursor = this.cursor.map((n) => Math.min(n, workers - 1));
    this.box.replaceChildren(this.range("step", this.say("step"), 0, steps(workers),
      (step) => this.change("step", step)));
    this.slider = this.box.querySelector("input");
    this.table = this.grid("chunks", this.say("gridHelp"), workers, workers, { moved: (row, column) => {
      this.cursor = [row, column];
      this.update();
      this.announce(this.cell.textContent);
    } });
    const header = (role, text) => this.make("th", { role }, text);
    [...this.table.rows].forEach((row, w) => row.prepend(header("rowheader", this.say("worker", { w }))));
    this.table.prepend(this.make("tr", { role: "row" }, this.make("td"),
      ...[...Array(workers).keys()].map((c) => header("columnheader", this.say("chunk", { c })))));
    this.place.replaceChildren(this.table);
  }

  update() {
    const { method, workers, step } = this.state;
    const moves = step ? sends(method, workers, step) : [];
    const names = { ring: ["gather", "reduce"], one: ["spread", "collect"] }[method];
    this.text.textContent = this.say(step ? names[+moves[0].adds] : "start", { n: workers, step, last: steps(workers),
      w: step && Math.max(moves[0].from, moves[0].to) }) + (this.over ? ` ${this.say("done")}` : "");
    this.next.textContent = this.say(this.over ? "again" : "next");
    this.showCircle(moves);
    this.showChunks(moves);
    this.showCost();
    this.announce(this.text.textContent);
  }

  showCircle(moves) {
    const { workers } = this.state;
    const at = (w, a = 2 * Math.PI * w / workers) => [44 * Math.sin(a), -44 * Math.cos(a)];
    const what = ({ chunks: [c, more] }) => more == null ? this.say("chunk", { c }) : this.say("all");
    const arrows = moves.flatMap((move) => {
      const [[x, y], [u, v]] = [at(move.from), at(move.to)];
      const length = Math.hypot(u - x, v - y);
      const turn = Math.atan2(v - y, u - x) * 180 / Math.PI;
      // The label stands to the left of the arrow's middle: outside the circle.
      const [a, b] = [(x + u) / 2 + 9 * (v - y) / length, (y + v) / 2 - 9 * (u - x) / length];
      return [this.draw("path", { class: "arrow", transform: `translate(${x} ${y}) rotate(${turn})`,
        d: `M11 2H${length - 11}m-4 -3l4 3l-4 3` }),
      this.draw("text", { class: "label", x: a, y: b }, move.chunks[1] == null ? move.chunks[0] : what(move))];
    });
    const nodes = [...Array(workers).keys()].flatMap((w) => {
      const [x, y] = at(w);
      return [this.draw("circle", { cx: x, cy: y, r: 9 }), this.draw("text", { x, y }, w)];
    });
    this.svg.replaceChildren(...arrows, ...nodes);
    this.svg.setAttribute("aria-label", moves.map((move) =>
      this.say("arrow", { ...move, what: what(move) })).join(" ") || this.say("nobody"));
  }

  showChunks(moves) {
    const { method, workers, step } = this.state;
    const now = holds(method, workers, step);
    const inside = (bits) => [...Array(workers).keys()].filter((w) => bits >> w & 1);
    now.forEach((row, w) => row.forEach((bits, c) => {
      const cell = this.table.at(w, c);
      const members = inside(bits);
      cell.className = [members.length === workers && "full",
        moves.some(({ to, chunks }) => to === w && chunks.includes(c)) && "fresh"].filter(Boolean).join(" ");
      cell.replaceChildren(this.make("div", { class: "in" }, ...row.map((_, k) =>
        this.make("i", { class: members.includes(k) && "on" }))), members.length);
    }));
    const [w, c] = this.cursor;
    this.table.point(w, c);
    this.cell.textContent = this.say("cell", { w, c, of: inside(now[w][c]).join(" + ") });
  }

  showCost() {
    const costs = METHODS.map((method) => ({ method, ...cost(method, this.state) }));
    const [ring, one] = costs;
    const mine = cost(this.state.method, this.state);
    const [seconds, bytes] = ["s", "B"].map((unit) => (value) => this.prefixed(value) + unit);
    this.facts(this.figures, [["sent", bytes(mine.sent), "memory"], ["time", seconds(mine.time)],
      ["ratio", `${this.number(one.time / ring.time)} ×`, "good"]]);
    const longest = Math.max(ring.time, one.time);
    this.bars.replaceChildren(...costs.flatMap(({ method, wait, move }) => {
      const text = this.say("bar", { method: this.say(method), wait: seconds(wait), move: seconds(move) });
      const part = (name, value) => this.make("i", { class: name, style: `width: ${100 * value / longest}%` });
      return [this.make("div", { class: "muted" }, text),
        this.make("div", { class: "bar", "aria-hidden": "true" }, part("wait", wait), part("move", move))];
    }), this.key([this.say("wait"), this.hue("warn")], [this.say("move"), this.hue("memory")]));
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuRing);

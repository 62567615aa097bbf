// <gpu-latency>: how far each memory is, and how many bytes must be under way to hide it.
// ABOUT is strict JSON: helpers/explore.py reads it.
// cards: measured on which card at which clock (MHz), cycles by rung, and from book/data/gpus.yml
// SMs and GB/s of the card that the law is worked out for, and the warps that an SM of it holds.
// Sources: registers, Jia et al. (2018), and the wait that NVIDIA's assembler plans for each of
// these chips; l1, l2, far, memory: gpu-benches of NHR@FAU by D. Ernst, github te42kyfo/gpu-benches,
// files a100_80.txt, h100_pcie.txt, l40.txt (chains of 62, 1800, 35000 KB and the longest); peer and host:
// the references of CSCS's ReFrame tests, github reframe-hpc/reframe, GpuP2PLatencyP2P on ault:amda100
// and CPULatencyTest on eiger; pcie: a round trip of PCIe 3.0, hackingnasdaq.blogspot.com, 2014;
// copy: README of gpu-benches; ssd: Lenovo's product guide of the Intel P4500.
const ABOUT = {
  "element": "gpu-latency",
  "cards": {
    "A100 SXM4 80 GB": {"on": "A100 80 GB", "mhz": 1410, "cycles": {"registers": 4, "l1": 36.2, "l2": 210.9, "far": 424.3, "memory": 571.8, "peer": 1120}, "sms": 108, "gbs": 2039, "warps": 64},
    "H100 SXM5 80 GB": {"on": "H100 PCIe", "mhz": 1755, "cycles": {"registers": 4, "l1": 34.2, "l2": 265.6, "far": 475.4, "memory": 658.4}, "sms": 132, "gbs": 3350, "warps": 64},
    "GeForce RTX 4090": {"on": "L40", "mhz": 2490, "cycles": {"registers": 4, "l1": 36.3, "l2": 276.5, "memory": 631.9}, "sms": 128, "gbs": 1008, "warps": 48}
  },
  "host": {"host": 105, "pcie": 850, "copy": 30000, "ssd": 85000},
  "options": {
    "card": {"choices": ["A100 SXM4 80 GB", "H100 SXM5 80 GB", "GeForce RTX 4090"], "default": "H100 SXM5 80 GB"},
    "warps": {"min": 1, "max": 64, "default": 16},
    "bytes": {"min": 4, "max": 64, "default": 4},
    "label": {"default": ""}
  },
  "table": [
    ["", "A100 80 GB", "H100 PCIe", "L40"],
    ["MHz", 1410, 1755, 2490],
    ["L1, ns", 25.7, 19.5, 14.6],
    ["L2, ns", 150, 151, 111],
    ["DRAM, ns", 406, 375, 254]
  ],
  "strings": {
    "en": {
      "title": "How far away is memory?",
      "fallback": "A multiply-add on registers is done after four clocks; a number from a GPU's own memory takes hundreds. What hides the wait is asking for much at once: bytes under way = latency × bandwidth (Little's law). The table gives latencies that were measured by following a chain; with JavaScript you can climb the ladder and fill the pipe.",
      "card": "Card",
      "ladder": "The ladder, each step of the scale ten times longer", "ladderHelp": "The ladder of latencies. Arrows choose a rung.",
      "registers": "Registers: multiply-add", "l1": "L1 cache", "l2": "L2 cache", "far": "L2, far half", "memory": "GPU memory", "peer": "Another GPU's memory", "host": "Main memory, from the CPU", "pcie": "PCIe, there and back", "copy": "Copy of 1 KB to the GPU", "ssd": "NVMe SSD, random read",
      "cycles": "{ns} · {cycles} clocks", "chosen": "{rung}: {time}. If a clock took a second: {long}. Source: {source}.",
      "s": "{n} s", "min": "{n} min", "h": "{n} h", "day": "{n} days",
      "jia": "Jia et al. (2018); NVIDIA's assembler waits as long", "ernst": "gpu-benches (NHR@FAU), {on} at {mhz} MHz", "cscs": "reference values of CSCS's ReFrame tests", "blog": "Hacking NASDAQ (2014), PCIe 3.0", "memcpy": "gpu-benches (NHR@FAU), V100 over PCIe 3.0", "lenovo": "Lenovo's product guide of the Intel P4500",
      "law": "Bytes under way", "warps": "Warps per SM", "bytes": "Bytes per lane, asked for at once",
      "needed": "Needed", "flight": "Under way", "rate": "Bandwidth, at most", "share": "Of the peak",
      "need": "Needed: {ns} (as on the {on}) × {gbs} GB/s = {needed}. Under way: {sms} SMs × {warps} warps × 32 lanes × {bytes} B = {flight}.",
      "full": "The pipe is full: more warps add nothing.", "short": "The pipe has gaps: memory waits for requests.",
      "some": "The pipe is nearly full.", "most": "An SM of this card holds {warps} warps.",
      "pipe": "{share} % of the bytes that keep the memory busy are under way",
      "hint": "Choose a rung for its source. Then raise warps, or bytes per lane, until the pipe is full: both help, and one can replace the other. The latencies are those of an idle GPU; under load they grow."
    },
    "zh_CN": {
      "title": "内存有多远？",
      "fallback": "寄存器上的一次乘加四个时钟就完成；从 GPU 自己的内存取一个数要几百个。掩盖等待的办法是一次要得多：途中字节 = 延迟 × 带宽（利特尔法则）。下表是沿链逐个读取测得的延迟；启用 JavaScript 后可攀登阶梯、填满管道。",
      "card": "显卡",
      "ladder": "阶梯：刻度每一格长十倍", "ladderHelp": "延迟的阶梯。方向键选择一级。",
      "registers": "寄存器：乘加", "l1": "L1 缓存", "l2": "L2 缓存", "far": "L2 的远半边", "memory": "GPU 内存", "peer": "另一块 GPU 的内存", "host": "主内存（从 CPU）", "pcie": "PCIe 往返", "copy": "向 GPU 复制 1 KB", "ssd": "NVMe 固态盘随机读",
      "cycles": "{ns} · {cycles} 个时钟", "chosen": "{rung}：{time}。若一个时钟是一秒：{long}。来源：{source}。",
      "s": "{n} 秒", "min": "{n} 分", "h": "{n} 小时", "day": "{n} 天",
      "jia": "Jia 等（2018）；NVIDIA 汇编器也等这么久", "ernst": "gpu-benches（NHR@FAU），{on}，{mhz} MHz", "cscs": "CSCS 的 ReFrame 测试参考值", "blog": "Hacking NASDAQ（2014），PCIe 3.0", "memcpy": "gpu-benches（NHR@FAU），V100，PCIe 3.0", "lenovo": "联想的 Intel P4500 产品指南",
      "law": "途中的字节", "warps": "每个 SM 的线程束", "bytes": "每通道一次请求的字节",
      "needed": "需要", "flight": "途中", "rate": "带宽至多", "share": "占峰值",
      "need": "需要：{ns}（如 {on}）× {gbs} GB/s = {needed}。途中：{sms} 个 SM × {warps} 个线程束 × 32 通道 × {bytes} B = {flight}。",
      "full": "管道已满：再多线程束也无益。", "short": "管道有空隙：内存在等请求。",
      "some": "管道接近满。", "most": "此卡的一个 SM 最多容纳 {warps} 个线程束。",
      "pipe": "让内存忙碌所需的字节中，有 {share} % 在途中",
      "hint": "选择一级可看来源。再增加线程束或每通道字节，直到管道填满：两者都有用，也可互相替代。延迟是 GPU 空闲时的；负载下会变长。"
    }
  }
};

const LANES = 32;
const ROLES = { registers: "compute", l1: "gpu", l2: "gpu", far: "gpu", memory: "memory", peer: "memory" };
const SOURCES = { registers: "jia", peer: "cscs", host: "cscs", pcie: "blog", copy: "memcpy", ssd: "lenovo" };
// The scale: exponents of ten, in nanoseconds.
const SCALE = [0, 5];

/** The rungs that were measured for a card: name, nanoseconds, and its clocks. */
function ladder(card) {
  const { cycles, mhz } = ABOUT.cards[card];
  const near = Object.entries(cycles).map(([name, clocks]) => ({ name, clocks, ns: clocks * 1000 / mhz }));
  const far = Object.entries(ABOUT.host).map(([name, ns]) => ({ name, ns, clocks: ns * mhz / 1000 }));
  return [...near, ...far].sort((a, b) => a.ns - b.ns);
}

/** Little's law for the memory of a card: bytes needed and under way, and the rate that allows. */
function little({ card, warps, bytes }) {
  const { sms, gbs, cycles, mhz, warps: most } = ABOUT.cards[card];
  const seconds = cycles.memory / (mhz * 1e6);
  const held = Math.min(warps, most);
  const [needed, flight] = [seconds * gbs * 1e9, sms * held * LANES * bytes];
  const share = Math.min(1, flight / needed);
  return { seconds, held, most, needed, flight, share, rate: share * gbs * 1e9 };
}

class GpuLatency extends GpuElement {
  static about = ABOUT;
  static ladder = ladder;
  static little = little;
  static style = `
    table[role=grid] { width: 100%; font-size: .8125rem; font-variant-numeric: tabular-nums; }
    [role=grid] td { border: 0; padding: .15rem .3rem; text-align: left; }
    [role=grid] td > div { display: grid; grid-template-columns: 13rem 1fr 11rem; gap: .5rem; align-items: center; }
    .rule { height: .9rem; border-radius: 0 .2rem .2rem 0; background: var(--role); }
    .track { background: repeating-linear-gradient(to right, var(--gpu-line, #d5dbd4) 0 1px, transparent 1px 20%); }
    .time { text-align: right; }
    .pipe { height: 1.6rem; border: 1px solid var(--gpu-muted, #56615c); border-radius: .8rem; overflow: hidden; }
    .pipe i { display: block; height: 100%; background: var(--gpu-memory, #6d3fa6); }
    .chosen { min-height: 3em; }
    @container (max-width: 36rem) {
      [role=grid] td > div { grid-template-columns: 1fr auto; gap: .1rem .5rem; }
      .track { grid-row: 2; grid-column: 1 / 3; } }`;

  start(options) {
    this.state = { ...options, rung: "memory" };
  }

  render(section) {
    const exponent = Math.round(Math.log2(this.state.bytes));
    this.frame(section, [this.control("card")],
      this.make("h4", {}, this.say("ladder")),
      this.box = this.make("div"),
      this.chosen = this.make("p", { class: "chosen" }),
      this.make("h4", {}, this.say("law")),
      this.make("div", { class: "controls" }, this.control("warps"),
        this.range("bytes", this.say("bytes"), 2, 6, (k) => this.change("bytes", 2 ** k), { value: exponent,
          as: (k) => String(k === Math.round(Math.log2(this.state.bytes)) ? this.state.bytes : 2 ** k) })),
      this.figures = this.make("dl", { class: "facts" }),
      this.pipe = this.make("div", { class: "pipe", role: "img" }),
      this.need = this.make("p"), this.verdict = this.make("p"));
    this.layOut();
  }

  change(name, value) {
    this.state[name] = value;
    if (name === "card") this.layOut();
    this.update();
  }

  /** The rungs of the card, nearest first. */
  layOut() {
    this.rungs = ladder(this.state.card);
    if (!this.rungs.some(({ name }) => name === this.state.rung)) this.state.rung = "memory";
    this.table = this.grid("ladder", this.say("ladderHelp"), this.rungs.length, 1,
      { moved: (row) => this.choose(row) });
    const length = (ns) => 100 * (Math.log10(ns) - SCALE[0]) / (SCALE[1] - SCALE[0]);
    this.rungs.forEach((rung, row) => this.table.at(row, 0).append(this.make("div", {},
      this.make("span", {}, this.say(rung.name)),
      this.make("span", { class: "track" }, this.make("div", { class: "rule",
        style: `width: ${length(rung.ns)}%; --role: ${this.hue(ROLES[rung.name] || "cpu")}` })),
      this.make("span", { class: "time" }, this.time(rung)))));
    this.box.replaceChildren(this.table);
  }

  choose(row) {
    this.state.rung = this.rungs[row].name;
    this.update();
    this.announce(this.chosen.textContent);
  }

  time({ ns, clocks }) {
    return this.say("cycles", { ns: `${this.prefixed(ns / 1e9)}s`, cycles: this.count(Math.round(clocks)) });
  }

  /** So many seconds as a person would say them. */
  long(seconds) {
    const [unit, length] = [["s", 1], ["min", 60], ["h", 3600], ["day", 86400]]
      .findLast(([, span]) => seconds >= 1.5 * span) || ["s", 1];
    return this.say(unit, { n: Number((seconds / length).toPrecision(2)) });
  }

  update() {
    const { card, rung, bytes } = this.state;
    const { on, mhz, sms, gbs } = ABOUT.cards[card];
    const row = this.rungs.findIndex(({ name }) => name === rung);
    this.table.point(row, 0);
    this.chosen.textContent = this.say("chosen", { rung: this.say(rung), time: this.time(this.rungs[row]),
      long: this.long(this.rungs[row].clocks), source: this.say(SOURCES[rung] || "ernst", { on, mhz }) });
    const found = little(this.state);
    const [needed, flight] = [found.needed, found.flight].map((value) => `${this.prefixed(value)}B`);
    const percent = this.number(100 * found.share);
    const key = found.share === 1 ? "full" : found.share > 0.75 ? "some" : "short";
    const role = { full: "good", some: "warn", short: "bad" }[key];
    this.facts(this.figures, [["needed", needed], ["flight", flight, "memory"],
      ["rate", `${this.prefixed(found.rate)}B/s`], ["share", `${percent} %`, role]]);
    this.pipe.setAttribute("aria-label", this.say("pipe", { share: percent }));
    this.pipe.replaceChildren(this.make("i", { style: `width: ${100 * found.share}%` }));
    this.need.textContent = this.say("need", { ns: `${this.prefixed(found.seconds)}s`,
      gbs: this.count(gbs), needed, on, sms, warps: found.held, bytes, flight });
    const held = this.state.warps > found.most ? ` ${this.say("most", { warps: found.most })}` : "";
    this.verdict.textContent = this.say(key) + held;
    this.announce(`${this.pipe.getAttribute("aria-label")}. ${this.verdict.textContent}`);
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuLatency);

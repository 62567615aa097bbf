// <gpu-chip>: zoom from the whole chip to one lane, and see what there is and what runs there.
// ABOUT is strict JSON: helpers/explore.py reads it.
// cards, as in book/data/gpus.yml: compute capability, SMs, FP32 TFLOP/s, GB, GB/s; and MB of L2,
// as in book/data/hierarchy.yml, or null where it does not say.
// sm, by compute capability: FP32 lanes, resident warps and blocks, KB of shared memory, tensor cores.
const ABOUT = {
  "element": "gpu-chip",
  "cards": {
    "Tesla V100 SXM2 16 GB": ["7.0", 80, 15.7, 16, 900, 6],
    "Tesla T4": ["7.5", 40, 8.1, 16, 320, null],
    "A100 SXM4 40 GB": ["8.0", 108, 19.5, 40, 1555, 40],
    "A100 SXM4 80 GB": ["8.0", 108, 19.5, 80, 2039, 40],
    "H100 SXM5 80 GB": ["9.0", 132, 67, 80, 3350, 50],
    "H200 SXM": ["9.0", 132, 67, 141, 4800, 50],
    "B200 SXM": ["10.0", 148, 75, 180, 7700, 126],
    "L4": ["8.9", 58, 30.3, 24, 300, null],
    "GeForce RTX 3060 12 GB": ["8.6", 28, 12.7, 12, 360, null],
    "GeForce RTX 3090": ["8.6", 82, 35.6, 24, 936, null],
    "GeForce RTX 4070": ["8.9", 46, 29.1, 12, 504, null],
    "GeForce RTX 4090": ["8.9", 128, 82.6, 24, 1008, null],
    "GeForce RTX 5090": ["12.0", 170, 104.8, 32, 1792, null]
  },
  "sm": {
    "7.0": [64, 64, 32, 96, 8],
    "7.5": [64, 32, 16, 64, 8],
    "8.0": [64, 64, 32, 164, 4],
    "8.6": [128, 48, 16, 100, 4],
    "8.9": [128, 48, 24, 100, 4],
    "9.0": [128, 64, 32, 228, 4],
    "10.0": [128, 64, 32, 228, 4],
    "12.0": [128, 48, 24, 100, 4]
  },
  "options": {
    "card": {"choices": ["Tesla V100 SXM2 16 GB", "Tesla T4", "A100 SXM4 40 GB", "A100 SXM4 80 GB", "H100 SXM5 80 GB", "H200 SXM", "B200 SXM", "L4", "GeForce RTX 3060 12 GB", "GeForce RTX 3090", "GeForce RTX 4070", "GeForce RTX 4090", "GeForce RTX 5090"], "default": "H100 SXM5 80 GB"},
    "level": {"choices": ["chip", "sm", "partition", "lane"], "default": "chip"},
    "label": {"default": ""}
  },
  "table": [
    ["", "T4", "A100", "H100", "RTX 4090"],
    ["SM", 40, 108, 132, 128],
    ["FP32 / SM", 64, 64, 128, 128],
    ["FP32", 2560, 6912, 16896, 16384],
    ["threads", 40960, 221184, 270336, 196608]
  ],
  "strings": {
    "en": {
      "title": "What is inside a GPU?",
      "fallback": "A GPU is a grid of streaming multiprocessors (SMs) around an L2 cache. An SM holds four partitions and a shared memory; a partition holds a warp scheduler, registers and the lanes that compute. The table counts SMs, FP32 lanes and the threads that can be resident at once; with JavaScript you can zoom in.",
      "card": "Card", "level": "Zoom", "chip": "Chip", "sm": "SM", "partition": "Partition", "lane": "Lane",
      "sms": "SMs", "lanes": "FP32 lanes", "threads": "Resident threads, most", "each": "Threads per lane",
      "memory": "Memory, {gb} GB", "bandwidth": "{rate} GB/s", "l2": "L2 cache, {mb}shared by all SMs",
      "shared": "Shared memory, up to {kb} KB, in one pool with the L1 cache",
      "scheduler": "Warp scheduler", "registers": "Registers, {kb} KB", "tensor": "Tensor core", "tensors": "{many} tensor cores",
      "slots": "{slots} warps resident, one chosen in each clock", "lanesHere": "{lanes} FP32 lanes", "mine": "Up to {most} registers of 4 bytes; {full} if the SM is full", "fma": "Multiply-add", "flop": "2 FLOP per clock",
      "chipText": "{sms} SMs share one L2 cache and one memory. Every SM can reach every byte.",
      "smText": "An SM has four partitions and the memory that the threads of a block share. {lanes} lanes, {warps} warps of 32 threads resident.",
      "partitionText": "In each clock the scheduler takes one of up to {slots} resident warps whose operands are ready, and issues one instruction for its 32 threads. Clocks that {lanes} lanes need for it: {clocks}.",
      "laneText": "A lane computes for one thread at a time. {all} lanes × 2 operations × {clock} GHz = {tflops} TFLOP/s, the peak of the card.",
      "runsChip": "Here runs a grid: all blocks of a launch, spread over the SMs.",
      "runsSm": "Here run blocks, up to {blocks} at once. A block stays on its SM to the end.",
      "runsPartition": "Here run warps: 32 threads of one block that share each instruction.",
      "runsLane": "Here runs a thread, with registers of its own.",
      "hint": "Click the picture to go a level deeper. Lanes are what NVIDIA sells as CUDA cores."
    },
    "zh_CN": {
      "title": "GPU 里面有什么？",
      "fallback": "GPU 是围绕 L2 缓存的一片流式多处理器（SM）。一个 SM 有四个分区和一块共享内存；一个分区有线程束调度器、寄存器和做计算的通道。下表列出 SM 数、FP32 通道数和可同时驻留的线程数；启用 JavaScript 后可逐层放大。",
      "card": "显卡", "level": "放大", "chip": "芯片", "sm": "SM 多处理器", "partition": "分区", "lane": "通道",
      "sms": "SM 数", "lanes": "FP32 通道", "threads": "最多驻留线程", "each": "每通道线程数",
      "memory": "内存，{gb} GB", "bandwidth": "{rate} GB/s，带宽", "l2": "L2 缓存，{mb}所有 SM 共用",
      "shared": "共享内存，最多 {kb} KB，与 L1 缓存同池",
      "scheduler": "线程束调度器", "registers": "寄存器，{kb} KB", "tensor": "张量核心", "tensors": "{many} 个张量核心",
      "slots": "驻留 {slots} 个线程束，每个时钟选一个", "lanesHere": "{lanes} 个 FP32 通道", "mine": "最多 {most} 个 4 字节寄存器；SM 满载时 {full} 个", "fma": "乘加", "flop": "每时钟 2 次运算",
      "chipText": "{sms} 个 SM 共用一块 L2 缓存和一片内存。每个 SM 都能访问每个字节。",
      "smText": "一个 SM 有四个分区，以及供块内线程共享的内存。{lanes} 个通道，驻留 {warps} 个 32 线程的线程束。",
      "partitionText": "每个时钟，调度器从最多 {slots} 个驻留线程束中选一个操作数就绪的，为其 32 个线程发出一条指令。{lanes} 个通道为此需要的时钟数：{clocks}。",
      "laneText": "一个通道同一时刻为一个线程计算。{all} 个通道 × 2 次运算 × {clock} GHz = {tflops} TFLOP/s，即该卡的峰值。",
      "runsChip": "这里运行网格：一次启动的所有线程块，分布在各个 SM 上。",
      "runsSm": "这里运行线程块，同时最多 {blocks} 个。线程块自始至终留在它的 SM 上。",
      "runsPartition": "这里运行线程束：同一块中的 32 个线程，共享每条指令。",
      "runsLane": "这里运行一个线程，它有自己的寄存器。",
      "hint": "点击图片进入下一层。这里的通道就是 NVIDIA 宣传的 CUDA 核心。"
    }
  }
};

const WARP = 32;
const PARTITIONS = 4;
const REGISTERS = 65536;
const MOST_REGISTERS = 255;
const LEVELS = ABOUT.options.level.choices;

/** What a card has, on the chip, on an SM and in a partition. */
function count(card) {
  const [capability, sms, tflops, gb, rate, mb] = ABOUT.cards[card];
  const [lanes, warps, blocks, shared, tensors] = ABOUT.sm[capability];
  const all = sms * lanes;
  const slots = warps / PARTITIONS;
  // A warp gets registers in pieces of 256: eight for each thread.
  const full = Math.floor(REGISTERS / PARTITIONS / slots / 256) * 8;
  return { sms, tflops, gb, rate, mb, lanes, warps, blocks, shared, all, slots, full, tensors: tensors / PARTITIONS,
    threads: sms * warps * WARP, each: warps * WARP / lanes, clocks: WARP * PARTITIONS / lanes,
    clock: tflops * 1000 / (2 * all) };
}

class GpuChip extends GpuElement {
  static about = ABOUT;
  static count = count;
  static style = `
    .levels { display: flex; flex-wrap: wrap; gap: .25rem; }
    .levels button[aria-pressed=true] { color: var(--gpu-paper, #fffffe);
      background: var(--gpu-accent, #2d6a1f); border-color: var(--gpu-accent, #2d6a1f); }
    .stage { display: grid; gap: .4rem; min-height: 21rem; padding: .6rem; margin: .5rem 0;
      align-content: space-evenly; border: 2px solid var(--gpu-ink, #1c2321); border-radius: .5rem;
      font-size: .8125rem; cursor: zoom-in; }
    .stage.deepest { cursor: default; }
    .box { padding: .3rem .5rem; border-radius: .25rem; border: 1px solid var(--role); min-width: 0;
      background: color-mix(in srgb, var(--role) 14%, var(--gpu-paper, #fffffe)); }
    .cells { display: grid; gap: 3px; grid-template-columns: repeat(var(--columns), minmax(0, 1fr)); }
    .cells i { height: var(--size); border-radius: 2px; background: var(--role); }
    .cells i.one { outline: 3px solid var(--gpu-ink, #1c2321); outline-offset: 1px; }
    .cells i.rest { opacity: .35; }
    .four { display: grid; grid-template-columns: 1fr 1fr; gap: .4rem; }
    .four > div, .rows { display: grid; gap: .3rem; align-content: start; }
    .four > div { padding: .4rem; border: 1px solid var(--gpu-muted, #56615c); border-radius: .35rem; }
    .four > .one { outline: 3px solid var(--gpu-ink, #1c2321); }
    .sum { font-size: 2rem; text-align: center; }
    .runs { font-weight: 600; }`;

  render(section) {
    this.frame(section, [this.control("card"),
      this.make("div", { class: "field" }, this.say("level"),
        this.levels = this.make("div", { class: "levels", role: "group", "aria-label": this.say("level") },
          ...LEVELS.map((level) => this.button(level, this.say(level), () => this.change("level", level)))))],
      this.figures = this.make("dl", { class: "facts" }),
      this.stage = this.make("div", { class: "stage", role: "img", onclick: () => this.deeper() }),
      this.text = this.make("p"), this.runs = this.make("p", { class: "runs" }));
  }

  deeper() {
    const next = LEVELS[LEVELS.indexOf(this.state.level) + 1];
    if (next) this.change("level", next);
  }

  update() {
    const { card, level } = this.state;
    const has = count(card);
    for (const button of this.levels.children) button.setAttribute("aria-pressed", button.name === level);
    this.facts(this.figures, [["sms", this.count(has.sms)], ["lanes", this.count(has.all), "gpu"],
      ["threads", this.count(has.threads), "cpu"], ["each", has.each]]);
    const [draw, text, runs] = {
      chip: [this.drawChip, "chipText", "runsChip"], sm: [this.drawSm, "smText", "runsSm"],
      partition: [this.drawPartition, "partitionText", "runsPartition"],
      lane: [this.drawLane, "laneText", "runsLane"] }[level];
    const values = { ...has, lanes: level === "partition" ? has.lanes / PARTITIONS : has.lanes,
      all: this.count(has.all), clock: this.number(has.clock), most: MOST_REGISTERS };
    this.stage.replaceChildren(...draw.call(this, has));
    this.stage.classList.toggle("deepest", level === "lane");
    this.text.textContent = this.say(text, values);
    this.runs.textContent = this.say(runs, values);
    this.stage.setAttribute("aria-label", this.text.textContent);
    this.announce(`${this.say(level)}. ${this.text.textContent} ${this.runs.textContent}`);
  }

  /** A labelled part in the colour of its role. */
  box(role, ...children) {
    return this.make("div", { class: "box", style: `--role: ${this.hue(role)}` }, ...children);
  }

  /** So many alike; one of them stands out if `one`, the others are pale if `pale`. */
  cells(role, many, size, { one = false, pale = false, columns = 16 } = {}) {
    return this.make("div", { class: "cells",
      style: `--role: ${this.hue(role)}; --size: ${size}; --columns: ${Math.min(columns, many)}` },
      ...Array.from({ length: many }, (_, n) =>
        this.make("i", { class: one && n === 0 ? "one" : pale ? "rest" : null })));
  }

  /** What a partition has of them. */
  tensorCores(many) {
    return this.box("compute", many > 1 ? this.say("tensors", { many }) : this.say("tensor"));
  }

  drawChip({ sms, gb, rate, mb }) {
    return [this.box("memory", `${this.say("memory", { gb })} · ${this.say("bandwidth", { rate: this.count(rate) })}`),
      this.cells("gpu", Math.ceil(sms / 2), "1.35rem", { one: true, columns: 20 }),
      this.box("compute", this.say("l2", { mb: mb ? `${mb} MB, ` : "" })),
      this.cells("gpu", Math.floor(sms / 2), "1.35rem", { columns: 20 })];
  }

  drawSm({ lanes, shared, tensors }) {
    const partition = (n) => this.make("div", { class: n ? null : "one" },
      this.box("cpu", this.say("scheduler")),
      this.box("memory", this.say("registers", { kb: REGISTERS * 4 / PARTITIONS / 1024 })),
      this.cells("gpu", lanes / PARTITIONS, ".7rem"), this.tensorCores(tensors));
    return [this.make("div", { class: "four" }, ...Array.from({ length: PARTITIONS }, (_, n) => partition(n))),
      this.box("memory", this.say("shared", { kb: shared }))];
  }

  drawPartition({ lanes, slots, tensors }) {
    const kb = REGISTERS * 4 / PARTITIONS / 1024;
    return [this.box("cpu", this.make("div", { class: "rows" }, this.say("scheduler"),
      this.cells("cpu", slots, "2rem", { one: true, pale: true }), this.say("slots", { slots }))),
    this.box("memory", this.say("registers", { kb })),
    this.box("gpu", this.make("div", { class: "rows" }, this.cells("gpu", lanes / PARTITIONS, "1.8rem", { one: true }),
      this.say("lanesHere", { lanes: lanes / PARTITIONS }))),
    this.tensorCores(tensors)];
  }

  drawLane({ full }) {
    return [this.box("memory", this.make("div", { class: "rows" }, this.cells("memory", full, "2rem"),
      this.say("mine", { most: MOST_REGISTERS, full }))),
      this.box("gpu", this.make("div", { class: "sum" }, "a × b + c"),
        `${this.say("fma")} · ${this.say("flop")}`)];
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuChip);

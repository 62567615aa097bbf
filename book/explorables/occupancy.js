// <gpu-occupancy>: how many warps of a kernel fit on one multiprocessor, and what keeps out more.
// ABOUT is strict JSON: helpers/explore.py reads it.
const ABOUT = {
  "element": "gpu-occupancy",
  "options": {
    "capability": {"choices": ["7.0", "7.5", "8.0", "8.6", "8.9", "9.0", "10.0", "12.0"], "default": "8.0"},
    "registers": {"min": 8, "max": 255, "default": 40},
    "shared": {"min": 0, "max": 232448, "default": 8192},
    "threads": {"min": 16, "max": 1024, "default": 256},
    "label": {"default": ""}
  },
  "table": [
    ["registers per thread", "no shared memory", "16 KiB", "48 KiB"],
    [32, 64, 64, 24],
    [40, 48, 48, 24],
    [64, 32, 32, 24],
    [128, 16, 16, 16],
    [255, 8, 8, 8]
  ],
  "strings": {
    "en": {
      "title": "What fits on one multiprocessor?",
      "fallback": "A block becomes resident on a multiprocessor when there is room for all of it: warp slots, registers and shared memory. The table counts the warps resident at once with 256 threads per block on compute capability 8.0, by registers per thread and shared memory per block; with JavaScript you can change all of them and see what is full.",
      "capability": "Compute capability", "7.0": "7.0 (V100)", "7.5": "7.5 (T4)", "8.0": "8.0 (A100)", "8.6": "8.6 (RTX 3060)", "8.9": "8.9 (L4, RTX 4090)", "9.0": "9.0 (H100)", "10.0": "10.0 (B200)", "12.0": "12.0 (RTX 5090)",
      "registers": "Registers per thread", "shared": "Shared memory per block", "threads": "Threads per block", "bytes": "{count} bytes",
      "resident": "Warps resident", "of": "{warps} of {most}", "fraction": "Occupancy", "blocks": "Blocks resident", "limiter": "Limited by",
      "slotsPicture": "Warp slots of the multiprocessor, in four partitions: {warps} of {most} are taken by {blocks} blocks.",
      "partition": "Warp slots, a row for each of the four partitions; the number is the block's",
      "block": "a warp of a block", "half": "half of its lanes idle", "free": "free slot",
      "warps": "warp slots", "slots": "block slots", "file": "registers", "memory": "shared memory",
      "needs": "{name}: {blocks} × {each} = {taken} of {total}; room for {limit} blocks",
      "unused": "{name}: not used",
      "none": "Nothing fits: one block asks for more than the multiprocessor gives to a block.",
      "fewer": "With {value} or fewer registers per thread, {blocks} blocks would fit.",
      "smaller": "With {value} or fewer bytes of shared memory per block, {blocks} blocks would fit.",
      "full": "Every warp slot is taken: more room elsewhere would change nothing.",
      "stairs": "Warps resident by registers per thread",
      "stairsPicture": "A staircase: {warps} warps at {registers} registers per thread; 8 registers allow {least}, 255 allow {last}.",
      "hint": "Drag the registers up from 32: nothing changes for a while, then a whole block falls out. Room is handed out by blocks, so a block of 1,024 threads takes large steps and a small one small steps."
    },
    "zh_CN": {
      "title": "一个多处理器装得下多少？",
      "fallback": "只有当线程束槽位、寄存器和共享内存都够一整个线程块使用时，它才能驻留在多处理器上。下表给出计算能力 8.0、每块 256 个线程时同时驻留的线程束数，按每线程寄存器数和每块共享内存列出；启用 JavaScript 后可自行改变它们，看看是什么先满。",
      "capability": "计算能力", "7.0": "7.0（V100）", "7.5": "7.5（T4）", "8.0": "8.0（A100）", "8.6": "8.6（RTX 3060）", "8.9": "8.9（L4、RTX 4090）", "9.0": "9.0（H100）", "10.0": "10.0（B200）", "12.0": "12.0（RTX 5090）",
      "registers": "每线程寄存器", "shared": "每块共享内存", "threads": "每块线程", "bytes": "{count} 字节",
      "resident": "驻留的线程束", "of": "{most} 中的 {warps}", "fraction": "占用率", "blocks": "驻留的线程块", "limiter": "受限于",
      "slotsPicture": "多处理器的线程束槽位，分四个分区：{most} 个中有 {warps} 个被 {blocks} 个线程块占用。",
      "partition": "线程束槽位，四个分区各占一行；数字是线程块的编号",
      "block": "某线程块的一个线程束", "half": "其一半通道空闲", "free": "空槽位",
      "warps": "线程束槽位", "slots": "线程块槽位", "file": "寄存器", "memory": "共享内存",
      "needs": "{name}：{blocks} × {each} = {taken}，共 {total}；可容 {limit} 个线程块",
      "unused": "{name}：未使用",
      "none": "一个也装不下：单个线程块的需求超过多处理器给一个线程块的上限。",
      "fewer": "若每线程寄存器不超过 {value} 个，可装下 {blocks} 个线程块。",
      "smaller": "若每块共享内存不超过 {value} 字节，可装下 {blocks} 个线程块。",
      "full": "线程束槽位已满：别处再有余地也无济于事。",
      "stairs": "驻留的线程束随每线程寄存器数的变化",
      "stairsPicture": "一道阶梯：每线程 {registers} 个寄存器时有 {warps} 个线程束；8 个寄存器时 {least} 个，255 个时 {last} 个。",
      "hint": "把寄存器从 32 往上拖：起初没有变化，然后整整一个线程块掉出去。空间是按线程块分配的，所以 1,024 个线程的块一步很大，小块的步子小。"
    }
  }
};

const WARP = 32;
const KIB = 1024;
const FILE = 65536;
const UNIT = 256;
const PARTITIONS = 4;
const STEP = { shared: 128, threads: 16 };
const NAMES = { warps: "warps", blocks: "slots", registers: "file", shared: "memory" };
/** By compute capability: warps, blocks, bytes of shared memory, of them per block, reserved, unit. */
const LIMITS = {
  "7.0": [64, 32, 96 * KIB, 96 * KIB, 0, 256],
  "7.5": [32, 16, 64 * KIB, 64 * KIB, 0, 256],
  "8.0": [64, 32, 164 * KIB, 163 * KIB, KIB, 128],
  "8.6": [48, 16, 100 * KIB, 99 * KIB, KIB, 128],
  "8.9": [48, 24, 100 * KIB, 99 * KIB, KIB, 128],
  "9.0": [64, 32, 228 * KIB, 227 * KIB, KIB, 128],
  "10.0": [64, 32, 228 * KIB, 227 * KIB, KIB, 128],
  "12.0": [48, 24, 100 * KIB, 99 * KIB, KIB, 128],
};

const up = (number, unit) => Math.ceil(number / unit) * unit;

/** What one block takes of each resource, and what there is. */
function wants({ capability, registers, shared, threads }) {
  const [warps, blocks, memory, perBlock, reserved, unit] = LIMITS[capability];
  const each = Math.ceil(threads / WARP);
  return { warps: [each, warps], blocks: [1, blocks],
    registers: [each * up(registers * WARP, UNIT), FILE],
    shared: [shared > perBlock ? Infinity : up(shared + reserved, unit), memory] };
}

/** How many blocks each resource has room for. A warp's registers come from its own partition. */
function rooms(options) {
  const taken = wants(options);
  const [each] = taken.warps;
  const perWarp = up(options.registers * WARP, UNIT);
  const tooMany = perWarp * up(each, PARTITIONS) > FILE;
  return { warps: Math.floor(taken.warps[1] / each), blocks: taken.blocks[1],
    registers: tooMany ? 0 : Math.floor(Math.floor(FILE / PARTITIONS / perWarp) * PARTITIONS / each),
    shared: taken.shared[0] ? Math.floor(taken.shared[1] / taken.shared[0]) : null };
}

function occupancy(options) {
  const limits = rooms(options);
  const used = Object.entries(limits).filter(([, limit]) => limit !== null);
  const blocks = Math.min(...used.map(([, limit]) => limit));
  const [each, most] = wants(options).warps;
  return { blocks, warps: blocks * each, most, fraction: blocks * each / most, limits,
    limiters: used.filter(([, limit]) => limit === blocks).map(([name]) => name) };
}

/** The largest smaller value of the one resource that limits with which more blocks fit. */
function relief(options) {
  const { blocks, limiters } = occupancy(options);
  const [name] = limiters;
  if (limiters.length > 1 || !["registers", "shared"].includes(name)) return null;
  const step = STEP[name] || 1;
  for (let value = options[name] - step; value >= 0; value -= step) {
    const found = occupancy({ ...options, [name]: value || (name === "registers" ? 1 : 0) });
    if (found.blocks > blocks) return { name, value, blocks: found.blocks };
  }
  return null;
}

class GpuOccupancy extends GpuElement {
  static about = ABOUT;
  static occupancy = occupancy;
  static relief = relief;
  static style = `
    .slots { display: grid; gap: 2px; max-width: 34rem; }
    .slots i { font: .6875rem/1.5rem system-ui, sans-serif; text-align: center; height: 1.5rem;
      border: 1px solid var(--gpu-line, #d5dbd4); overflow: hidden; }
    .slots .half { border-bottom: .5rem double var(--gpu-warn, #855600); line-height: 1rem; }
    .bars { list-style: none; padding: 0; margin: .75rem 0; max-width: 34rem; font-size: .875rem; }
    .bar { height: .5rem; border: 1px solid var(--gpu-muted, #56615c); margin-bottom: .4rem; }
    .bar i { display: block; height: 100%; }
    svg { display: block; width: 100%; max-width: 34rem; height: auto; }
    .stair { fill: none; stroke: var(--gpu-compute, #0a67a3); stroke-width: 1.5; }
    .axis { fill: none; stroke: var(--gpu-muted, #56615c); stroke-width: .5; }
    .dot { fill: var(--gpu-bad, #b3261e); }
    text { font-size: 8px; text-anchor: middle; fill: var(--gpu-muted, #56615c); }`;

  /** Sliders move in steps: what was given in between is rounded up, as the hardware does. */
  start(options) {
    for (const name in STEP) options[name] = up(options[name], STEP[name]);
    super.start(options);
  }

  /** A slider that moves in steps of an option. */
  stepped(name, as) {
    const { min, max } = ABOUT.options[name];
    const step = STEP[name];
    return this.range(name, this.say(name), min / step, max / step,
      (value) => this.change(name, value * step),
      { value: this.state[name] / step, as: (value) => as(value * step) });
  }

  render(section) {
    const bytes = (value) => this.say("bytes", { count: this.count(value) });
    this.frame(section,
      [this.control("capability"), this.control("registers"), this.stepped("shared", bytes),
        this.stepped("threads", String)],
      this.figures = this.make("dl", { class: "facts" }),
      this.make("h4", {}, this.say("partition")),
      this.slots = this.make("div", { class: "slots", role: "img" }), this.legend = this.make("div"),
      this.bars = this.make("ul", { class: "bars" }), this.text = this.make("p"),
      this.make("h4", {}, this.say("stairs")),
      this.stairs = this.draw("svg", { role: "img", viewBox: "0 -4 262 80" }));
  }

  update() {
    const found = occupancy(this.state);
    const percent = `${Math.round(100 * found.fraction)} %`;
    const limiter = found.limiters.map((name) => this.say(NAMES[name])).join(", ");
    this.facts(this.figures, [["resident", this.say("of", found), "compute"], ["fraction", percent],
      ["blocks", found.blocks], ["limiter", limiter, "bad"]]);
    this.showSlots(found);
    this.showBars(found);
    this.showStairs(found);
    this.text.textContent = this.advice(found);
    this.announce(`${this.slots.getAttribute("aria-label")} ${this.say("limiter")} ${limiter}. ${
      this.text.textContent}`);
  }

  advice(found) {
    if (!found.blocks) return this.say("none");
    if (found.warps === found.most) return this.say("full");
    const better = relief(this.state);
    return better ? this.say(better.name === "shared" ? "smaller" : "fewer",
      { value: this.count(better.value), blocks: better.blocks }) : "";
  }

  showSlots({ blocks, warps, most }) {
    const each = Math.ceil(this.state.threads / WARP);
    const odd = this.state.threads % WARP !== 0;
    const columns = most / PARTITIONS;
    const colours = [this.tint("compute", .6), this.tint("gpu", 1)];
    this.slots.setAttribute("aria-label", this.say("slotsPicture", { warps, most, blocks }));
    this.slots.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
    // Warps go to the partitions in turn: slot (row, column) holds warp 4 · column + row.
    this.slots.replaceChildren(...Array.from({ length: most }, (_, place) => {
      const warp = place % columns * PARTITIONS + Math.floor(place / columns);
      const block = Math.floor(warp / each);
      if (warp >= warps) return this.make("i", { class: "free" });
      return this.make("i", { style: `background: ${colours[block % 2]}`,
        class: odd && warp % each === each - 1 ? "taken half" : "taken" }, String(block));
    }));
    this.legend.replaceChildren(this.key([this.say("block"),
      `linear-gradient(90deg, ${colours[0]} 50%, ${colours[1]} 50%)`],
    ...(odd ? [[this.say("half"), this.hue("warn")]] : []), [this.say("free"), "none"]));
  }

  showBars({ blocks, limits, limiters }) {
    const taken = wants(this.state);
    this.bars.replaceChildren(...Object.entries(limits).map(([key, limit]) => {
      const [each, total] = taken[key];
      const name = this.say(NAMES[key]);
      if (limit === null) return this.make("li", {}, this.say("unused", { name }));
      const share = Math.min(1, (blocks || 1) * each / total);
      const role = limiters.includes(key) ? "bad" : "memory";
      return this.make("li", {}, this.say("needs", { name, blocks, limit, total: this.count(total),
        each: this.count(each), taken: this.count(blocks && blocks * each) }),
      this.make("div", { class: "bar" },
        this.make("i", { style: `width: ${100 * share}%; background: ${this.hue(role)}` })));
    }));
  }

  showStairs({ warps, most }) {
    const { registers } = this.state;
    const at = (value) => occupancy({ ...this.state, registers: value }).warps;
    const high = (value) => 64 - 64 * value / most;
    const { min, max } = ABOUT.options.registers;
    let path = `M${min} ${high(at(min))}`;
    for (let value = min + 1; value <= max; value++) path += `H${value}V${high(at(value))}`;
    this.stairs.setAttribute("aria-label", this.say("stairsPicture",
      { warps, registers, least: at(min), last: at(max) }));
    this.stairs.replaceChildren(
      this.draw("path", { class: "axis", d: "M0 0V64H262M64 64v3M128 64v3M192 64v3" }),
      ...[64, 128, 192].map((value) => this.draw("text", { x: value, y: 75 }, String(value))),
      this.draw("path", { class: "stair", d: path }),
      this.draw("circle", { class: "dot", cx: registers, cy: high(warps), r: 3.5 }));
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuOccupancy);

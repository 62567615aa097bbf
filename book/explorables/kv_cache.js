// <gpu-kv-cache>: what a model's weights and its cache take of a card, and how fast it decodes at best.
// ABOUT is strict JSON: helpers/explore.py reads it.
// models: layers, width, width inside the feed-forward part, heads, heads of the cache, vocabulary,
// as in the tables of the papers: Touvron et al. (2023), arXiv 2307.09288, and Grattafiori et al.
// (2024), arXiv 2407.21783. cards: GB, GB/s and dense FP16 TFLOP/s from book/data/gpus.yml.
const ABOUT = {
  "element": "gpu-kv-cache",
  "models": {
    "Llama 2 7B": {"layers": 32, "width": 4096, "inner": 11008, "heads": 32, "kept": 32, "words": 32000},
    "Llama 3 8B": {"layers": 32, "width": 4096, "inner": 14336, "heads": 32, "kept": 8, "words": 128256},
    "Llama 2 70B": {"layers": 80, "width": 8192, "inner": 28672, "heads": 64, "kept": 8, "words": 32000}
  },
  "cards": {
    "Tesla T4": {"gb": 16, "gbs": 320, "tflops": 65},
    "L4": {"gb": 24, "gbs": 300, "tflops": 121},
    "GeForce RTX 4090": {"gb": 24, "gbs": 1008, "tflops": 165},
    "A100 SXM4 80 GB": {"gb": 80, "gbs": 2039, "tflops": 312},
    "H100 SXM5 80 GB": {"gb": 80, "gbs": 3350, "tflops": 989},
    "H200 SXM": {"gb": 141, "gbs": 4800, "tflops": 989}
  },
  "options": {
    "model": {"choices": ["Llama 2 7B", "Llama 3 8B", "Llama 2 70B"], "default": "Llama 2 7B"},
    "card": {"choices": ["Tesla T4", "L4", "GeForce RTX 4090", "A100 SXM4 80 GB", "H100 SXM5 80 GB", "H200 SXM"], "default": "A100 SXM4 80 GB"},
    "bits": {"choices": ["16", "8", "4"], "default": "16"},
    "batch": {"min": 1, "max": 1024, "default": 1},
    "length": {"min": 128, "max": 131072, "default": 2048},
    "label": {"default": ""}
  },
  "table": [
    ["", "Llama 2 7B", "Llama 3 8B", "Llama 2 70B"],
    ["Parameters, 10⁹", 6.74, 8.03, 68.98],
    ["Weights at 16 bits, GB", 13.48, 16.06, 137.95],
    ["Cache per token, kB", 524.3, 131.1, 327.7]
  ],
  "strings": {
    "en": {
      "title": "What fills the card, and how fast can it answer?",
      "fallback": "For each new token the GPU reads every weight once, whatever the batch, and the keys and values that each text has left behind: 2 × layers × heads kept × head size × 2 bytes for each of its tokens. The table gives both for three models; with JavaScript you choose card, batch and length.",
      "model": "Model", "card": "Card", "bits": "Bits per weight", "batch": "Texts at once", "length": "Tokens in each",
      "16": "16", "8": "8", "4": "4",
      "memory": "The card's memory", "weights": "weights", "cache": "cache", "free": "free",
      "time": "One step: a new token for every text", "readWeights": "read the weights", "readCache": "read the cache", "compute": "compute",
      "perToken": "Cache per token", "whole": "Weights + cache", "step": "One step, at least", "each": "Each text, at most", "all": "All texts, at most",
      "rate": "{n} tokens/s",
      "fits": "It fits: {free} are left for activations and the program.", "no": "It does not fit: {over} too much. Fewer bits, a shorter text, fewer texts or a larger card.",
      "bandwidth": "Memory is the limit: the arithmetic takes {percent} % of the time that reading takes.",
      "arithmetic": "Arithmetic is the limit now: more texts at once make every text slower.",
      "most": "As many texts as fit at this length: {n}.", "none": "Not even one text of this length fits.",
      "spoken": "{whole} of {memory}. {fits} At most {all} for all, {each} for each text.",
      "hint": "Start with one text and double. The weights are read once for all, so the total grows almost for free, until the cache is what is read, the memory is full, or arithmetic takes over. Peaks of the data sheets: a real server stays below. The cache has 16 bits a number, the arithmetic 16-bit tensor cores, whatever the weights have."
    },
    "zh_CN": {
      "title": "什么占满显存？最快能多快作答？",
      "fallback": "每生成一个新词元，GPU 都要把全部权重读一遍，与批量无关；还要读每段文本留下的键和值：每个词元 2 × 层数 × 保留的头数 × 头维 × 2 字节。下表给出三个模型的两项数据；启用 JavaScript 后可选择显卡、批量和长度。",
      "model": "模型", "card": "显卡", "bits": "每个权重的位数", "batch": "同时处理的文本数", "length": "每段的词元数",
      "16": "16", "8": "8", "4": "4",
      "memory": "显存", "weights": "权重", "cache": "缓存", "free": "空闲",
      "time": "一步：每段文本得到一个新词元", "readWeights": "读权重", "readCache": "读缓存", "compute": "计算",
      "perToken": "每个词元的缓存", "whole": "权重 + 缓存", "step": "一步至少", "each": "每段文本至多", "all": "全部文本至多",
      "rate": "{n} 词元/秒",
      "fits": "装得下：还剩 {free} 给激活值和程序。", "no": "装不下：超出 {over}。可减少位数、缩短文本、减少文本数，或换更大的显卡。",
      "bandwidth": "受限于显存带宽：计算用时是读取用时的 {percent} %。",
      "arithmetic": "现在受限于计算：同时处理更多文本会让每段都变慢。",
      "most": "此长度下最多装得下的文本数：{n}。", "none": "此长度的文本一段也装不下。",
      "spoken": "{memory} 中占 {whole}。{fits} 全部至多 {all}，每段至多 {each}。",
      "hint": "从一段文本开始，逐次加倍。权重只为所有文本读一遍，所以总速度几乎白白增长，直到主要在读缓存、显存已满，或计算成为瓶颈。这里用的是数据表的峰值：真实的服务器达不到。无论权重是几位，缓存每个数都是 16 位，计算都用 16 位张量核心。"
    }
  }
};

const BYTES = 2; // of a number in the cache
const LOG = { batch: [0, 10], length: [7, 17] };

/** What a decoder is made of: its parameters, its matrices' alone, and the numbers it keeps of a token. */
function sizes({ layers, width, inner, heads, kept, words }) {
  const side = width / heads * kept;
  const block = 2 * width * width + 2 * width * side + 3 * width * inner;
  const matrices = layers * block + words * width;
  const parameters = matrices + words * width + (2 * layers + 1) * width;
  return { parameters, matrices, cached: 2 * layers * side };
}

/** Bytes on the card and seconds of one step at its peaks, for a state of the explorable. */
function step({ model, card, bits, batch, length }) {
  const { layers, width } = ABOUT.models[model];
  const { gb, gbs, tflops } = ABOUT.cards[card];
  const { parameters, matrices, cached } = sizes(ABOUT.models[model]);
  const weights = parameters * bits / 8;
  const perToken = cached * BYTES;
  const cache = perToken * batch * length;
  const flops = batch * (2 * matrices + 4 * layers * width * length);
  const [readWeights, readCache, compute] = [matrices * bits / 8 / (gbs * 1e9), cache / (gbs * 1e9), flops / (tflops * 1e12)];
  const seconds = Math.max(readWeights + readCache, compute);
  const most = Math.max(0, Math.floor((gb * 1e9 - weights) / (perToken * length)));
  return { weights, perToken, cache, memory: gb * 1e9, readWeights, readCache, compute, seconds, most,
    each: 1 / seconds, all: batch / seconds };
}

class GpuKvCache extends GpuElement {
  static about = ABOUT;
  static sizes = sizes;
  static step = step;
  static style = `
    .bar { display: flex; height: 1.6rem; border: 1px solid var(--gpu-muted, #56615c); overflow: hidden; }
    .bar i { height: 100%; background: var(--role); }
    .full { border: 2px solid var(--gpu-bad, #b3261e); }
    .verdict { min-height: 3em; }
    .controls .field:has(select) { min-width: 7rem; }`;

  render(section) {
    this.frame(section, [this.control("model"), this.control("card"), this.control("bits"), this.power("batch"), this.power("length")],
      this.make("h4", {}, this.say("memory")), this.memory = this.make("div", { class: "bar", role: "img" }),
      this.key(...[["weights", "compute"], ["cache", "memory"], ["free", "surface"]].map(([name, role]) => [this.say(name), this.hue(role)])),
      this.fit = this.make("p", { class: "verdict" }),
      this.make("h4", {}, this.say("time")), this.time = this.make("div"),
      this.key(...[["readWeights", "compute"], ["readCache", "memory"], ["compute", "cpu"]].map(([name, role]) => [this.say(name), this.hue(role)])),
      this.figures = this.make("dl", { class: "facts" }), this.verdict = this.make("p"));
  }

  /** A slider that doubles. */
  power(name) {
    const shown = (k) => (k === Math.round(Math.log2(this.state[name])) ? this.state[name] : 2 ** k);
    return this.range(name, this.say(name), ...LOG[name], (k) => this.change(name, 2 ** k),
      { value: Math.round(Math.log2(this.state[name])), as: (k) => this.count(shown(k)) });
  }

  bytes(value) {
    return `${this.prefixed(value)}B`;
  }

  /** Fill a bar with [length, role] parts, of a whole. */
  fillBar(bar, whole, parts) {
    bar.replaceChildren(...parts.map(([length, role]) =>
      this.make("i", { style: `width: ${100 * length / whole}%; --role: ${this.hue(role)}` })));
  }

  update() {
    const found = step(this.state);
    const { weights, cache, memory, readWeights, readCache, compute } = found;
    const whole = weights + cache;
    const room = Math.max(memory, whole);
    const fits = this.say(whole <= memory ? "fits" : "no", { free: this.bytes(memory - whole), over: this.bytes(whole - memory) });
    this.fillBar(this.memory, room, [[weights, "compute"], [cache, "memory"], [room - whole, "surface"]]);
    this.memory.classList.toggle("full", whole > memory);
    this.memory.setAttribute("aria-label", `${this.say("weights")} ${this.bytes(weights)}, ${this.say("cache")} ${this.bytes(cache)}, ${this.bytes(memory)}`);
    this.fit.textContent = `${fits} ${this.say(found.most ? "most" : "none", { n: this.count(found.most) })}`;
    this.fit.classList.toggle("problem", whole > memory);
    this.time.replaceChildren(...[[[readWeights, "compute"], [readCache, "memory"]], [[compute, "cpu"]]].map((parts) => {
      const bar = this.make("div", { class: "bar" });
      this.fillBar(bar, Math.max(readWeights + readCache, compute), parts);
      return bar;
    }));
    const [each, all] = [found.each, found.all].map((rate) => this.say("rate", { n: this.count(Number(rate.toPrecision(3))) }));
    this.facts(this.figures, [["perToken", this.bytes(found.perToken), "memory"], ["whole", this.bytes(whole)],
      ["step", `${this.prefixed(found.seconds)}s`], ["each", each], ["all", all]]);
    const slow = compute > readWeights + readCache;
    this.verdict.textContent = this.say(slow ? "arithmetic" : "bandwidth", { percent: this.number(100 * compute / (readWeights + readCache)) });
    this.announce(this.say("spoken", { whole: this.bytes(whole), memory: this.bytes(memory), fits, all, each }));
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuKvCache);

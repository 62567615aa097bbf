// <gpu-attention>: what one head of attention does, from scores to weights to what it passes on.
// ABOUT is strict JSON: helpers/explore.py reads it.
// Queries, keys and values are drawn from N(0, 1), the same at every visit (mulberry32, Box–Muller):
// no token means anything here, the arithmetic is that of Vaswani et al. (2017), section 3.2.1.
const ABOUT = {
  "element": "gpu-attention",
  "options": {
    "tokens": {"min": 2, "max": 8, "default": 6},
    "size": {"choices": ["2", "16", "64", "256"], "default": "16"},
    "scale": {"choices": ["scaled", "raw"], "default": "scaled"},
    "mask": {"choices": ["open", "causal", "padding"], "default": "causal"},
    "label": {"default": ""}
  },
  "table": [
    ["Step", "Shape"],
    ["scores = Q Kᵀ", "tokens × tokens"],
    ["divided by √head size", "tokens × tokens"],
    ["masked: −∞ where it must not look", "tokens × tokens"],
    ["softmax along each row: weights", "tokens × tokens"],
    ["weights · V", "tokens × head size"]
  ],
  "strings": {
    "en": {
      "title": "Where does a token look?",
      "fallback": "A token's query is multiplied by every key; the products, divided by the root of the head size and masked, become weights by a softmax, and the weights average the values. The table gives the steps; with JavaScript you choose the query, the size, the scale and the mask.",
      "tokens": "Tokens", "size": "Head size", "scale": "Scores", "mask": "Mask",
      "2": "2", "16": "16", "64": "64", "256": "256",
      "scaled": "divided by √size", "raw": "as they are",
      "open": "none", "causal": "causal: no token after its own", "padding": "padding: not the last two",
      "weights": "Weights: a row for each query, a column for each key",
      "weightsHelp": "Weights of attention. Arrows choose the query and the key.",
      "query": "Query {q}", "key": "Key", "product": "q · k", "score": "score", "weight": "weight", "value": "value",
      "seen": "Keys it may see", "spread": "Spread of its scores", "largest": "Largest weight", "effective": "Keys it averages", "passed": "Passed on",
      "sharp": "Nearly all of the weight is on one key: where a softmax is this sharp, hardly any gradient flows back.",
      "flat": "The weights are spread: the token averages over {n} keys.",
      "alone": "Only one key is in sight: its weight is 1, whatever its score.",
      "spoken": "Query {q}, key {k}: score {score}, weight {weight}.",
      "hint": "Raise the head size with the scores as they are: products of longer vectors are larger, and the softmax takes the largest alone. Dividing by the root of the size undoes just that. A mask sets scores to −∞ before the softmax, so that the other weights still add up to 1."
    },
    "zh_CN": {
      "title": "一个词元看向哪里？",
      "fallback": "词元的查询与每个键相乘；乘积除以头维的平方根并加掩码，经 softmax 成为权重，权重再对值求平均。下表列出各步；启用 JavaScript 后可选择查询、头维、缩放和掩码。",
      "tokens": "词元数", "size": "头维", "scale": "分数", "mask": "掩码",
      "2": "2", "16": "16", "64": "64", "256": "256",
      "scaled": "除以 √头维", "raw": "不缩放",
      "open": "无", "causal": "因果：不看自己之后的词元", "padding": "填充：不看最后两个",
      "weights": "权重：每行一个查询，每列一个键",
      "weightsHelp": "注意力权重。方向键选择查询和键。",
      "query": "查询 {q}", "key": "键", "product": "q · k", "score": "分数", "weight": "权重", "value": "值",
      "seen": "可见的键", "spread": "分数的离散程度", "largest": "最大权重", "effective": "平均了几个键", "passed": "传出的值",
      "sharp": "几乎全部权重落在一个键上：softmax 如此尖锐时，几乎没有梯度回传。",
      "flat": "权重较分散：该词元对 {n} 个键求平均。",
      "alone": "只看得到一个键：无论分数多少，权重都是 1。",
      "spoken": "查询 {q}，键 {k}：分数 {score}，权重 {weight}。",
      "hint": "不缩放时增大头维：向量越长，乘积越大，softmax 只取最大者。除以头维的平方根恰好抵消这一点。掩码在 softmax 之前把分数设为 −∞，其余权重之和仍为 1。"
    }
  }
};

const SEED = 7;
const PADDED = 2;

/** Numbers from N(0, 1), the same for the same seed: mulberry32 and Box–Muller. */
function normals(seed, count) {
  let state = seed;
  const uniform = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return Array.from({ length: count }, () =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform()));
}

/** Queries, keys and a value for each token. */
function draw({ tokens, size }) {
  const [n, d] = [tokens, Number(size)];
  const rows = (seed) => {
    const numbers = normals(seed, n * d);
    return Array.from({ length: n }, (_, i) => numbers.slice(i * d, (i + 1) * d));
  };
  return { queries: rows(SEED), keys: rows(SEED + 1), values: normals(SEED + 2, n) };
}

/** Whether query i may look at key j. */
function sees({ tokens, mask }, i, j) {
  if (mask === "causal") return j <= i;
  return mask === "open" || j < Math.max(1, tokens - PADDED);
}

/** One head: products, scores (−∞ where masked), weights, and what each query passes on. */
function attend(state) {
  const { queries, keys, values } = draw(state);
  const root = state.scale === "scaled" ? Math.sqrt(Number(state.size)) : 1;
  return queries.map((q, i) => {
    const products = keys.map((k) => q.reduce((sum, a, c) => sum + a * k[c], 0));
    const scores = products.map((product, j) => (sees(state, i, j) ? product / root : -Infinity));
    const most = Math.max(...scores);
    const terms = scores.map((score) => Math.exp(score - most));
    const total = terms.reduce((a, b) => a + b);
    const weights = terms.map((term) => term / total);
    return { products, scores, weights, values, passed: weights.reduce((sum, w, j) => sum + w * values[j], 0) };
  });
}

class GpuAttention extends GpuElement {
  static about = ABOUT;
  static attend = attend;
  static draw = draw;
  static style = `
    .weights { width: 100%; max-width: 30rem; font-variant-numeric: tabular-nums; }
    .weights td { height: 2.1rem; }
    .steps { border-collapse: collapse; margin: .75rem 0; font-size: .875rem; font-variant-numeric: tabular-nums; }
    .steps th, .steps td { padding: .15rem .6rem; text-align: right; border-bottom: 1px solid var(--gpu-line, #d5dbd4); font-weight: 400; }
    .steps .chosen { font-weight: 700; }
    .verdict { min-height: 3em; }
    @container (max-width: 30rem) { .steps th, .steps td { padding: .15rem .3rem; } }`;

  start(options) {
    this.state = { ...options, q: options.tokens - 1, k: 0 };
  }

  render(section) {
    this.frame(section, ["tokens", "size", "scale", "mask"].map((name) => this.control(name)),
      this.make("h4", {}, this.say("weights")), this.box = this.make("div"),
      this.steps = this.make("table", { class: "steps" }),
      this.figures = this.make("dl", { class: "facts" }), this.verdict = this.make("p", { class: "verdict" }));
    this.layOut();
  }

  change(name, value) {
    this.state[name] = value;
    if (name === "tokens") {
      this.state.q = Math.min(this.state.q, value - 1);
      this.state.k = Math.min(this.state.k, value - 1);
      this.layOut();
    }
    this.update();
  }

  layOut() {
    const { tokens } = this.state;
    this.table = this.grid("weights", this.say("weightsHelp"), tokens, tokens,
      { moved: (q, k) => { Object.assign(this.state, { q, k }); this.update(); } });
    this.box.replaceChildren(this.table);
  }

  /** A score with its sign; −∞ where the mask is. */
  digits(value) {
    return value === -Infinity ? "−∞" : this.number(value);
  }

  update() {
    const { q, k } = this.state;
    const head = attend(this.state);
    head.forEach(({ weights }, i) => weights.forEach((weight, j) => {
      const cell = this.table.at(i, j);
      cell.textContent = sees(this.state, i, j) ? this.number(weight) : "";
      cell.style.background = this.tint("compute", weight);
    }));
    this.table.point(q, k);
    const { products, scores, weights, values, passed } = head[q];
    const row = (tag, texts, chosen) => this.make("tr", { class: chosen && "chosen" },
      ...texts.map((text) => this.make(tag, {}, text)));
    this.steps.replaceChildren(
      this.make("caption", { class: "muted" }, this.say("query", { q: q + 1 })),
      row("th", ["key", "product", "score", "weight", "value"].map((name) => this.say(name))),
      ...weights.map((weight, j) => row("td", [j + 1, this.digits(products[j]), this.digits(scores[j]),
        this.number(weight), this.number(values[j])].map(String), j === k)));
    const open = scores.filter((score) => score > -Infinity);
    const mean = open.reduce((a, b) => a + b) / open.length;
    const spread = Math.sqrt(open.reduce((sum, score) => sum + (score - mean) ** 2, 0) / open.length);
    const effective = 1 / weights.reduce((sum, weight) => sum + weight * weight, 0);
    const largest = Math.max(...weights);
    this.facts(this.figures, [["seen", String(open.length)], ["spread", this.number(spread)], ["largest", this.number(largest)],
      ["effective", this.number(effective)], ["passed", this.number(passed), "compute"]]);
    const sharp = open.length > 1 && largest > 0.95;
    this.verdict.textContent = open.length === 1 ? this.say("alone")
      : sharp ? this.say("sharp") : this.say("flat", { n: this.number(effective) });
    this.verdict.classList.toggle("problem", sharp);
    this.announce(`${this.say("spoken", { q: q + 1, k: k + 1, score: this.digits(scores[k]), weight: this.number(weights[k]) })} ${this.verdict.textContent}`);
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuAttention);

// <gpu-threshold>: where to draw the line between yes and no, when cases are rare and errors cost.
// ABOUT is strict JSON: helpers/explore.py reads it.
// A classifier trained on as many cases of each kind gives the scores s: N(0, 1) where there is
// nothing, N(d, 1) where there is something. It then claims p = 1 / (1 + exp(d²/2 − d·s)). Where a
// share π of all cases is positive, the truth is log-odds(p) + log-odds(π): Bayes' rule.
const ABOUT = {
  "element": "gpu-threshold",
  "options": {
    "separation": {"min": 5, "max": 40, "default": 20},
    "prevalence": {"choices": ["0.1", "1", "5", "10", "25", "50"], "default": "5"},
    "cost": {"choices": ["0.1", "1", "10", "100"], "default": "10"},
    "threshold": {"min": 1, "max": 99, "default": 50},
    "label": {"default": ""}
  },
  "table": [
    ["Of 10,000 cases, 500 positive; threshold 50 %", "said yes", "said no"],
    ["positive", 421, 79],
    ["negative", 1507, 7993]
  ],
  "strings": {
    "en": {
      "title": "Where do you draw the line?",
      "fallback": "A classifier gives a score; the threshold makes it a yes or a no. Where positives are rare, most alarms are false even if the classifier is good: at 5 % and the default threshold, 421 of 1,928 alarms are right. With JavaScript you move the threshold, the costs and how rare the cases are.",
      "separation": "How well the scores separate", "prevalence": "Positive cases", "cost": "A miss costs, in false alarms", "threshold": "Say yes from a claimed probability of",
      "0.1": "0.1", "1": "1", "5": "5", "10": "10", "25": "25", "50": "50", "100": "100",
      "best": "Cheapest threshold",
      "scores": "Scores of negatives and of positives, as if there were as many of each",
      "negative": "negative", "positive": "positive", "line": "threshold",
      "yes": "said yes", "no": "said no", "cases": "Of 10,000 cases",
      "accuracy": "Accuracy", "precision": "Precision", "recall": "Recall", "alarms": "False-alarm rate", "price": "Cost per 10,000",
      "roc": "ROC: recall against false-alarm rate", "pr": "Precision against recall", "calibration": "True share against claimed probability",
      "always": "Always saying no has an accuracy of {accuracy} and costs {price}.",
      "calibrated": "The claims are right: as many cases are positive as in training.",
      "shifted": "Where it claims {claimed}, {real} are positive: it was trained where half of the cases were.",
      "spoken": "Precision {precision}, recall {recall}, cost {price}.",
      "hint": "Make the cases rarer and watch precision fall while the ROC curve stands still. Then press the button: the cheapest threshold has a true probability of 1 / (1 + cost of a miss), whatever the classifier claims."
    },
    "zh_CN": {
      "title": "界线画在哪里？",
      "fallback": "分类器给出分数，阈值把它变成“是”或“否”。正例稀少时，即使分类器不错，多数警报也是误报：正例占 5 %、默认阈值下，1,928 次警报中只有 421 次正确。启用 JavaScript 后可移动阈值、代价和正例比例。",
      "separation": "分数的区分程度", "prevalence": "正例比例", "cost": "一次漏报相当于几次误报", "threshold": "声称概率达到多少就说“是”",
      "0.1": "0.1", "1": "1", "5": "5", "10": "10", "25": "25", "50": "50", "100": "100",
      "best": "代价最小的阈值",
      "scores": "负例与正例的分数（假设两者一样多）",
      "negative": "负例", "positive": "正例", "line": "阈值",
      "yes": "判为是", "no": "判为否", "cases": "每 10,000 例中",
      "accuracy": "准确率", "precision": "精确率", "recall": "召回率", "alarms": "误报率", "price": "每 10,000 例的代价",
      "roc": "ROC：召回率对误报率", "pr": "精确率对召回率", "calibration": "真实比例对声称概率",
      "always": "一律说“否”的准确率是 {accuracy}，代价是 {price}。",
      "calibrated": "声称的概率是对的：正例比例与训练时相同。",
      "shifted": "它声称 {claimed} 之处，实际有 {real} 是正例：训练时正例占一半。",
      "spoken": "精确率 {precision}，召回率 {recall}，代价 {price}。",
      "hint": "让正例更稀少：精确率下降，而 ROC 曲线不动。再按按钮：代价最小的阈值处，真实概率是 1 /（1 + 漏报代价），无论分类器声称多少。"
    }
  }
};

const CASES = 10000;
const odds = (p) => Math.log(p / (1 - p));
const chance = (logOdds) => 1 / (1 + Math.exp(-logOdds));

/** The share of N(0, 1) above x; Abramowitz and Stegun (1964), 7.1.26, right to 1.5e-7. */
function above(x) {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const series = [1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592];
  const tail = series.reduce((sum, a) => (sum + a) * t, 0) * Math.exp(-z * z) / 2;
  return x >= 0 ? tail : 1 - tail;
}

/** The shares at a claimed probability: of positives and of negatives that get a yes. */
function rates(d, claimed) {
  const score = (odds(claimed) + d * d / 2) / d;
  return { score, recall: above(score - d), alarms: above(score) };
}

/** All that follows from a state: the four counts and what is made of them. */
function decide({ separation, prevalence, cost, threshold }) {
  const [d, share, miss] = [separation / 10, Number(prevalence) / 100, Number(cost)];
  const claimed = threshold / 100;
  const { score, recall, alarms } = rates(d, claimed);
  const [positive, negative] = [share * CASES, (1 - share) * CASES];
  const [tp, fp] = [recall * positive, alarms * negative];
  const [fn, tn] = [positive - tp, negative - fp];
  const real = chance(odds(claimed) + odds(share));
  const best = chance(odds(1 / (1 + miss)) - odds(share));
  return { d, share, score, recall, alarms, tp, fp, fn, tn, claimed, real, best, precision: tp / (tp + fp),
    accuracy: (tp + tn) / CASES, price: fp + miss * fn, silent: miss * positive };
}

class GpuThreshold extends GpuElement {
  static about = ABOUT;
  static above = above;
  static decide = decide;
  static style = `
    svg { display: block; width: 100%; height: auto; overflow: hidden; }
    .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: 1rem; }
    figure { margin: 0; }
    figcaption { font-size: .8125rem; color: var(--gpu-muted, #56615c); min-height: 2.5em; }
    .counts { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .75rem 0; }
    .counts th, .counts td { padding: .2rem .75rem; text-align: right; border: 1px solid var(--gpu-line, #d5dbd4); font-weight: 400; }
    .counts td { font-weight: 600; }
    .frame { fill: none; stroke: var(--gpu-line, #d5dbd4); }
    .curve { fill: none; stroke: var(--gpu-compute, #0a67a3); stroke-width: 2; }
    .even { stroke: var(--gpu-muted, #56615c); stroke-dasharray: 3 3; }
    .point { fill: var(--gpu-cpu, #9a4f0a); }
    .line { stroke: var(--gpu-ink, #1c2321); stroke-width: 2; }`;

  render(section) {
    const percent = (text) => [text, `${text} %`];
    this.frame(section, [this.control("separation", { as: (tenths) => this.number(tenths / 10) }),
      this.select("prevalence", this.say("prevalence"), ABOUT.options.prevalence.choices.map(percent), (value) => this.change("prevalence", value)),
      this.control("cost"), this.box = this.make("div"),
      this.button("best", this.say("best"), () => this.cheapest())],
      this.make("h4", {}, this.say("scores")),
      this.scores = this.draw("svg", { viewBox: "0 0 400 90", role: "img", "aria-label": this.say("scores") }),
      this.key([this.say("negative"), this.mix("compute")], [this.say("positive"), this.mix("cpu")]),
      this.counts = this.make("table", { class: "counts" }), this.figures = this.make("dl", { class: "facts" }),
      this.baseline = this.make("p"),
      this.plots = this.make("div", { class: "plots" }), this.claim = this.make("p"));
    this.slide();
  }

  /** The slider of the threshold, anew where the button has moved it. */
  slide() {
    this.box.replaceChildren(this.control("threshold", { as: (value) => `${value} %` }));
  }

  cheapest() {
    this.state.threshold = Math.min(99, Math.max(1, Math.round(100 * decide(this.state).best)));
    this.slide();
    this.update();
  }

  mix(role) {
    return `color-mix(in srgb, ${this.hue(role)} 45%, transparent)`;
  }

  percent(share) {
    return `${this.number(100 * share)} %`;
  }

  /** Both bells, over the scores from −3 to d + 3, and the line. */
  drawScores({ d, score }) {
    const x = (s) => 400 * (s + 3) / (d + 6);
    const bell = (mean, role) => {
      const points = Array.from({ length: 101 }, (_, k) => -3 + k * (d + 6) / 100)
        .map((s) => `${x(s)},${90 - 80 * Math.exp(-((s - mean) ** 2) / 2)}`);
      return this.draw("polygon", { points: `0,90 ${points.join(" ")} 400,90`, style: `fill: ${this.mix(role)}` });
    };
    this.scores.replaceChildren(bell(0, "compute"), bell(d, "cpu"),
      this.draw("line", { class: "line", x1: x(score), x2: x(score), y1: 0, y2: 90 }, this.draw("title", {}, this.say("line"))));
  }

  /** One curve over the unit square, a point on it, and a broken line to compare with. */
  plot(name, curve, [x, y], even) {
    const at = (a, b) => `${5 + 110 * a},${115 - 110 * b}`;
    const drawing = this.draw("svg", { viewBox: "0 0 120 120", role: "img",
      "aria-label": `${this.say(name)}: ${this.percent(x)}, ${this.percent(y)}` },
    this.draw("rect", { class: "frame", x: 5, y: 5, width: 110, height: 110 }),
    this.draw("path", { class: "even", d: `M${at(...even[0])} L${at(...even[1])}` }),
    this.draw("polyline", { class: "curve", points: curve.map((point) => at(...point)).join(" ") }),
    this.draw("circle", { class: "point", cx: 5 + 110 * x, cy: 115 - 110 * y, r: 4 }));
    return this.make("figure", {}, this.make("figcaption", {}, this.say(name)), drawing);
  }

  update() {
    const found = decide(this.state);
    const { d, share, tp, fp, fn, tn, recall, alarms, precision, claimed, real } = found;
    this.drawScores(found);
    const row = (tag, texts) => this.make("tr", {}, this.make("th", { scope: "row" }, texts[0]),
      ...texts.slice(1).map((text) => this.make(tag, {}, typeof text === "number" ? this.count(Math.round(text)) : text)));
    this.counts.replaceChildren(row("th", [this.say("cases"), this.say("yes"), this.say("no")]),
      row("td", [this.say("positive"), tp, fn]), row("td", [this.say("negative"), fp, tn]));
    const price = this.count(Math.round(found.price));
    this.facts(this.figures, [["accuracy", this.percent(found.accuracy)], ["precision", this.percent(precision), "cpu"],
      ["recall", this.percent(recall)], ["alarms", this.percent(alarms)], ["price", price, "bad"]]);
    this.baseline.textContent = this.say("always", { accuracy: this.percent(1 - share), price: this.count(Math.round(found.silent)) });
    const steps = Array.from({ length: 81 }, (_, k) => chance((k - 40) / 4)); // claims from 0.005 % to 99.995 %
    const curve = steps.map((p) => rates(d, p));
    const exact = (r) => r.recall * share / (r.recall * share + r.alarms * (1 - share));
    const diagonal = [[0, 0], [1, 1]];
    this.plots.replaceChildren(
      this.plot("roc", [[1, 1], ...curve.map((r) => [r.alarms, r.recall]), [0, 0]], [alarms, recall], diagonal),
      this.plot("pr", curve.map((r) => [r.recall, exact(r)]), [recall, precision], [[0, share], [1, share]]),
      this.plot("calibration", steps.map((p) => [p, chance(odds(p) + odds(share))]), [claimed, real], diagonal));
    this.claim.textContent = share === 0.5 ? this.say("calibrated")
      : this.say("shifted", { claimed: this.percent(claimed), real: this.percent(real) });
    this.announce(this.say("spoken", { precision: this.percent(precision), recall: this.percent(recall), price }));
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuThreshold);

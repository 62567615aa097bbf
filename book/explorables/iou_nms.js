// <gpu-iou-nms>: boxes to drag, how much each two of them share, and which of them stay.
// ABOUT is strict JSON: helpers/explore.py reads it.
const ABOUT = {
  "element": "gpu-iou-nms",
  "options": {
    "threshold": {"min": 5, "max": 95, "default": 50},
    "box": {"choices": ["A", "B", "C", "D", "E"], "default": "B"},
    "layout": {"choices": ["cluster", "chain", "apart"], "default": "cluster"},
    "label": {"default": ""}
  },
  "table": [
    ["Boxes in a row, threshold 50 %", "IoU with the box before", "what happens"],
    ["A, score 0.95", "none", "stays"],
    ["B, score 0.90", "0.6", "dropped by A"],
    ["C, score 0.80", "0.6", "stays: B is gone"],
    ["D, score 0.70", "0.6", "dropped by C"],
    ["E, score 0.60", "0.6", "stays: D is gone"]
  ],
  "strings": {
    "en": {
      "title": "Which boxes stay?",
      "fallback": "Five boxes have scores. The surest stays and drops each box that it overlaps by more than the threshold; then the next that is left does the same. Five boxes in a row, each shifted by a quarter of its width, share 60 % of what two neighbours cover: at 50 % A, C and E stay. With JavaScript you drag the boxes and move the threshold.",
      "layout": "Boxes", "cluster": "two objects", "chain": "in a row", "apart": "far apart",
      "threshold": "Drop above an IoU of", "box": "Move box", "x": "to the right", "y": "down",
      "A": "A", "B": "B", "C": "C", "D": "D", "E": "E",
      "picture": "Boxes: solid stay, broken are dropped", "steps": "In order of the scores",
      "stays": "stays", "gone": "dropped", "kept": "Boxes that stay", "pairs": "Pairs above the threshold", "passes": "Passes of the loop",
      "matrix": "IoU of each two boxes (%)",
      "keeps": "{box}, score {score}: nothing that stays overlaps it by more than {at} %, so it stays.",
      "drops": "{box}, score {score}: shares {share} % with {by}, so it is dropped.",
      "spoken": "{kept} stay, {gone} are dropped.", "none": "none",
      "hint": "Drag a box, or choose it and use the sliders. In a row, A drops B, and so C stays although B overlaps it: nobody can be decided before all surer boxes that overlap it."
    },
    "zh_CN": {
      "title": "哪些框留下？",
      "fallback": "五个框各有分数。分数最高的框留下，并去掉与它的重叠超过阈值的框；然后轮到余下的下一个。五个框排成一行，每个错开四分之一宽，相邻两框的交并比为 60 %：阈值 50 % 时，A、C、E 留下。启用 JavaScript 后可拖动框并移动阈值。",
      "layout": "框的布置", "cluster": "两个物体", "chain": "排成一行", "apart": "彼此远离",
      "threshold": "交并比超过多少就去掉", "box": "移动哪个框", "x": "向右", "y": "向下",
      "A": "A", "B": "B", "C": "C", "D": "D", "E": "E",
      "picture": "框：实线留下，虚线去掉", "steps": "按分数顺序",
      "stays": "留下", "gone": "去掉", "kept": "留下的框", "pairs": "超过阈值的框对", "passes": "循环次数",
      "matrix": "每两个框的交并比（%）",
      "keeps": "{box}，分数 {score}：没有留下的框与它的重叠超过 {at} %，所以留下。",
      "drops": "{box}，分数 {score}：与 {by} 的交并比为 {share} %，所以去掉。",
      "spoken": "留下 {kept}，去掉 {gone}。", "none": "无",
      "hint": "拖动一个框，或先选它再用滑块。排成一行时，A 去掉 B，于是 C 留下，尽管 B 与它重叠：在所有与它重叠、分数更高的框定下来之前，它的去留无法决定。"
    }
  }
};

const NAMES = ["A", "B", "C", "D", "E"];
const SCORES = [0.95, 0.9, 0.8, 0.7, 0.6];
const WIDTH = 400;
const HEIGHT = 200;
/** Left, top, width and height of each box. */
const LAYOUTS = {
  cluster: [[60, 50, 100, 100], [80, 60, 100, 100], [240, 40, 90, 120], [250, 50, 90, 120], [45, 30, 120, 130]],
  chain: [0, 1, 2, 3, 4].map((k) => [100 + 25 * k, 50, 100, 100]),
  apart: [[5, 10, 70, 70], [85, 110, 70, 70], [165, 10, 70, 70], [245, 110, 70, 70], [325, 10, 70, 70]],
};

/** Corners for the names of the boxes, so that those of neighbours do not meet. */
const upper = ([x, y]) => ({ x: x + 5, y: y + 15 });
const lower = ([x, y, width, height]) => ({ x: x + width - 5, y: y + height - 6, "text-anchor": "end" });
const beside = ([x, y, , height]) => ({ x: x + 5, y: y + height - 6 });
const LABELS = [upper, lower, upper, lower, beside];

/** Shared over covered area of two boxes. */
function overlap([ax, ay, aw, ah], [bx, by, bw, bh]) {
  const width = Math.min(ax + aw, bx + bw) - Math.max(ax, bx);
  const height = Math.min(ay + ah, by + bh) - Math.max(ay, by);
  const shared = Math.max(0, width) * Math.max(0, height);
  return shared / (aw * ah + bw * bh - shared);
}

/** For each box, which come in the order of their scores: the box that drops it, or -1. */
function suppress(boxes, at) {
  const droppedBy = [];
  boxes.forEach((box, n) => {
    droppedBy.push(boxes.findIndex((other, m) => m < n && droppedBy[m] === -1 && overlap(other, box) > at));
  });
  return droppedBy;
}

class GpuIouNms extends GpuElement {
  static about = ABOUT;
  static overlap = overlap;
  static suppress = suppress;
  static layouts = LAYOUTS;
  static style = `
    svg { display: block; width: 100%; height: auto; overflow: hidden; background: var(--gpu-surface, #f5f7f3);
      touch-action: pan-y; }
    svg rect { stroke-width: 2; cursor: move; }
    svg text { font-size: 12px; fill: var(--gpu-ink, #1c2321); pointer-events: none; }
    .matrix { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .25rem 0; }
    .matrix th, .matrix td { padding: .2rem .5rem; text-align: right; border: 1px solid var(--gpu-line, #d5dbd4); }
    .matrix th { font-weight: 400; }
    ol { margin: .25rem 0; padding-left: 1.5rem; font-size: .875rem; }`;

  start(options) {
    this.state = options;
    this.lay(options.layout);
  }

  lay(layout) {
    this.state.places = LAYOUTS[layout].map((box) => [...box]);
  }

  render(section) {
    this.frame(section, [
      this.select("layout", this.say("layout"), ABOUT.options.layout.choices.map((c) => [c, this.say(c)]), (value) => {
        this.lay(value);
        this.slide();
        this.change("layout", value);
      }),
      this.control("threshold", { as: (value) => `${value} %` }),
      this.select("box", this.say("box"), NAMES.map((name) => [name, name]), (value) => {
        this.state.box = value;
        this.slide();
        this.update();
      }),
      this.sliders = this.make("div", { class: "controls" })],
    this.make("h4", {}, this.say("picture")),
    this.picture = this.draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }),
    this.key([this.say("stays"), this.tint("good", 1)], [this.say("gone"), this.tint("bad", 1)]),
    this.figures = this.make("dl", { class: "facts" }),
    this.make("h4", {}, this.say("steps")), this.steps = this.make("ol"),
    this.make("h4", {}, this.say("matrix")), this.matrix = this.make("table", { class: "matrix" }));
    this.picture.addEventListener("pointermove", (event) => this.drag(event));
    for (const end of ["pointerup", "pointercancel", "pointerleave"]) {
      this.picture.addEventListener(end, () => { this.held = null; });
    }
    this.slide();
  }

  /** The two sliders of the chosen box, anew where something else has moved it. */
  slide() {
    const box = this.state.places[NAMES.indexOf(this.state.box)];
    const along = (name, side, most) => this.range(name, this.say(name), 0, most - box[side + 2], (value) => {
      box[side] = value;
      this.update();
    }, { value: box[side] });
    this.sliders.replaceChildren(along("x", 0, WIDTH), along("y", 1, HEIGHT));
  }

  /** Where the pointer is, in units of the drawing. */
  at(event) {
    const frame = this.picture.getBoundingClientRect();
    return [(event.clientX - frame.left) * WIDTH / frame.width, (event.clientY - frame.top) * HEIGHT / frame.height];
  }

  hold(event, n) {
    const [x, y] = this.at(event);
    const box = this.state.places[n];
    this.held = { n, dx: x - box[0], dy: y - box[1] };
    this.state.box = NAMES[n];
    this.shadowRoot.querySelector("[name=box]").value = NAMES[n];
    event.preventDefault();
    this.slide();
    this.update();
  }

  drag(event) {
    if (!this.held) return;
    const [x, y] = this.at(event);
    const box = this.state.places[this.held.n];
    const inside = (value, most) => Math.round(Math.min(most, Math.max(0, value)));
    box[0] = inside(x - this.held.dx, WIDTH - box[2]);
    box[1] = inside(y - this.held.dy, HEIGHT - box[3]);
    this.slide();
    this.update();
  }

  drawBox(n, droppedBy) {
    const [x, y, width, height] = this.state.places[n];
    const role = droppedBy < 0 ? "good" : "bad";
    const chosen = NAMES[n] === this.state.box;
    return [this.draw("rect", { x, y, width, height, "data-box": NAMES[n], onpointerdown: (event) => this.hold(event, n),
      style: `stroke: ${this.hue(role)}; fill: ${this.hue(role)}; fill-opacity: ${chosen ? 0.2 : 0.06}`,
      "stroke-dasharray": droppedBy < 0 ? null : "6 4" }),
    this.draw("text", LABELS[n]([x, y, width, height]), `${NAMES[n]} ${SCORES[n].toFixed(2)}`)];
  }

  update() {
    const boxes = this.state.places;
    const at = this.state.threshold / 100;
    const droppedBy = suppress(boxes, at);
    const percent = (a, b) => this.number(Math.round(1000 * overlap(a, b)) / 10);
    this.picture.replaceChildren(...[4, 3, 2, 1, 0].flatMap((n) => this.drawBox(n, droppedBy[n])));
    const kept = NAMES.filter((_, n) => droppedBy[n] < 0).join(", ");
    const gone = NAMES.filter((_, n) => droppedBy[n] >= 0).join(", ") || this.say("none");
    const said = this.say("spoken", { kept, gone });
    this.picture.setAttribute("aria-label", `${this.say("picture")}. ${said}`);
    const above = boxes.flatMap((a, n) => boxes.slice(n + 1).filter((b) => overlap(a, b) > at)).length;
    const passes = droppedBy.filter((by) => by < 0).length;
    this.facts(this.figures, [["kept", kept, "good"], ["pairs", `${above} / 10`], ["passes", String(passes)]]);
    this.steps.replaceChildren(...boxes.map((box, n) => this.make("li", {}, droppedBy[n] < 0
      ? this.say("keeps", { box: NAMES[n], score: SCORES[n].toFixed(2), at: this.state.threshold })
      : this.say("drops", { box: NAMES[n], score: SCORES[n].toFixed(2), by: NAMES[droppedBy[n]], share: percent(box, boxes[droppedBy[n]]) }))));
    const head = this.make("tr", {}, this.make("td"), ...NAMES.map((name) => this.make("th", { scope: "col" }, name)));
    this.matrix.replaceChildren(head, ...boxes.map((a, n) => this.make("tr", {}, this.make("th", { scope: "row" }, NAMES[n]),
      ...boxes.map((b, m) => this.make("td", { style: m < n && overlap(a, b) > at ? `background: ${this.tint("bad", 1)}` : null },
        m < n ? percent(a, b) : "")))));
    const [x, y] = boxes[NAMES.indexOf(this.state.box)];
    this.announce(`${this.state.box} ${x}, ${y}. ${said}`);
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuIouNms);

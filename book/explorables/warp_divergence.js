// <gpu-warp-divergence>: what a branch costs two warps whose lanes agree, or do not.
// ABOUT is strict JSON: helpers/explore.py reads it.
const ABOUT = {
  "element": "gpu-warp-divergence",
  "options": {
    "condition": {"choices": ["parity", "quarter", "warp", "below", "own"], "default": "parity"},
    "k": {"min": 0, "max": 64, "default": 40},
    "then": {"min": 1, "max": 8, "default": 4},
    "other": {"min": 0, "max": 8, "default": 4},
    "label": {"default": ""}
  },
  "table": [
    ["a: 4, b: 4", "i % 2 == 0", "i % 4 == 0", "i // 32 % 2 == 0", "i < 40"],
    ["0–31", 10, 10, 6, 6],
    ["32–63", 10, 10, 6, 10],
    ["⌀ 32", "19.2", "19.2", "32", "24"]
  ],
  "strings": {
    "en": {
      "title": "What does a branch cost a warp?",
      "fallback": "The 32 lanes of a warp share one instruction at a time. Where an if sends some lanes one way and some the other, the warp walks both ways, and the lanes that are not concerned wait. The table gives the steps of two warps, threads 0 to 31 and 32 to 63, for a test, four instructions on each side and one after, and the mean number of lanes at work; with JavaScript you can choose the branch.",
      "condition": "Condition", "parity": "i % 2 == 0", "quarter": "i % 4 == 0", "warp": "i // 32 % 2 == 0", "below": "i < k", "own": "your own, lane by lane",
      "k": "k", "then": "Instructions a", "other": "Instructions b",
      "divergent": "Divergent branches", "of": "{some} of 2", "steps": "Steps, both warps", "mean": "Lanes at work, mean", "idle": "Lane time lost",
      "name": "Warp {warp}: threads {first} to {last}", "lanesHelp": "Warp {warp}, its 32 lanes. Arrows choose a lane, space sends it the other way.",
      "yes": "runs a", "no": "runs b", "all": "all lanes together", "wait": "waits",
      "test": "test",
      "agrees": "Warp {warp}: all lanes go one way, {steps} steps.",
      "splits": "Warp {warp} walks both ways, {yes} of its lanes run a and {no} run b: {steps} steps.",
      "skips": "Warp {warp}: {yes} of its lanes run a, {no} wait: {steps} steps.",
      "lane": "Thread {thread} {way}.",
      "hint": "Time runs downwards, a row is one instruction. Click a lane to send it the other way: one lane alone makes its warp walk both sides. Compilers turn very short branches into instructions that lanes skip; the lanes idle all the same."
    },
    "zh_CN": {
      "title": "一个分支让线程束付出多少代价？",
      "fallback": "线程束的 32 个通道同一时刻执行同一条指令。if 使一些通道走一边、另一些走另一边时，线程束两边都要走，无关的通道等待。下表给出两个线程束（线程 0 到 31 和 32 到 63）的步数：一次判断、每边四条指令、之后一条，以及平均工作的通道数；启用 JavaScript 后可自选分支。",
      "condition": "条件", "parity": "i % 2 == 0", "quarter": "i % 4 == 0", "warp": "i // 32 % 2 == 0", "below": "i < k", "own": "自定义，逐个通道",
      "k": "k", "then": "指令 a 的数目", "other": "指令 b 的数目",
      "divergent": "发散的分支", "of": "2 个中的 {some} 个", "steps": "两个线程束的步数", "mean": "平均工作的通道", "idle": "损失的通道时间",
      "name": "线程束 {warp}：线程 {first} 到 {last}", "lanesHelp": "线程束 {warp} 的 32 个通道。方向键选择通道，空格键让它改走另一边。",
      "yes": "执行 a", "no": "执行 b", "all": "所有通道一起", "wait": "等待",
      "test": "判断",
      "agrees": "线程束 {warp}：所有通道走同一边，{steps} 步。",
      "splits": "线程束 {warp} 两边都走，{yes} 个通道执行 a，{no} 个执行 b：{steps} 步。",
      "skips": "线程束 {warp}：{yes} 个通道执行 a，{no} 个等待：{steps} 步。",
      "lane": "线程 {thread} {way}。",
      "hint": "时间自上而下，一行是一条指令。点击通道让它改走另一边：哪怕只有一个通道，整个线程束也要走两边。编译器会把很短的分支变成通道可跳过的指令；通道照样闲着。"
    }
  }
};

const LANES = 32;
const WARPS = 2;

/** Whether thread i takes the side a; `own` is a list of 64 choices. */
function ways({ condition, k }, own) {
  const test = {
    parity: (i) => i % 2 === 0,
    quarter: (i) => i % 4 === 0,
    warp: (i) => Math.floor(i / LANES) % 2 === 0,
    below: (i) => i < k,
    own: (i) => own[i],
  }[condition];
  return Array.from({ length: WARPS * LANES }, (_, i) => test(i));
}

/** The steps of each warp in turn, as [kind, whether each lane is at work]. */
function run(taken, then, other) {
  return Array.from({ length: WARPS }, (_, warp) => {
    const yes = taken.slice(warp * LANES, (warp + 1) * LANES);
    const no = yes.map((way) => !way);
    const all = yes.map(() => true);
    const side = (kind, lanes, count) => (lanes.includes(true) ? Array(count).fill([kind, lanes]) : []);
    return [["test", all], ...side("yes", yes, then), ...side("no", no, other), ["after", all]];
  });
}

/** The figures of a run: branches that diverge, steps, and the mean of lanes at work in a step. */
function count(taken, then, other) {
  const steps = run(taken, then, other).flat();
  const busy = steps.reduce((sum, [, lanes]) => sum + lanes.filter(Boolean).length, 0);
  const warps = Array.from({ length: WARPS }, (_, warp) => taken.slice(warp * LANES, (warp + 1) * LANES));
  return { divergent: warps.filter((lanes) => new Set(lanes).size > 1).length,
    steps: steps.length, mean: busy / steps.length };
}

class GpuWarpDivergence extends GpuElement {
  static about = ABOUT;
  static ways = ways;
  static count = count;
  static style = `
    .pair { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; }
    .pair > div { flex: 1 1 18rem; min-width: 0; }
    .time { margin-top: .3rem; }
    .step { display: flex; height: .85rem; align-items: center; }
    .step span { flex: none; width: 2.2rem; font: .75rem/1 ui-monospace, monospace; }
    .step svg { flex: 1; min-width: 0; height: 100%; }
    table[role=grid] { width: calc(100% - 2.2rem); margin-left: 2.2rem; }
    [role=grid] td { height: 1.5rem; border-color: var(--gpu-paper, #fffffe); border-width: 0 1px; }
    [role=grid] td[aria-selected] { outline: 3px solid var(--gpu-ink, #1c2321); }
    [role=grid]:not(:focus) td { outline: none; }
    .wait { fill: var(--gpu-line, #d5dbd4); }
    .all { fill: var(--gpu-muted, #56615c); }
    .yes { fill: var(--gpu-gpu, #3b7800); background: var(--gpu-gpu, #3b7800); }
    .no { fill: var(--gpu-cpu, #9a4f0a); background: var(--gpu-cpu, #9a4f0a); }
    .some { min-height: 4.5em; }
    pre { margin: .5rem 0; font: .875rem/1.4 ui-monospace, monospace; white-space: pre-wrap; }`;

  start(options) {
    this.state = { ...options, thread: 0 };
    this.own = Array.from({ length: WARPS * LANES }, (_, i) => i < LANES || i === 45);
  }

  get taken() {
    return ways(this.state, this.own);
  }

  render(section) {
    this.lanes = [];
    this.time = [];
    const warp = (number) => this.make("div", {},
      this.make("h4", {}, this.say("name",
        { warp: number, first: number * LANES, last: (number + 1) * LANES - 1 })),
      this.lanes[number] = this.grid(`warp${number}`, this.say("lanesHelp", { warp: number }), 1, LANES, {
        moved: (_, lane) => this.change("thread", number * LANES + lane),
        pressed: (_, lane) => this.toggle(number * LANES + lane) }),
      this.time[number] = this.make("div", { class: "time", role: "img" }));
    this.frame(section, ["condition", "k", "then", "other"].map((name) => this.control(name)),
      this.code = this.make("pre"),
      this.figures = this.make("dl", { class: "facts" }),
      this.make("div", { class: "pair" }, warp(0), warp(1)),
      this.key([this.say("yes"), this.hue("gpu")], [this.say("no"), this.hue("cpu")],
        [this.say("all"), this.hue("muted")], [this.say("wait"), this.hue("line")]),
      this.text = this.make("p", { class: "some" }));
  }

  toggle(thread) {
    this.own = this.taken;
    this.own[thread] = !this.own[thread];
    this.shadowRoot.querySelector("[name=condition]").value = "own";
    Object.assign(this.state, { condition: "own", thread });
    this.update();
  }

  change(name, value) {
    if (name === "condition" && value === "own") this.own = this.taken;
    super.change(name, value);
  }

  update() {
    const { condition, k, then, other, thread } = this.state;
    const taken = this.taken;
    const found = count(taken, then, other);
    this.shadowRoot.querySelector("[name=k]").disabled = condition !== "below";
    const asked = condition === "below" ? `i < ${k}` : condition === "own" ? "taken[i]" : this.say(condition);
    const side = (letter, times) => `    ${Array(times).fill(`${letter}()`).join("; ")}\n`;
    this.code.textContent = `if ${asked}:\n${side("a", then)}${other ? `else:\n${side("b", other)}` : ""}c()`;
    const role = found.divergent ? "bad" : "good";
    this.facts(this.figures, [["divergent", this.say("of", { some: found.divergent }), role],
      ["steps", found.steps], ["mean", `${this.number(found.mean)} / ${LANES}`],
      ["idle", `${this.number(100 - 100 * found.mean / LANES)} %`]]);
    const told = run(taken, then, other).map((steps, warp) => this.showWarp(steps, warp, taken));
    this.text.textContent = told.join(" ");
    const way = this.say(taken[thread] ? "yes" : "no");
    this.announce(`${this.say("lane", { thread, way })} ${this.text.textContent}`);
  }

  /** Draw one warp's steps and return what there is to say of them. */
  showWarp(steps, warp, taken) {
    const lanes = taken.slice(warp * LANES, (warp + 1) * LANES);
    lanes.forEach((way, lane) => { this.lanes[warp].at(0, lane).className = way ? "yes" : "no"; });
    this.lanes[warp].point(0, Math.floor(this.state.thread / LANES) === warp ? this.state.thread % LANES : 0);
    const letters = { test: this.say("test"), yes: "a", no: "b", after: "c" };
    this.time[warp].replaceChildren(...steps.map(([kind, busy]) =>
      this.make("div", { class: "step" }, this.make("span", {}, letters[kind]), this.strip(kind, busy))));
    const yes = lanes.filter(Boolean).length;
    const no = LANES - yes;
    const key = !(yes && no) ? "agrees" : this.state.other ? "splits" : "skips";
    const said = this.say(key, { warp, yes, no, steps: steps.length });
    this.time[warp].setAttribute("aria-label", said);
    // As long as a warp that walks both ways, so that the page does not jump.
    this.time[warp].style.minHeight = `${(2 + this.state.then + this.state.other) * 0.85}rem`;
    return said;
  }

  strip(kind, busy) {
    const cells = (wanted) => busy.map((works, lane) =>
      (works === wanted ? `M${lane} .08h.9v.84h-.9z` : "")).join("");
    return this.draw("svg", { viewBox: `0 0 ${LANES} 1`, preserveAspectRatio: "none" },
      this.draw("path", { d: cells(true), class: kind === "yes" || kind === "no" ? kind : "all" }),
      this.draw("path", { d: cells(false), class: "wait" }));
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuWarpDivergence);

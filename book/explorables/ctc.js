// <gpu-ctc>: one symbol at each frame, what the path collapses to, and how many paths say a word.
// ABOUT is strict JSON: helpers/explore.py reads it.
const ABOUT = {
  "element": "gpu-ctc",
  "options": {
    "word": {"choices": ["see", "one", "two", "three", "off"], "default": "see"},
    "frames": {"min": 3, "max": 8, "default": 6},
    "label": {"default": ""}
  },
  "table": [
    ["Path of six frames", "what repeats is merged", "what is left without blanks"],
    ["s s e e e e", "s e", "se"],
    ["s s e - e e", "s e - e", "see"],
    ["- s e - e -", "- s e - e -", "see"],
    ["- - s e e -", "- s e -", "se"]
  ],
  "strings": {
    "en": {
      "title": "What does a path say?",
      "fallback": "At each frame a path takes one symbol: a letter, or the blank, written as a dash. Merge what repeats, then drop the blanks, and you have the word that it says. Two equal letters need a blank between them. The table shows four paths; with JavaScript you choose the symbols, and see in a grid how many paths say the word.",
      "word": "Word", "frames": "Frames",
      "see": "see", "one": "one", "two": "two", "three": "three", "off": "off",
      "path": "Path: press one symbol in each column", "grid": "Paths that have come so far, by state and frame",
      "blank": "blank", "frame": "frame", "merged": "Merged", "said": "Says", "ways": "Paths that say the word", "all": "All paths",
      "nothing": "nothing", "right": "the word", "wrong": "another word", "here": "the path is here",
      "spoken": "Frame {frame}: {symbol}. The path says {said}: {verdict}.",
      "counted": "{word} in {frames} frames: {ways} of {all} paths. The path says {said}: {verdict}.",
      "hint": "In the lower grid each number is a sum from the column before: a path stays in its state, moves on by one, or jumps over a blank between two different letters. The last two numbers of the last column add up to the paths that say the word."
    },
    "zh_CN": {
      "title": "一条路径说的是什么？",
      "fallback": "路径在每一帧取一个符号：一个字母，或写作短横的空白。先合并重复，再去掉空白，就得到它所说的词。两个相同的字母之间必须有空白。下表列出四条路径；启用 JavaScript 后可自选符号，并在网格中看到有多少条路径说出这个词。",
      "word": "词", "frames": "帧数",
      "see": "see（看）", "one": "one（一）", "two": "two（二）", "three": "three（三）", "off": "off（关）",
      "path": "路径：每列按下一个符号", "grid": "到此为止的路径数，按状态和帧",
      "blank": "空白", "frame": "帧", "merged": "合并后", "said": "说的是", "ways": "说出该词的路径", "all": "全部路径",
      "nothing": "什么也没有", "right": "正是该词", "wrong": "另一个词", "here": "路径在此",
      "spoken": "第 {frame} 帧：{symbol}。路径说的是 {said}：{verdict}。",
      "counted": "{word}，{frames} 帧：{all} 条路径中的 {ways} 条。路径说的是 {said}：{verdict}。",
      "hint": "下方网格的每一列由前一列相加而得：路径停在原状态、前进一步，或在两个不同字母之间跳过空白。最后一列的最后两个数之和，就是说出该词的路径数。"
    }
  }
};

const BLANK = "-";

/** Merge what repeats: ["s", "s", "-", "e"] becomes ["s", "-", "e"]. */
function merged(path) {
  return path.filter((symbol, n) => symbol !== path[n - 1]);
}

/** What a path says. */
function collapse(path) {
  return merged(path).filter((symbol) => symbol !== BLANK).join("");
}

/** The blank and the different letters of a word, in their order. */
function symbols(word) {
  return [BLANK, ...new Set(word)];
}

/** The word with a blank before, between and after its letters. */
function states(word) {
  return [BLANK, ...[...word].flatMap((letter) => [letter, BLANK])];
}

/** For each frame: how many paths are in each state, where every path counts once. */
function ways(word, frames) {
  const names = states(word);
  const columns = [names.map((_, s) => Number(s < 2))];
  while (columns.length < frames) {
    const before = columns.at(-1);
    columns.push(names.map((name, s) => before[s] + (before[s - 1] || 0)
      + (name !== BLANK && name !== names[s - 2] ? before[s - 2] || 0 : 0)));
  }
  return columns;
}

/** How many paths say the word. */
function count(word, frames) {
  return ways(word, frames).at(-1).slice(-2).reduce((a, b) => a + b);
}

/** The state of a path at each frame, as far as it goes along with the word. */
function track(word, path) {
  const names = states(word);
  const found = [];
  let state = -1;
  for (const symbol of path) {
    const next = [state, state + 1, state + 2].find((s) => names[s] === symbol
      && (s < state + 2 || symbol !== BLANK && symbol !== names[state]));
    if (next === undefined) break;
    found.push(state = next);
  }
  return found;
}

class GpuCtc extends GpuElement {
  static about = ABOUT;
  static collapse = collapse;
  static count = count;
  static track = track;
  static ways = ways;
  static style = `
    table[role=grid], .ways { width: 100%; max-width: 32rem; table-layout: fixed; }
    table[role=grid] td, .ways td { height: 2rem; }
    .ways { border-collapse: collapse; font-size: .75rem; font-variant-numeric: tabular-nums; }
    .ways td, .ways th { text-align: right; padding: 0 .2rem; border: 1px solid var(--gpu-line, #d5dbd4); }
    .ways th { width: 1.5rem; font-weight: 400; text-align: center; }`;

  start(options) {
    this.state = options;
    this.begin();
  }

  /** A path through the letters of the word, without a blank. */
  begin() {
    const { word, frames } = this.state;
    this.state.path = Array.from({ length: frames }, (_, t) => word[Math.floor(t * word.length / frames)]);
  }

  render(section) {
    this.frame(section, [this.control("word"), this.control("frames")],
      this.make("h4", {}, this.say("path")), this.board = this.make("div"),
      this.figures = this.make("dl", { class: "facts" }),
      this.make("h4", {}, this.say("grid")),
      this.table = this.make("table", { class: "ways", "aria-label": this.say("grid") }),
      this.key([this.say("here"), this.tint("good", 1)]));
    this.layOut();
  }

  layOut() {
    const names = symbols(this.state.word);
    const moved = (row, column) => {
      this.path.point(row, column);
      this.spoken = [column, names[row]];
      this.tell();
    };
    const pressed = (row, column) => {
      this.state.path[column] = names[row];
      this.spoken = [column, names[row]];
      this.update();
    };
    this.path = this.grid("path", this.say("path"), names.length, this.state.frames, { moved, pressed });
    this.board.replaceChildren(this.path);
    this.spoken = null;
  }

  change(name, value) {
    this.state[name] = value;
    this.begin();
    this.layOut();
    this.update();
  }

  shown(symbol) {
    return symbol === BLANK ? this.say("blank") : symbol;
  }

  update() {
    const { word, frames, path } = this.state;
    symbols(word).forEach((symbol, row) => path.forEach((chosen, column) => {
      const cell = this.path.at(row, column);
      cell.textContent = symbol;
      cell.style.background = chosen === symbol ? this.tint("compute", 1) : "";
      cell.style.fontWeight = chosen === symbol ? 700 : 400;
      cell.setAttribute("aria-label", `${this.say("frame")} ${column + 1}: ${this.shown(symbol)}`);
    }));
    const said = collapse(path);
    this.facts(this.figures, [["merged", merged(path).join(" ")],
      ["said", said || this.say("nothing"), said === word ? "good" : "bad"],
      ["ways", this.count(count(word, frames))], ["all", this.count(symbols(word).length ** frames)]]);
    const columns = ways(word, frames);
    const along = track(word, path);
    this.table.replaceChildren(...states(word).map((name, s) => this.make("tr", {},
      this.make("th", { scope: "row", "aria-label": this.shown(name) }, name),
      ...columns.map((column, t) => this.make("td", { style: along[t] === s ? `background: ${this.tint("good", 1)}` : null },
        this.count(column[s]))))));
    this.tell();
  }

  tell() {
    const { word, frames, path } = this.state;
    const said = collapse(path);
    const verdict = this.say(said === word ? "right" : "wrong");
    const values = { word, frames, said: said || this.say("nothing"), verdict };
    this.announce(this.spoken
      ? this.say("spoken", { ...values, frame: this.spoken[0] + 1, symbol: this.shown(this.spoken[1]) })
      : this.say("counted", { ...values, ways: this.count(count(word, frames)), all: this.count(symbols(word).length ** frames) }));
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuCtc);

// <gpu-banks>: which of the 32 banks of shared memory a warp asks, and how many turns that takes.
// ABOUT is strict JSON: helpers/explore.py reads it.
const ABOUT = {
  "element": "gpu-banks",
  "options": {
    "access": {"choices": ["row", "column", "diagonal", "same"], "default": "column"},
    "element": {"choices": ["float32", "float64"], "default": "float32"},
    "width": {"min": 1, "max": 64, "default": 32},
    "padding": {"min": 0, "max": 4, "default": 0},
    "bank": {"min": 0, "max": 31, "default": 0},
    "label": {"default": ""}
  },
  "table": [
    ["float32 tile", "row", "column", "diagonal", "same"],
    ["32 × 32", 1, 32, 1, 1],
    ["32 × (32 + 1)", 1, 1, 2, 1],
    ["32 × (32 + 2)", 1, 2, 1, 1],
    ["32 × 16", 1, 16, 2, 1]
  ],
  "strings": {
    "en": {
      "title": "Why does a column take 32 turns?",
      "fallback": "Shared memory has 32 banks; each hands out one 4-byte word in a turn, and word w lies in bank w mod 32. Lanes that want different words of one bank take turns. The table counts the turns in which a warp reads a row, a column, a diagonal or one single element of a tile; with JavaScript you can change the tile and watch.",
      "access": "The warp reads", "row": "a row", "column": "a column", "diagonal": "a diagonal", "same": "one element, all lanes",
      "element": "Element", "float32": "float32, 4 bytes", "float64": "float64, 8 bytes",
      "width": "Tile width", "padding": "Padding", "bank": "Bank to follow",
      "turns": "Turns (wavefronts)", "least": "Without conflict", "used": "Banks asked", "of": "{used} of 32", "ways": "Most words from one bank in one pass",
      "tile": "The tile", "schedule": "Who is served when",
      "tilePicture": "Tile of 32 rows and {width} columns with {padding} of padding: the warp reads {what}.",
      "schedulePicture": "Rows are turns, here {turns}; columns are the 32 banks.",
      "read": "read by the warp", "banked": "lies in bank {bank}", "both": "read from bank {bank}", "padded": "padding", "first": "served without waiting", "later": "served in a later turn",
      "asked": "Bank {bank} · different words read: {words} · lanes: {lanes}",
      "halves": "An 8-byte element is two words, so the warp is served in two halves of 16 lanes.",
      "shared": "All lanes want the same word: it is read once and handed to everybody.",
      "hint": "Rows of the right picture are turns. Set the padding to 1 and follow a bank through the tile: its column becomes a diagonal, and no two lanes meet in it."
    },
    "zh_CN": {
      "title": "为什么读一列要 32 个回合？",
      "fallback": "共享内存有 32 个存储体，每个在一个回合里给出一个 4 字节的字，第 w 个字位于存储体 w mod 32。若几个通道要同一存储体中的不同字，就得轮流。下表给出一个线程束读取方块的一行、一列、一条对角线或同一个元素所需的回合数；启用 JavaScript 后可自行改变方块并观察。",
      "access": "线程束读取", "row": "一行", "column": "一列", "diagonal": "一条对角线", "same": "同一个元素",
      "element": "元素", "float32": "float32，4 字节", "float64": "float64，8 字节",
      "width": "方块宽度", "padding": "填充", "bank": "跟踪的存储体",
      "turns": "回合（wavefront）", "least": "无冲突时", "used": "用到的存储体", "of": "32 个中的 {used} 个", "ways": "一趟中单个存储体的最多字数",
      "tile": "方块", "schedule": "谁在何时得到服务",
      "tilePicture": "32 行 {width} 列、填充 {padding} 列的方块：线程束读取{what}。",
      "schedulePicture": "行是回合，这里有 {turns} 个；列是 32 个存储体。",
      "read": "被线程束读取", "banked": "位于存储体 {bank}", "both": "从存储体 {bank} 读取", "padded": "填充", "first": "无需等待", "later": "在之后的回合",
      "asked": "存储体 {bank} · 读取的不同字：{words} · 通道：{lanes}",
      "halves": "8 字节的元素是两个字，因此线程束分两半、每半 16 个通道得到服务。",
      "shared": "所有通道要同一个字：只读一次，人人有份。",
      "hint": "右图的一行是一个回合。把填充设为 1，再在方块中跟踪一个存储体：它从一列变成一条对角线，没有两个通道在其中相遇。"
    }
  }
};

const LANES = 32;
const BANKS = 32;
const ROWS = 32;
const WORDS = { float32: 1, float64: 2 };
const LISTED = 8;
const READS = { row: "x = tile[lane // width, lane % width]", column: "x = tile[lane, 0]",
  diagonal: "x = tile[lane, lane % width]", same: "x = tile[0, 0]" };

/** The element that each lane reads, as [row, column] of the tile. */
function places({ access, width }) {
  const place = {
    row: (lane) => [Math.floor(lane / width), lane % width],
    column: (lane) => [lane, 0],
    diagonal: (lane) => [lane, lane % width],
    same: () => [0, 0],
  }[access];
  return Array.from({ length: LANES }, (_, lane) => place(lane));
}

/** The passes that a read takes; in each, the words that each bank hands out in turn, with their lanes. */
function passes(options) {
  const size = WORDS[options.element];
  const pitch = options.width + options.padding;
  const parts = Array.from({ length: size }, () => Array.from({ length: BANKS }, () => new Map()));
  places(options).forEach(([row, column], lane) => {
    const banks = parts[Math.floor(lane * size / LANES)];
    for (let part = 0; part < size; part++) {
      const word = (row * pitch + column) * size + part;
      const words = banks[word % BANKS];
      words.set(word, [...(words.get(word) || []), lane]);
    }
  });
  return parts.map((banks) => banks.map((words) => [...words]));
}

/** How many turns the read takes, how many it would without conflict, and how many banks it asks. */
function cost(options) {
  const found = passes(options);
  const longest = found.map((banks) => Math.max(...banks.map((words) => words.length)));
  return { turns: longest.reduce((sum, turns) => sum + turns), least: found.length,
    used: found[0].filter((_, bank) => found.some((banks) => banks[bank].length)).length,
    ways: Math.max(...longest) };
}

class GpuBanks extends GpuElement {
  static about = ABOUT;
  static cost = cost;
  static passes = passes;
  static style = `
    .pair { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; }
    .pair > div { flex: 1 1 17rem; }
    svg { display: block; width: 100%; height: 20rem; }
    .line { stroke: var(--gpu-line, #d5dbd4); stroke-width: .06; fill: none; }
    .padded { fill: var(--gpu-line, #d5dbd4); }
    .banked { fill: var(--gpu-memory, #6d3fa6); fill-opacity: .35; }
    .read { fill: var(--gpu-compute, #0a67a3); }
    .both { fill: var(--gpu-memory, #6d3fa6); }
    .first { fill: var(--gpu-good, #1c7540); }
    .later { fill: var(--gpu-bad, #b3261e); }
    .followed { fill: none; stroke: var(--gpu-memory, #6d3fa6); stroke-width: .3; }
    @container (max-width: 24rem) { svg { height: 15rem; } }`;

  render(section) {
    const drawing = (name) => {
      this[name] = this.draw("svg", { role: "img", preserveAspectRatio: "xMinYMin meet",
        onclick: (event) => this.pick(event, name) });
      return this.make("div", {}, this.make("h4", {}, this.say(name)), this[name]);
    };
    this.frame(section,
      ["access", "element", "width", "padding", "bank"].map((name) => this.control(name)),
      this.figures = this.make("dl", { class: "facts" }),
      this.make("div", { class: "pair" }, drawing("tile"), drawing("schedule")),
      this.legend = this.make("div"),
      this.code = this.make("code"), this.asked = this.make("p"), this.text = this.make("p"));
  }

  /** A click follows the bank that it falls on. */
  pick(event, name) {
    const { width, padding, element } = this.state;
    const at = new DOMPoint(event.clientX, event.clientY)
      .matrixTransform(this[name].getScreenCTM().inverse());
    const [row, column] = [Math.floor(at.y), Math.floor(at.x)];
    const bank = name === "schedule" ? column
      : (row * (width + padding) + column) * WORDS[element] % BANKS;
    if (row < 0 || row >= ROWS || bank < 0 || bank >= BANKS) return;
    const slider = this.shadowRoot.querySelector("[name=bank]");
    slider.value = bank;
    slider.dispatchEvent(new Event("input"));
  }

  update() {
    const { bank, element, access, padding } = this.state;
    const found = cost(this.state);
    const served = passes(this.state).flatMap((banks) => banks[bank]);
    const role = found.turns > found.least ? "bad" : "good";
    this.facts(this.figures, [["turns", found.turns, role], ["least", found.least],
      ["used", this.say("of", found)], ["ways", found.ways]]);
    this.showTile();
    this.showSchedule(found.turns);
    this.showKey(found);
    const all = [...new Set(served.flatMap(([, lanes]) => lanes))];
    const lanes = all.slice(0, LISTED).join(", ") + (all.length > LISTED ? ", …" : "");
    const width = padding ? `${this.state.width} + ${padding}` : this.state.width;
    this.code.textContent = `tile = cuda.shared.array((32, ${width}), ${element}); ${READS[access]}`;
    this.asked.textContent = this.say("asked", { bank, words: served.length, lanes: lanes || "–" });
    this.text.textContent = [element === "float64" && this.say("halves"),
      access === "same" && this.say("shared")].filter(Boolean).join(" ");
    this.announce(`${this.schedule.getAttribute("aria-label")} ${this.asked.textContent}`);
  }

  showKey({ turns, least }) {
    const { bank, padding } = this.state;
    const solid = (role) => this.hue(role);
    this.legend.replaceChildren(this.key(
      [this.say("read"), solid("compute")],
      [this.say("banked", { bank }), `color-mix(in srgb, ${solid("memory")} 35%, ${solid("paper")})`],
      [this.say("both", { bank }), solid("memory")],
      ...(padding ? [[this.say("padded"), solid("line")]] : []),
      [this.say("first"), solid("good")],
      ...(turns > least ? [[this.say("later"), solid("bad")]] : [])));
  }

  /** A path of unit squares at [row, column]. */
  squares(cells, name) {
    return this.draw("path", { class: name,
      d: cells.map(([row, column]) => `M${column} ${row}h1v1h-1z`).join("") });
  }

  lines(rows, columns) {
    const across = Array.from({ length: rows + 1 }, (_, row) => `M0 ${row}h${columns}`);
    const down = Array.from({ length: columns + 1 }, (_, column) => `M${column} 0v${rows}`);
    return this.draw("path", { class: "line", d: [...across, ...down].join("") });
  }

  showTile() {
    const { access, element, width, padding, bank } = this.state;
    const pitch = width + padding;
    const size = WORDS[element];
    const inBank = ([row, column]) => {
      const first = (row * pitch + column) * size % BANKS;
      return bank >= first && bank < first + size;
    };
    const all = Array.from({ length: ROWS * pitch }, (_, i) => [Math.floor(i / pitch), i % pitch]);
    const read = places(this.state);
    this.tile.setAttribute("viewBox", `-.4 -.4 ${pitch + .8} ${ROWS + .8}`);
    this.tile.setAttribute("aria-label",
      this.say("tilePicture", { width, padding, what: this.say(access) }));
    this.tile.replaceChildren(
      this.draw("rect", { x: width, width: padding, height: ROWS, class: "padded" }),
      this.squares(all.filter(inBank), "banked"), this.lines(ROWS, pitch),
      this.squares(read.filter((cell) => !inBank(cell)), "read"),
      this.squares(read.filter(inBank), "both"));
  }

  showSchedule(turns) {
    const { bank } = this.state;
    const [first, later] = [[], []];
    let start = 0;
    for (const banks of passes(this.state)) {
      banks.forEach((list, column) => list.forEach((_, turn) =>
        (turn ? later : first).push([start + turn, column])));
      start += Math.max(...banks.map((list) => list.length));
    }
    this.schedule.setAttribute("viewBox", `-.4 -.4 ${BANKS + .8} ${ROWS + .8}`);
    this.schedule.setAttribute("aria-label", this.say("schedulePicture", { turns }));
    this.schedule.replaceChildren(this.squares(first, "first"), this.squares(later, "later"),
      this.lines(turns, BANKS),
      this.draw("rect", { x: bank - .2, y: -.2, width: 1.4, height: turns + .4, class: "followed" }));
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuBanks);

// <gpu-coalescing>: which 32-byte sectors the 32 lanes of a warp touch in one request.
// ABOUT is strict JSON: helpers/explore.py reads it.
const ABOUT = {
  "element": "gpu-coalescing",
  "options": {
    "element": {"choices": ["int8", "float16", "float32", "float64", "float4"], "default": "float32"},
    "order": {"choices": ["forward", "reversed", "shuffled", "same"], "default": "forward"},
    "stride": {"min": 0, "max": 32, "default": 1},
    "offset": {"min": 0, "max": 32, "default": 0},
    "label": {"default": ""}
  },
  "table": [
    ["float32: a[i × s + o]", "s = 1, o = 0", "s = 1, o = 1", "s = 2", "s = 4", "s = 8", "s = 32"],
    ["sectors", 4, 5, 8, 16, 32, 32],
    ["%", "100", "80", "50", "25", "12.5", "12.5"]
  ],
  "strings": {
    "en": {
      "title": "What does a warp's read cost?",
      "fallback": "The 32 lanes of a warp read at once. Memory answers in sectors of 32 bytes, whole ones, however few bytes of them the lanes want. The table counts the sectors of one read by its stride s and offset o, and the share of the moved bytes that was wanted; with JavaScript you can change both and watch.",
      "element": "Element", "int8": "int8, 1 byte", "float16": "float16, 2 bytes", "float32": "float32, 4 bytes", "float64": "float64, 8 bytes", "float4": "float4, 16 bytes",
      "order": "Lanes", "forward": "in order", "reversed": "in reverse", "shuffled": "shuffled", "same": "all the same element",
      "stride": "Stride", "offset": "Offset",
      "lanes": "The 32 lanes of a warp", "lanesHelp": "The 32 lanes, coloured by the sector that each reads. Arrows choose a lane.",
      "sectors": "The 32-byte sectors that move: filled where a lane reads, pale where none does",
      "picture": "{sectors} of at most 32 sectors move, {share} % of their bytes are read",
      "moving": "Sectors", "least": "Fewest possible", "used": "Bytes read", "moved": "Bytes moved", "share": "Efficiency",
      "where": "Lane {lane} reads a[{place} × {stride} + {offset}] = a[{index}], which begins at byte {index} × {bytes} = {address}: sector ⌊{address} / 32⌋ = {sector}.",
      "best": "No read of these bytes could move less.", "edge": "The read begins inside a sector, so it ends inside another: one sector more than needed.",
      "waste": "{lost} of {moved} bytes move for nothing.",
      "hint": "Raise the stride and watch the sectors fill the row. Then set it back to 1 and move the offset by one. The order of the lanes costs nothing: try it."
    },
    "zh_CN": {
      "title": "一个线程束的读取代价是多少？",
      "fallback": "一个线程束的 32 个通道同时读取。内存以 32 字节的扇区作答，总是整个扇区，哪怕通道只要其中几个字节。下表给出步幅 s 和偏移 o 下一次读取的扇区数，以及搬运的字节中真正需要的比例；启用 JavaScript 后可自行改变并观察。",
      "element": "元素", "int8": "int8，1 字节", "float16": "float16，2 字节", "float32": "float32，4 字节", "float64": "float64，8 字节", "float4": "float4，16 字节",
      "order": "通道", "forward": "顺序", "reversed": "逆序", "shuffled": "打乱", "same": "都读同一元素",
      "stride": "步幅", "offset": "偏移",
      "lanes": "线程束的 32 个通道", "lanesHelp": "32 个通道，按所读扇区着色。方向键选择通道。",
      "sectors": "搬运的 32 字节扇区：被读的字节为实色，没人读的为浅色",
      "picture": "最多 32 个扇区中搬运了 {sectors} 个，其字节有 {share} % 被读取",
      "moving": "扇区", "least": "最少可能", "used": "读取字节", "moved": "搬运字节", "share": "效率",
      "where": "通道 {lane} 读 a[{place} × {stride} + {offset}] = a[{index}]，起始于字节 {index} × {bytes} = {address}：扇区 ⌊{address} / 32⌋ = {sector}。",
      "best": "读取这些字节不可能搬得更少。", "edge": "读取从一个扇区中间开始，就在另一个扇区中间结束：多用了一个扇区。",
      "waste": "{moved} 字节中有 {lost} 字节白白搬运。",
      "hint": "增大步幅，看扇区填满一行。再把步幅调回 1，偏移加一。通道的顺序不花任何代价：试试看。"
    }
  }
};

const LANES = 32;
const SECTOR = 32;
const BYTES = { int8: 1, float16: 2, float32: 4, float64: 8, float4: 16 };
const ROLES = ["gpu", "memory", "compute", "cpu"];

/** Which element of the read, counted from its first, each lane takes. */
const PLACES = {
  forward: (lane) => lane,
  reversed: (lane) => LANES - 1 - lane,
  shuffled: (lane) => (13 * lane + 5) % LANES,
  same: () => 0,
};

/** The first byte that each lane reads; the array begins on a sector, as from cudaMalloc. */
function addresses({ element, order, stride, offset }) {
  return Array.from({ length: LANES }, (_, lane) =>
    (PLACES[order](lane) * stride + offset) * BYTES[element]);
}

/** One request: its sectors in the order of memory, and the bytes read and moved. */
function request(options) {
  const first = addresses(options);
  const sorted = (values) => [...new Set(values)].sort((a, b) => a - b);
  const sectors = sorted(first.map((address) => Math.floor(address / SECTOR)));
  const read = sorted(first).length * BYTES[options.element];
  const moved = sectors.length * SECTOR;
  return { first, sectors, read, moved, least: Math.ceil(read / SECTOR), share: 100 * read / moved };
}

class GpuCoalescing extends GpuElement {
  static about = ABOUT;
  static request = request;
  static style = `
    table[role=grid] { width: 100%; }
    .lanes td { height: 1.6rem; color: var(--gpu-paper, #fffffe); border-width: 1px;
      border-color: var(--gpu-paper, #fffffe); overflow: hidden; }
    .lanes td[aria-selected] { outline: 3px solid var(--gpu-ink, #1c2321); }
    svg { display: block; width: 100%; height: 8.5rem; }
    line { stroke-width: 1.5; vector-effect: non-scaling-stroke; }
    line.chosen { stroke-width: 4; }
    .room { fill: none; stroke: var(--gpu-line, #d5dbd4); vector-effect: non-scaling-stroke; }
    @container (max-width: 34rem) { .lanes td { font-size: 0; border-width: 1px 0; } }`;

  start(options) {
    this.state = { ...options, lane: 5 };
  }

  render(section) {
    this.frame(section, ["element", "order", "stride", "offset"].map((name) => this.control(name)),
      this.figures = this.make("dl", { class: "facts" }),
      this.make("h4", {}, this.say("lanes")),
      this.row = this.grid("lanes", this.say("lanesHelp"), 1, LANES,
        { moved: (_, lane) => this.change("lane", lane) }),
      this.picture = this.draw("svg", { viewBox: "0 0 1024 136", preserveAspectRatio: "none", role: "img" }),
      this.make("p", { class: "muted" }, this.say("sectors")),
      this.where = this.make("p"), this.verdict = this.make("p"));
  }

  update() {
    const { element, order, stride, offset, lane } = this.state;
    const found = request(this.state);
    const { sectors, read, moved, least, share } = found;
    const extra = sectors.length - least;
    const role = extra === 0 ? "good" : extra === 1 ? "warn" : "bad";
    const percent = this.number(share);
    this.facts(this.figures, [["moving", sectors.length, role], ["least", least], ["used", read],
      ["moved", moved], ["share", `${percent} %`, role]]);
    this.showLanes(found);
    this.picture.setAttribute("aria-label", this.say("picture", { sectors: sectors.length, share: percent }));
    const address = found.first[lane];
    this.where.textContent = this.say("where", { lane, place: PLACES[order](lane), stride, offset,
      bytes: BYTES[element], index: address / BYTES[element], address,
      sector: Math.floor(address / SECTOR) });
    const waste = this.say("waste", { lost: moved - read, moved });
    const dense = extra === 1 && stride === 1;
    this.verdict.textContent = extra ? `${waste} ${dense ? this.say("edge") : ""}` : this.say("best");
    this.verdict.className = extra ? "problem" : "";
    this.announce(`${this.picture.getAttribute("aria-label")}. ${this.where.textContent}`);
  }

  /** Lanes above, in the colours of their sectors; below, the sectors that move, side by side. */
  showLanes({ first, sectors }) {
    const colour = (sector) => this.hue(ROLES[sectors.indexOf(sector) % ROLES.length]);
    const left = (sector) => sectors.indexOf(sector) * SECTOR;
    const shapes = [];
    const box = (x, width, attributes) => shapes.push(this.draw("rect",
      { x, width, y: 100, height: 36, ...attributes }));
    for (let place = 0; place < LANES; place++) box(place * SECTOR + 1, SECTOR - 2, { class: "room" });
    for (const sector of sectors) {
      box(left(sector) + 1, SECTOR - 2, { style: `fill: ${colour(sector)}; fill-opacity: .25` });
    }
    first.forEach((address, lane) => {
      const sector = Math.floor(address / SECTOR);
      const width = BYTES[this.state.element];
      const x = left(sector) + 1 + (address % SECTOR) * (SECTOR - 2) / SECTOR;
      box(x, width * (SECTOR - 2) / SECTOR, { style: `fill: ${colour(sector)}` });
      shapes.push(this.draw("line", { x1: lane * SECTOR + SECTOR / 2, y1: 0,
        x2: x + width * (SECTOR - 2) / SECTOR / 2, y2: 100, style: `stroke: ${colour(sector)}`,
        class: lane === this.state.lane && "chosen" }));
      const cell = this.row.at(0, lane);
      cell.textContent = lane;
      cell.style.background = colour(sector);
    });
    this.picture.replaceChildren(...shapes);
    this.row.point(0, this.state.lane);
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuCoalescing);

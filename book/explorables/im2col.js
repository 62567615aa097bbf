// <gpu-im2col>: a convolution as a matrix product; each patch of the image becomes a row.
// ABOUT is strict JSON: helpers/explore.py reads it. size, kernel, channels, filters, stride and
// padding are n, k, C_in, C_out, s and p of the notation page; `convolution` shows the sliding.
const ABOUT = {
  "element": "gpu-im2col",
  "options": {
    "size": {"min": 3, "max": 6, "default": 4},
    "kernel": {"min": 1, "max": 3, "default": 3},
    "channels": {"min": 1, "max": 2, "default": 1},
    "filters": {"min": 1, "max": 3, "default": 2},
    "stride": {"min": 1, "max": 2, "default": 1},
    "padding": {"min": 0, "max": 1, "default": 0},
    "label": {"default": ""}
  },
  "table": [
    ["C_in", "n", "k", "s", "p", "C_in · n²", "m² × C_in · k²"],
    [1, 4, 3, 1, 0, 16, "4 × 9"],
    [1, 6, 3, 1, 1, 36, "36 × 9"],
    [2, 6, 3, 2, 1, 72, "9 × 18"],
    [3, 32, 3, 1, 1, 3072, "1024 × 27"]
  ],
  "strings": {
    "en": {
      "title": "A convolution as a matrix product",
      "fallback": "im2col copies every patch that the kernel covers into a row of a matrix, and writes every filter as a column. One matrix product then gives all outputs. Pixels that several patches share are copied several times. The table gives the numbers in the image and the shape of the matrix; with JavaScript you can follow a patch.",
      "size": "Image n", "kernel": "Kernel k", "channels": "Channels", "filters": "Filters", "stride": "Stride s", "padding": "Padding p",
      "image": "Image", "imageHelp": "Image, channel {channel}. Arrows choose a pixel.",
      "columns": "Filters, as columns", "columnsHelp": "Filters as columns. Arrows choose a filter.",
      "rows": "Patches, as rows", "rowsHelp": "Patches as rows. Arrows choose a patch and a pixel of it.",
      "product": "Product", "productHelp": "Product of patches and filters. Arrows choose an output.",
      "folded": "Output, filter {filter}", "foldedHelp": "Output image of the chosen filter. Arrows choose an output.",
      "taken": "the chosen patch and filter", "copies": "the chosen pixel and its copies",
      "imageBytes": "Image, FP32", "rowsBytes": "Patches, FP32", "times": "Larger by", "work": "Multiply-adds", "shape": "Matrix product", "bytes": "{n} B",
      "copied": "The chosen pixel stands {n} times in the matrix.",
      "sum": "Output row {row}, column {column} of filter {filter} is row {patch} of the patches times column {filter} of the filters: ",
      "hint": "Choose an output, a patch or a pixel. Nothing is computed twice, but pixels are copied up to k² times: fast GPU kernels form these rows tile by tile on the chip instead of writing the matrix to memory."
    },
    "zh_CN": {
      "title": "把卷积变成矩阵乘积",
      "fallback": "im2col 把卷积核覆盖的每个图块复制成矩阵的一行，把每个滤波器写成一列；一次矩阵乘积就得到所有输出。几个图块共有的像素会被复制几次。下表列出图像中的数和矩阵的形状；启用 JavaScript 后可跟踪一个图块。",
      "size": "图像 n", "kernel": "卷积核 k", "channels": "通道", "filters": "滤波器", "stride": "步幅 s", "padding": "填充 p",
      "image": "图像", "imageHelp": "图像，通道 {channel}。方向键选择像素。",
      "columns": "滤波器，按列", "columnsHelp": "按列排列的滤波器。方向键选择滤波器。",
      "rows": "图块，按行", "rowsHelp": "按行排列的图块。方向键选择图块及其中的像素。",
      "product": "乘积", "productHelp": "图块与滤波器的乘积。方向键选择输出。",
      "folded": "输出，滤波器 {filter}", "foldedHelp": "所选滤波器的输出图像。方向键选择输出。",
      "taken": "选中的图块和滤波器", "copies": "选中的像素及其副本",
      "imageBytes": "图像，FP32", "rowsBytes": "图块，FP32", "times": "放大倍数", "work": "乘加次数", "shape": "矩阵乘积", "bytes": "{n} B（字节）",
      "copied": "选中的像素在矩阵中出现 {n} 次。",
      "sum": "滤波器 {filter} 的输出第 {row} 行第 {column} 列 = 图块的第 {patch} 行乘以滤波器的第 {filter} 列：",
      "hint": "选择一个输出、图块或像素。没有重复计算，但像素最多被复制 k² 次：快速的 GPU 核函数在芯片上逐块生成这些行，不把整个矩阵写入内存。"
    }
  }
};

const PIXELS = 7;
const picture = (channels, n) => Array.from({ length: channels }, (_, c) =>
  Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, j) => (3 * i + 5 * j + i * j + 2 * c + 1) % PIXELS % 4)));
const bank = (filters, many) => Array.from({ length: filters }, (_, f) =>
  Array.from({ length: many }, (_, q) => (2 * q + 3 * f + q * f) % 4 - 1));

/** The pixels under the kernel at each stop, [channel, row, column] each; padding lies outside. */
function patches(n, { kernel: k, channels, stride: s, padding: p }) {
  const m = Math.floor((n + 2 * p - k) / s) + 1;
  const count = (many) => Array.from({ length: many }, (_, index) => index);
  return count(m * m).map((at) => count(channels * k * k).map((q) => [Math.floor(q / (k * k)),
    Math.floor(at / m) * s - p + Math.floor(q / k) % k, at % m * s - p + q % k]));
}

const pixel = (image, [c, i, j]) => image[c][i]?.[j] ?? 0;

/** The matrix of patches, one in each row: torch.nn.functional.unfold, transposed. */
const unfold = (image, options) => patches(image[0].length, options).map((row) => row.map((at) => pixel(image, at)));

/** Each row times each filter. */
const multiply = (rows, filters) => rows.map((row) => filters.map((filter) =>
  filter.reduce((sum, weight, q) => sum + weight * row[q], 0)));

class GpuIm2col extends GpuElement {
  static about = ABOUT;
  static unfold = unfold;
  static multiply = multiply;
  static style = `
    .product { display: grid; grid-template-columns: repeat(3, max-content); gap: .25rem .75rem;
      margin: .75rem 0; }
    .product h4 { margin: .25rem 0; max-width: 8rem; }
    .images { display: flex; flex-wrap: wrap; gap: .5rem; }
    .product > * { align-self: end; }
    .product .last { align-self: start; }
    td { width: 1.4rem; height: 1.4rem; font-size: .8125rem; font-variant-numeric: tabular-nums; }
    .outside { background: var(--gpu-surface, #f5f7f3); color: var(--gpu-muted, #56615c); border-style: dashed; }
    .taken { background: color-mix(in srgb, var(--gpu-compute, #0a67a3) 22%, var(--gpu-paper, #fffffe)); }
    .copy { background: var(--gpu-cpu, #9a4f0a); color: var(--gpu-paper, #fffffe); }
    .result { box-shadow: inset 0 0 0 3px var(--gpu-compute, #0a67a3); }
    .sum { min-height: 4.5em; }
    table[role=grid]:not(:focus) td[aria-selected] { outline: none; }
    .columns td, .product_ td, .folded td { width: 1.7rem; }
    @container (max-width: 30rem) { .product { gap: .25rem .4rem; } .product .last { grid-column: 1; }
      .product h4 { font-size: .75rem; } .second h4 { max-width: 3.4rem; }
      td { width: .75rem; height: 1.1rem; font-size: .625rem; }
      .images { flex-direction: column; }
      .images td, .columns td, .product_ td, .folded td { width: 1.15rem; } }`;

  start(options) {
    super.start({ ...options, at: 0, filter: 0, pixel: [0, 1, 1] });
  }

  render(section) {
    this.frame(section, Object.keys(ABOUT.options).slice(0, -1).map((name) => this.control(name)),
      this.product = this.make("div", { class: "product" }),
      this.key([this.say("taken"), this.tint("compute", .73)], [this.say("copies"), this.hue("cpu")]),
      this.sum = this.make("p", { class: "sum" }), this.copied = this.make("p"),
      this.figures = this.make("dl", { class: "facts" }));
    this.layOut();
  }

  change(name, value) {
    this.state[name] = value;
    this.layOut();
    this.update();
  }

  /** Compute and draw anew, for the sizes that are set now. */
  layOut() {
    const { state } = this;
    const { size: n, channels, filters, padding: p } = state;
    this.image = picture(channels, n);
    this.places = patches(n, state);
    this.rows = unfold(this.image, state);
    this.filters = bank(filters, this.rows[0].length);
    this.output = multiply(this.rows, this.filters);
    this.side = Math.sqrt(this.rows.length);
    state.at = Math.min(state.at, this.rows.length - 1);
    state.filter = Math.min(state.filter, filters - 1);
    state.pixel = [Math.min(state.pixel[0], channels - 1), ...state.pixel.slice(1).map((x) => Math.min(x, n - 1))];
    const set = (changes) => { Object.assign(state, changes); this.update(); };
    const width = this.rows[0].length;
    this.images = this.image.map((_, c) => this.grid(`image${c}`, this.say("imageHelp", { channel: c + 1 }), n + 2 * p, n + 2 * p,
      { moved: (i, j) => set({ pixel: [c, i - p, j - p] }) }));
    this.grids = {
      columns: this.grid("columns", this.say("columnsHelp"), width, filters, { moved: (q, filter) => {
        this.grids.columns.point(q, filter);
        set({ filter, pixel: this.places[state.at][q] });
      } }),
      rows: this.grid("rows", this.say("rowsHelp"), this.rows.length, width,
        { moved: (at, q) => { this.grids.rows.point(at, q); set({ at, pixel: this.places[at][q] }); } }),
      product: this.grid("product_", this.say("productHelp"), this.rows.length, filters,
        { moved: (at, filter) => set({ at, filter }) }),
      folded: this.grid("folded", this.say("foldedHelp"), this.side, this.side,
        { moved: (i, j) => set({ at: i * this.side + j }) }) };
    for (const grid of [this.grids.columns, this.grids.rows]) grid.point(0, 0);
    const titled = (title, ...parts) => this.make("div", {}, this.make("h4", {}, title), ...parts);
    const [filtersBox, last] = [titled(this.say("columns"), this.grids.columns), titled("", this.grids.folded)];
    [filtersBox.className, last.className] = ["second", "last"];
    this.folded = last.firstChild;
    this.product.replaceChildren(
      titled(this.say("image"), this.make("div", { class: "images" }, ...this.images)),
      filtersBox, this.make("div"),
      titled(this.say("rows"), this.grids.rows), titled(this.say("product"), this.grids.product), last);
  }

  /** Write each cell's number and what it is. */
  paint(grid, number, classes) {
    for (const cell of grid.querySelectorAll("td")) {
      const at = [cell.parentNode.rowIndex, cell.cellIndex];
      cell.textContent = this.number(number(...at));
      cell.className = Object.entries(classes(...at)).filter(([, on]) => on).map(([name]) => name).join(" ");
    }
  }

  update() {
    const { size: n, padding: p, at, filter, pixel: chosen, kernel, channels } = this.state;
    const { columns, rows, product, folded } = this.grids;
    const same = (place) => String(place) === String(chosen);
    const outside = ([, i, j]) => i < 0 || j < 0 || i >= n || j >= n;
    const under = new Set(this.places[at].map(String));
    this.images.forEach((grid, c) => {
      this.paint(grid, (i, j) => pixel(this.image, [c, i - p, j - p]), (i, j) => {
        const place = [c, i - p, j - p];
        return { outside: outside(place), taken: under.has(String(place)), copy: same(place) };
      });
      if (chosen[0] === c) grid.point(chosen[1] + p, chosen[2] + p);
    });
    this.paint(rows, (r, q) => this.rows[r][q], (r, q) => ({ outside: outside(this.places[r][q]),
      taken: r === at, copy: same(this.places[r][q]) }));
    this.paint(columns, (q, f) => this.filters[f][q], (_, f) => ({ taken: f === filter }));
    this.paint(product, (r, f) => this.output[r][f], (r, f) => ({ result: r === at && f === filter, taken: r === at && f === filter }));
    this.paint(folded, (i, j) => this.output[i * this.side + j][filter], (i, j) => {
      const on = i * this.side + j === at;
      return { result: on, taken: on };
    });
    const [row, column] = [Math.floor(at / this.side), at % this.side];
    product.point(at, filter);
    folded.point(row, column);
    this.folded.textContent = this.say("folded", { filter: filter + 1 });
    const signed = (value) => (value < 0 ? `(${this.number(value)})` : value);
    const products = this.rows[at].map((value, q) => `${value}·${signed(this.filters[filter][q])}`).join(" + ");
    this.sum.textContent = `${this.say("sum", { row: row + 1, column: column + 1, filter: filter + 1, patch: at + 1 })}${
      products} = ${this.number(this.output[at][filter])}`;
    const copies = this.places.flat().filter(same).length;
    this.copied.textContent = this.say("copied", { n: copies });
    const [pixels, K, M, N] = [channels * n * n, channels * kernel ** 2, this.rows.length, this.filters.length];
    const bytes = (numbers) => this.say("bytes", { n: this.count(4 * numbers) });
    this.facts(this.figures, [["imageBytes", bytes(pixels)], ["rowsBytes", bytes(M * K), "memory"],
      ["times", `× ${this.number(M * K / pixels)}`], ["shape", `${M} × ${K} · ${K} × ${N}`], ["work", this.count(M * K * N)]]);
    this.announce(`${this.sum.textContent}. ${this.copied.textContent}`);
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuIm2col);

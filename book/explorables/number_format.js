// <gpu-number-format>: click the bits of a number, or type a value and see how it is rounded.
// ABOUT is strict JSON: helpers/explore.py reads it. value is a text: 0.1, -6e-8, 1/3, inf,
// nan. overflow is for FP8 alone: "special" gives infinity (E5M2) or NaN (E4M3),
// "saturate" the largest number.
const ABOUT = {
  "element": "gpu-number-format",
  "options": {
    "format": {"choices": ["fp32", "tf32", "bf16", "fp16", "e4m3", "e5m2", "e2m1"], "default": "fp16"},
    "value": {"default": "0.1"},
    "overflow": {"choices": ["special", "saturate"], "default": "special"},
    "label": {"default": ""}
  },
  "table": [
    ["", "s + e + m", "max", "min > 0"],
    ["FP32", "1 + 8 + 23", "3.40282e38", "1.4013e-45"],
    ["TF32", "1 + 8 + 10", "3.40116e38", "1.14794e-41"],
    ["BF16", "1 + 8 + 7", "3.38953e38", "9.18355e-41"],
    ["FP16", "1 + 5 + 10", "65504", "5.96046e-8"],
    ["FP8 E4M3", "1 + 4 + 3", "448", "0.00195312"],
    ["FP8 E5M2", "1 + 5 + 2", "57344", "1.52588e-5"],
    ["FP4 E2M1", "1 + 2 + 1", "6", "0.5"]
  ],
  "strings": {
    "en": {
      "title": "What can a few bits say?",
      "fallback": "A floating-point number has a sign, an exponent and a mantissa. A value between two such numbers becomes the nearer one; halfway, the one whose last bit is 0.",
      "format": "Format", "value": "Value", "overflow": "FP8 beyond its largest", "special": "∞ or NaN", "saturate": "stays at the largest",
      "bits": "Bits. Arrows choose a bit, space flips it.", "sign": "sign", "exponent": "exponent, {n} bits", "mantissa": "mantissa, {n} bits",
      "spoken": "{asked} becomes {value}. Bit {bit} is {on}.",
      "kind": "Kind", "normal": "normal", "subnormal": "subnormal",
      "ulp": "To the next number", "error": "Relative error", "leastNormal": "Smallest normal", "leastSubnormal": "Smallest subnormal",
      "band": "rounds to the number in the middle", "asked": "the value typed", "unread": "Not a number: try 0.1, 6e-8, 1/3, inf or nan.",
      "edge": "Largest → beyond", "becomes": "Becomes",
      "tf32Note": "TF32 is kept in 32 bits; a tensor core reads only these 19.",
      "e4m3Note": "E4M3 has no infinity: of the codes with all exponent bits set, only the last is NaN.",
      "e2m1Note": "All 16 codes of E2M1 are numbers: what is too large, and on a GPU NaN, becomes 6.",
      "hint": "In the field, arrow keys go to the next number of the format. Exponent bits decide whether a value fits, mantissa bits how well."
    },
    "zh_CN": {
      "title": "几个比特能说什么？",
      "fallback": "浮点数有符号、指数和尾数。两个这样的数之间的值舍入到较近的一个；正中间时取末位为 0 的那个。",
      "format": "格式", "value": "数值", "overflow": "FP8 超出最大值时", "special": "∞ 或 NaN（非数）", "saturate": "停在最大值",
      "bits": "比特。方向键选择，空格键翻转。", "sign": "符号", "exponent": "指数，{n} 位", "mantissa": "尾数，{n} 位",
      "spoken": "{asked} 变为 {value}。第 {bit} 位是 {on}。",
      "kind": "种类", "normal": "正规数", "subnormal": "次正规数",
      "ulp": "到下一个数", "error": "相对误差", "leastNormal": "最小正规数", "leastSubnormal": "最小次正规数",
      "band": "舍入到中间的数", "asked": "输入的值", "unread": "不是数：可试 0.1、6e-8、1/3、inf 或 nan。",
      "edge": "最大 → 超出", "becomes": "变为",
      "tf32Note": "TF32 存放在 32 位中；张量核心只读这 19 位。",
      "e4m3Note": "E4M3 没有无穷：指数全 1 的编码中只有最后一个是 NaN。",
      "e2m1Note": "E2M1 的 16 个编码都是数：过大的值变为 6，在 GPU 上 NaN 也变为 6。",
      "hint": "在输入框中用上下键走到该格式的下一个数。指数位决定装不装得下，尾数位决定装得多准。"
    }
  }
};

const ROLES = { sign: "bad", exponent: "compute", mantissa: "gpu" };
/** Bits of exponent and mantissa, and the name. */
const FORMATS = { fp32: [8, 23, "FP32"], tf32: [8, 10, "TF32"], bf16: [8, 7, "BF16"], fp16: [5, 10, "FP16"],
  e4m3: [4, 3, "FP8 E4M3"], e5m2: [5, 2, "FP8 E5M2"], e2m1: [2, 1, "FP4 E2M1"] };

/** A format's bits, its bias, and the code of its largest number; a code leaves out the sign. */
function limits(format) {
  const [e, m] = FORMATS[format];
  const last = 2 ** (e + m) - 1;
  const top = { e2m1: last, e4m3: last - 1 }[format] ?? last - 2 ** m;
  return { e, m, bias: 2 ** (e - 1) - 1, top };
}

/** The number of a code. */
function decode(format, code) {
  const { m, bias, top } = limits(format);
  if (code > top) return format !== "e4m3" && code === top + 1 ? Infinity : NaN;
  const [E, M] = [Math.floor(code / 2 ** m), code % 2 ** m];
  return E ? (2 ** m + M) * 2 ** (E - bias - m) : M * 2 ** (1 - bias - m);
}

/** The code of the nearest number, of two the even one: [is negative, code]. */
function encode(format, value, overflow) {
  const { m, bias, top } = limits(format);
  const negative = value < 0 || Object.is(value, -0);
  const x = Math.abs(value);
  if (Number.isNaN(x)) return [false, { e2m1: top, e4m3: top + 1 }[format] ?? top + 1 + 2 ** (m - 1)];
  const beyond = format === "e2m1" || overflow === "saturate" && format[0] === "e" ? top : top + 1;
  if (x === Infinity) return [negative, beyond];
  const k = Math.max(Math.floor(Math.log2(x)), 1 - bias);
  const steps = x / 2 ** (k - m);
  const down = Math.floor(steps);
  const up = steps - down > 0.5 || steps - down === 0.5 && down % 2 === 1;
  const code = (k + bias - 1) * 2 ** m + down + Number(up);
  return [negative, code > top ? beyond : code];
}

const signed = (format, negative, code) => decode(format, code) * (negative ? -1 : 1);

/** What a value becomes in a format. */
const round = (format, value, overflow) => signed(format, ...encode(format, value, overflow));

const WORDS = { inf: Infinity, "-inf": -Infinity, nan: NaN };

/** The number that a text says; null for none. */
function read(text) {
  const [a, b = 1] = text.toLowerCase().split("/").map((part) =>
    WORDS[part.trim()] ?? (part.trim() && !isNaN(part) ? Number(part) : null));
  return a === null || b === null ? null : a / b;
}

/** The exact decimal digits of a number. */
function exact(value) {
  if (!Number.isFinite(value)) return String(value).replace("Infinity", "∞");
  let [n, places] = [Math.abs(value), 0];
  while (n % 1) [n, places] = [n * 2, places + 1];
  const digits = String(BigInt(n) * 5n ** BigInt(places)).padStart(places + 1, "0");
  const cut = digits.length - places;
  const tail = digits.slice(cut).replace(/0+$/, "");
  return `${value < 0 || Object.is(value, -0) ? "-" : ""}${digits.slice(0, cut)}${tail && "."}${tail}`;
}

/** Few digits; a power of ten where it is far from 1. */
function brief(value, digits = 6) {
  if (!Number.isFinite(value)) return exact(value);
  const near = Number(value.toPrecision(digits));
  return (near && Math.abs(near) < 1e-3 ? near.toExponential() : String(near)).replace("e+", "e");
}

/** The relative error as a percentage. */
function wrong(asked, value) {
  const share = asked === value ? 0 : Math.abs(value / asked - 1);
  return share < 1e9 ? `${brief(100 * share, 3)} %` : "–";
}

class GpuNumberFormat extends GpuElement {
  static about = ABOUT;
  static of = { encode, decode, round, read, exact };
  static style = `
    .bits { display: block; margin-top: 1rem; }
    .bits tr { display: flex; flex-wrap: wrap; }
    .bits td { width: 1.3rem; height: 2rem; padding-top: .35rem; font-size: .875rem; border-color: var(--role);
      background: color-mix(in srgb, var(--role) 14%, var(--gpu-paper, #fffffe)); }
    .bits td.on { background: var(--role); color: var(--gpu-paper, #fffffe); }
    [name=value] { width: 10rem; }
    .line { position: relative; height: 4.5rem; margin: .5rem 0; border-bottom: 2px solid; }
    .line * { position: absolute; }
    .line u { top: 1.6rem; bottom: 0; background: var(--gpu-line, #d5dbd4); }
    .line i { bottom: 0; height: 2.6rem; border-left: 2px solid; }
    .line span { top: 0; font-size: .75rem; transform: translateX(-50%); white-space: nowrap; }
    .line b { bottom: .4rem; width: .9rem; height: .9rem; margin-left: -.45rem; border-radius: 50%;
      background: var(--gpu-cpu, #9a4f0a); }
    .all { border-spacing: .3rem; font-size: .75rem; text-align: left; }
    .now { font-weight: 700; color: var(--gpu-accent, #2d6a1f); }
    @container (max-width: 24rem) { .bits td { width: 1.1rem; } }`;

  start(options) {
    const value = read(options.value) === null ? ABOUT.options.value.default : options.value;
    super.start({ ...options, value, bit: 0 });
    this.settle();
  }

  settle() {
    const { format, value, overflow } = this.state;
    const [negative, code] = encode(format, read(value), overflow);
    Object.assign(this.state, { negative, code });
  }

  get shown() {
    const { format, negative, code } = this.state;
    return signed(format, negative, code);
  }

  render(section) {
    const names = Object.keys(FORMATS).map((key) => [key, FORMATS[key][2]]);
    this.input = this.make("input", { name: "value", value: this.state.value, spellcheck: "false",
      oninput: () => this.type(this.input.value), onkeydown: (event) => this.nudge(event) });
    this.frame(section, [
      this.select("format", this.say("format"), names, (value) => this.change("format", value)),
      this.make("label", { class: "field" }, this.say("value"), this.input), this.control("overflow")],
      this.place = this.make("div"), this.legend = this.make("div"),
      this.formula = this.make("p"),
      this.line = this.make("div", { class: "line" }),
      this.key([this.say("band"), this.hue("line")], [this.say("asked"), this.hue("cpu")]),
      this.figures = this.make("dl", { class: "facts" }),
      this.note = this.make("p"), this.all = this.make("table", { class: "all" }));
    this.layOut();
  }

  change(name, value) {
    this.state[name] = value;
    this.settle();
    this.layOut();
    this.update();
  }

  /** Draw as many bits as the format has. */
  layOut() {
    const { e, m } = limits(this.state.format);
    this.state.bit = Math.min(this.state.bit, e + m);
    this.bits = this.grid("bits", this.say("bits"), 1, 1 + e + m, {
      moved: (_, bit) => { this.state.bit = bit; this.update(); }, pressed: (_, bit) => this.flip(bit) });
    this.place.replaceChildren(this.bits);
    const part = (name, n) => [this.say(name, { n }), this.hue(ROLES[name])];
    this.legend.replaceChildren(this.key(part("sign"), part("exponent", e), part("mantissa", m)));
  }

  type(text) {
    this.state.value = text;
    if (read(text) !== null) this.settle();
    this.update();
  }

  /** Show a code, and its number in the field. */
  take(negative, code) {
    Object.assign(this.state, { negative, code });
    this.state.value = this.input.value = String(this.shown).replace("Infinity", "inf")
      .replace(/^0$/, negative ? "-0" : "0");
    this.update();
  }

  flip(bit) {
    const { negative, code, format } = this.state;
    const { e, m } = limits(format);
    this.take(negative !== (bit === 0), bit ? code ^ 2 ** (e + m - bit) : code);
  }

  /** The code `step` numbers on, with its sign; past the largest there is none. */
  beside(step) {
    const { negative, code, format } = this.state;
    const at = (negative ? -code : code) + step;
    return Math.abs(at) <= limits(format).top && [at < 0, Math.abs(at)];
  }

  nudge(event) {
    const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = this.beside(step);
    if (next) this.take(...next);
  }

  update() {
    const { format, value, overflow, negative, code, bit } = this.state;
    const { e, m, bias, top } = limits(format);
    const shown = this.shown;
    const asked = read(value);
    const bits = (negative ? "1" : "0") + code.toString(2).padStart(e + m, "0");
    [...bits].forEach((on, n) => {
      const cell = this.bits.at(0, n);
      cell.textContent = on;
      cell.classList.toggle("on", on === "1");
      cell.style = `--role: ${this.hue(ROLES[n ? n > e ? "mantissa" : "exponent" : "sign"])}`;
    });
    this.bits.point(0, bit);
    const E = Math.floor(code / 2 ** m);
    const least = (number) => brief(decode(format, number));
    const kind = code > top || !code ? exact(shown) : this.say(E ? "normal" : "subnormal");
    this.formula.textContent = `${code > top ? bits : `${negative ? "−" : "+"}2^(${E || 1} − ${bias}) × (${
      E ? 1 : 0} + ${code % 2 ** m}/${2 ** m})`} = ${exact(shown)}`;
    const ulp = 2 ** (Math.max(E, 1) - bias - m);
    this.facts(this.figures, [["kind", kind, code > top || !E ? "bad" : null],
      ["ulp", code > top ? "–" : brief(ulp)], ["leastNormal", least(2 ** m)], ["leastSubnormal", least(1)]]);
    this.note.className = asked === null ? "problem" : "";
    this.note.textContent = asked === null ? this.say("unread") : { tf32: this.say("tf32Note"),
      e4m3: this.say("e4m3Note"), e2m1: this.say("e2m1Note") }[format] || "";
    this.showLine(asked, shown, ulp);
    this.showAll(asked ?? shown);
    this.announce(asked === null ? this.note.textContent
      : this.say("spoken", { asked: value, value: brief(shown), bit: e + m - bit, on: bits[bit] }));
  }

  /** The number between its neighbours. */
  showLine(asked, shown, ulp) {
    this.line.hidden = !Number.isFinite(shown);
    const [below, above] = [-1, 1].map((step) => {
      const next = this.beside(step);
      return next ? signed(this.state.format, ...next) : shown + step * ulp;
    });
    const left = (value) => 15 + 70 * (value - below) / (above - below);
    const mark = (tag, value, ...inside) => this.make(tag, { style: `left: ${left(value)}%` }, ...inside);
    const [from, to] = [below, above].map((end) => (shown + end) / 2);
    this.line.replaceChildren(
      this.make("u", { style: `left: ${left(from)}%; width: ${left(to) - left(from)}%` }),
      ...[below, shown, above].flatMap((value) => [mark("i", value), mark("span", value, brief(value, 9))]),
      ...(asked >= below && asked <= above ? [mark("b", asked)] : []));
  }

  showAll(asked) {
    const { format, overflow } = this.state;
    const row = (tag, ...texts) => this.make("tr", {}, ...texts.map((text) => this.make(tag, {}, text)));
    this.all.replaceChildren(
      row("th", ...["format", "edge", "becomes", "error"].map((key) => this.say(key))),
      ...Object.keys(FORMATS).map((key) => {
        const value = round(key, asked, overflow);
        const most = `${brief(decode(key, limits(key).top))} → ${brief(round(key, 1e300, overflow))}`;
        const line = row("td", FORMATS[key][2], most, brief(value), wrong(asked, value));
        line.className = key === format ? "now" : "";
        return line;
      }));
  }
}

customElements.get(ABOUT.element) || customElements.define(ABOUT.element, GpuNumberFormat);

// Numbers as a reader types them and as Python writes them. As there, a whole number (a BigInt
// here) is another kind than a number with a point.

/** A text that is no number; its message is the key of what to say. */
export class NotANumber extends Error {}

const TOKEN = /\s*(?:(\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d*)?(?:[eE][+-]?\d+)?|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(\*\*|\/\/|[-+*/()]))/y;
const MOST_BITS = 1024;

/** The number that a text is: digits, or a small sum of them. Nothing is evaluated but + - * / // ** and brackets. */
export function numberIn(text) {
  const tokens = tokensOf(text.trim().replace(/[×·]/g, "*").replaceAll("−", "-"));
  let at = 0;
  const take = (...signs) => (signs.includes(tokens[at]) ? tokens[at++] : null);

  function sum() {
    let found = product();
    for (let sign; (sign = take("+", "-"));) found = applied(sign, found, product());
    return found;
  }
  function product() {
    let found = signed();
    for (let sign; (sign = take("*", "/", "//"));) found = applied(sign, found, signed());
    return found;
  }
  function signed() {
    const sign = take("-", "+");
    if (!sign) return power();
    const found = signed();
    return sign === "-" ? -found : found;
  }
  function power() {
    const base = single();
    return take("**") ? applied("**", base, signed()) : base;
  }
  function single() {
    if (take("(")) {
      const found = sum();
      if (!take(")")) throw new NotANumber("unread");
      return found;
    }
    const found = tokens[at++];
    if (found === undefined || typeof found === "string") throw new NotANumber("unread");
    return found;
  }

  const found = sum();
  if (at < tokens.length) throw new NotANumber("unread");
  return found;
}

function tokensOf(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  for (let end = 0; end < text.length; end = TOKEN.lastIndex) {
    const found = TOKEN.exec(text);
    if (!found || text.length > 200) throw new NotANumber("unread");
    const digits = found[1]?.replace(/[,_]/g, "");
    tokens.push(found[2] ?? (/^\d+$/.test(digits) ? BigInt(digits) : Number(digits)));
  }
  return tokens;
}

function applied(sign, a, b) {
  const whole = typeof a === "bigint" && typeof b === "bigint";
  if (sign.startsWith("/") && Number(b) === 0) throw new NotANumber("byzero");
  if (sign === "//") return whole ? floor(a, b) : Math.floor(Number(a) / Number(b));
  if (sign === "**" && whole && b >= 0n) {
    if (BigInt(a.toString(2).length) * b > MOST_BITS) throw new NotANumber("toobig");
    return a ** b;
  }
  if (whole && sign !== "/" && sign !== "**") {
    return sign === "+" ? a + b : sign === "-" ? a - b : a * b;
  }
  const [x, y] = [Number(a), Number(b)];
  const found = sign === "+" ? x + y : sign === "-" ? x - y : sign === "*" ? x * y : sign === "/" ? x / y : x ** y;
  if (!Number.isFinite(found)) throw new NotANumber("toobig");
  return found;
}

function floor(a, b) {
  const found = a / b;
  return a % b !== 0n && (a < 0n) !== (b < 0n) ? found - 1n : found;
}

/** A number as `format(number, ".<digits>g")` writes it in Python. */
export function general(number, digits) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  const minus = number < 0 || Object.is(number, -0) ? "-" : "";
  if (number === 0) return `${minus}0`;
  const [figures, power] = rounded(Math.abs(number), digits);
  const short = (text) => (text.includes(".") ? text.replace(/\.?0*$/, "") : text);
  if (power < -4 || power >= digits) {
    const exponent = String(Math.abs(power)).padStart(2, "0");
    return `${minus}${short(`${figures[0]}.${figures.slice(1)}`)}e${power < 0 ? "-" : "+"}${exponent}`;
  }
  if (power < 0) return minus + short(`0.${"0".repeat(-power - 1)}${figures}`);
  return minus + short(`${figures.slice(0, power + 1)}.${figures.slice(power + 1)}`);
}

/** So many figures of a number and its power of ten; halves go to the even figure, as in Python. */
function rounded(number, digits) {
  const [mantissa, exponent] = number.toExponential(100).split("e");
  const all = mantissa.replace(".", "");
  const rest = all.slice(digits);
  const half = `5${"0".repeat(rest.length - 1)}`;
  const up = rest > half || (rest === half && Number(all[digits - 1]) % 2 === 1);
  const figures = String(BigInt(all.slice(0, digits)) + (up ? 1n : 0n));
  return figures.length > digits ? [figures.slice(0, digits), Number(exponent) + 1] : [figures, Number(exponent)];
}

/** A found number as text beside the one that is needed: with enough figures to differ. */
export function shown(found, needed) {
  if (typeof found === "boolean") return found ? "True" : "False";
  if (typeof found === "bigint" && typeof needed === "bigint") {
    return String(found).replace(/\B(?=(\d{3})+$)/g, ",");
  }
  const digits = [6, 9, 17].find((n) => general(Number(found), n) !== general(Number(needed), n)) ?? 17;
  return general(Number(found), digits);
}

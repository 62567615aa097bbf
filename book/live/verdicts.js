// Judges a value or a choice as helpers/check does, in the same words. What is asked is what
// helpers/check/carried.py tells of an exercise.
import { numberIn, shown } from "./numbers.js";

export const CORRECT = "correct";
export const WRONG = "not yet";

/** What `carried` in helpers/check/carried.py has coded. */
export function decoded(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** What the text of a field is: a word or a truth where one is asked for, else a number. Throws NotANumber, with the field. */
export function read(text, kind, field = 0) {
  if (kind === "truth") return text === "True";
  if (kind === "word") return text.trim().replace(/^(["'])(.*)\1$/, "$2");
  let found;
  try {
    found = numberIn(text);
  } catch (error) {
    throw Object.assign(error, { field });
  }
  const large = typeof found === "bigint" && (found >= 2n ** 64n || found < -(2n ** 63n));
  return large ? Number(found) : found; // as NumPy, which Python asks, takes it
}

function part([kind, text]) {
  return { word: () => text, truth: () => text === "True", whole: () => BigInt(text), number: () => pythonNumber(text) }[kind]();
}

function pythonNumber(text) {
  return { inf: Infinity, "-inf": -Infinity, nan: NaN }[text] ?? Number(text);
}

function distance(a, b) {
  const whole = typeof a === "bigint" && typeof b === "bigint";
  const apart = whole ? Number(a - b) : Number(a) - Number(b);
  return Math.abs(apart);
}

function within(a, b, share) {
  return distance(a, b) <= share * Math.abs(Number(b));
}

/** A text as Python's `repr` writes it, cut as helpers/check cuts it. */
function quoted(text) {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const safe = text.replaceAll("\\", "\\\\").replaceAll(mark, `\\${mark}`);
  const whole = mark + safe.replaceAll("\n", "\\n").replaceAll("\t", "\\t") + mark;
  return whole.length <= 60 ? whole : `${whole.slice(0, 57)}...`;
}

/** The first thing that is wrong, as { text, kinds, hint }, or null. */
export function problemOf(asked, answers) {
  if (asked.kind === "choice") {
    if (answers[0] === asked.correct) return null;
    return { text: new Map(asked.reasons).get(answers[0]), kinds: [], hint: "" };
  }
  for (const [n, answer] of answers.entries()) {
    const name = asked.many ? asked.names[n] ?? `position ${n}` : "";
    const found = off(asked, answer, part(asked.expected[n]), name);
    if (found) return found;
  }
  return null;
}

function off(asked, answer, expected, name) {
  const subject = name && `${name}: `;
  const kinds = name ? [name] : [];
  if (typeof expected === "string") {
    if (answer.trim().toLowerCase() === expected.toLowerCase()) return null;
    return { text: `${subject}${quoted(answer)} is not the answer.`, kinds: [...kinds, "word"], hint: "" };
  }
  if (within(answer, expected, asked.tolerance)) return null;
  const hint = asked.mistakes.find(([wrong]) => within(answer, part(wrong), 0.005))?.[1] ?? "";
  const found = `${shown(answer, expected)} ${asked.unit}`.trimEnd();
  if (name || Number.isNaN(answer)) return { text: `${subject}${found} is wrong.`, kinds, hint };
  const way = answer > expected ? "large" : "small";
  return { text: `${found} is too ${way}.`, kinds: [way], hint };
}

/** Judge the answers to one exercise, and give one hint more for each other wrong answer. */
export class Judge {
  constructor(asked) {
    this.asked = asked;
    this.seen = new Map();
  }

  /** The verdict on the texts of the fields, or on the chosen word. */
  verdict(texts) {
    const kinds = this.asked.expected ?? [];
    const answers = this.asked.kind === "choice" ? texts : texts.map((text, n) => read(text, kinds[n][0], n));
    const problem = problemOf(this.asked, answers);
    if (problem) return { status: WRONG, message: problem.text, hint: this.hint(problem) };
    this.seen.clear();
    const { reasons, correct, reason } = this.asked;
    return { status: CORRECT, message: reasons ? new Map(reasons).get(correct) : reason, hint: "" };
  }

  hint({ text, kinds, hint }) {
    if (hint) return hint;
    const kind = kinds.find((one) => Object.hasOwn(this.asked.hints, one)) ?? "else";
    const staged = Object.hasOwn(this.asked.hints, kind) ? this.asked.hints[kind] : [];
    const seen = this.seen.get(kind) ?? new Set();
    this.seen.set(kind, seen.add(text));
    return staged[Math.min(seen.size, staged.length) - 1] ?? "";
  }
}

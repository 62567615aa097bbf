// An exercise to write and have judged in the page: the stub in an editor, the verdict below it.
// Python judges, with the book's own checker. The press that opens it loads what it is tried with.
import { Runner } from "./runner.js";

/** The lines of a program that a verdict names. */
const linesIn = (text) => [...text.matchAll(/\bline (\d+)/g)].map(([, number]) => Number(number));

class Exercise extends Runner {
  static style = `${Runner.style}
    .verdict:not(:empty) { margin: .75rem 0; padding: .1rem .9rem; border-left: .3rem solid var(--gpu-bad, #b3261e);
      background: var(--gpu-surface, #f5f7f3); border-radius: .3rem; }
    .verdict[data-status=correct] { border-color: var(--gpu-good, #1c7540); }
    .verdict[data-status="not attempted"] { border-color: var(--gpu-muted, #56615c); }
    code { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .9em; }
    summary { cursor: pointer; font-size: .875rem; min-height: 1.5rem; }`;

  start() {
    super.start();
    const { kernel, stub } = this.told;
    this.state.label = this.say("answer", { kernel });
    const kept = window.bookProgress?.answer(this.exercise);
    this.beginning = typeof kept === "string" ? kept : stub;
    this.before = []; // what was wrong so far: another hint is given for each
  }

  render(section) {
    this.parts(this.editor?.text ?? this.beginning, "keyscheck", "check");
    this.verdict = this.make("div", { class: "verdict" });
    const known = this.told.names.flatMap((name, n) => [n ? ", " : " ", this.make("code", {}, name)]);
    section.append(this.make("h3", {}, this.state.label), this.editor.view.dom, this.keys,
      this.make("p", { class: "muted" }, this.say("around"), ...known),
      this.make("div", { class: "controls" }, this.runs, this.stops, this.resets),
      this.bar, this.status, this.problem, this.verdict, this.result);
  }

  asking() {
    const { kernel, held } = this.told;
    this.judged = undefined;
    this.verdict.replaceChildren();
    this.result.replaceChildren();
    return { kernel, held, source: this.editor.text, before: this.before };
  }

  show({ status = "not yet", message = "", hint, problem, html, error, line }, { source }) {
    if (error) message = line ? `line ${line}: ${error}` : error;
    if (status === "not attempted") message = this.say("untouched");
    if (status === "correct") this.before = [];
    else if (problem) this.before.push(problem);
    this.judged = { status, message, hint };
    this.done = this.say("checked", { seconds: this.seconds });
    this.editor.mark(...linesIn(message));
    this.verdict.dataset.status = status;
    const name = this.exercise.split(".").at(-1);
    const said = [this.make("strong", {}, `${name}: ${this.say(status)}.`), " ", ...this.coded(message)];
    this.verdict.replaceChildren(this.make("p", {}, ...said),
      ...(hint ? [this.make("p", {}, this.make("strong", {}, `${this.say("hint")} `), ...this.coded(hint))] : []));
    if (html) {
      this.result.append(this.make("details", {}, this.make("summary", {}, this.say("counted")), ...this.trace(html)));
    }
    this.dispatchEvent(new CustomEvent("verdict", { detail: this.judged }));
    if (status === "not attempted") return;
    const { exercise } = this;
    this.dispatchEvent(new CustomEvent("exercise-judged",
      { bubbles: true, composed: true, detail: { exercise, answer: source, status } }));
  }

  /** A sentence, with what stands between backticks as code. */
  coded(text) {
    return text.split("`").map((part, n) => (n % 2 ? this.make("code", {}, part) : part));
  }

  update() {
    super.update();
    if (this.judged && !this.running) this.announce(this.verdict.innerText);
  }

  reset() {
    this.editor.text = this.told.stub;
    this.problem.textContent = "";
    this.verdict.replaceChildren();
    this.result.replaceChildren();
    this.done = this.judged = undefined;
    this.update();
  }
}

customElements.get("gpu-kernel") || customElements.define("gpu-kernel", Exercise);

/** A cell for an exercise, to be put into the page; `address` is that of its file, `bytes` what the engine weighs. */
export async function openExercise(exercise, address, bytes) {
  const answer = await fetch(address);
  if (!answer.ok) throw new TypeError(`${address}: ${answer.status}`);
  return Object.assign(document.createElement("gpu-kernel"), { exercise, told: await answer.json(), bytes });
}

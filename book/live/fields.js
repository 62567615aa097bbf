// A form for the answer to an exercise, judged in the page. Stands where the notebook has the stub.
import { FIELDS } from "./fields_strings.js";
import { Following } from "./following.js";
import { NotANumber } from "./numbers.js";
import { CORRECT, Judge, WRONG, decoded } from "./verdicts.js";

/** A sentence on what the reader has typed, in place of a verdict. */
class Refused extends Error {}

class ExerciseForm extends Following {
  static about = FIELDS;

  static style = `
    section { padding: .75rem 1rem; }
    .plain { border: 0; padding: 0; background: none; }
    form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin: 0; }
    fieldset { border: 0; margin: 0; padding: 0; min-width: 0; display: flex; flex-wrap: wrap; gap: .5rem 1rem; }
    legend { font-size: .875rem; padding: 0 0 .25rem; }
    code { font-family: ui-monospace, Menlo, Consolas, monospace; }
    input:not([type]) { width: 7.5rem; }
    .field span { display: flex; gap: .4rem; align-items: baseline; }
    .pick { display: inline-flex; gap: .4rem; align-items: center; min-height: 2rem; cursor: pointer; color: var(--gpu-ink, #1c2321); }
    [type=radio], [type=checkbox] { width: 1.1rem; height: 1.1rem; min-height: 0; margin: 0; accent-color: var(--gpu-accent, #2d6a1f); }
    button { font-weight: 600; border-color: var(--gpu-accent, #2d6a1f); }
    .verdict { white-space: pre-line; border-left: 3px solid var(--gpu-warn, #855600); padding-left: .75rem; }
    .verdict.correct { border-color: var(--gpu-good, #1c7540); }
    .verdict:empty { display: none; }
    a { color: var(--gpu-accent, #2d6a1f); }
    @media print { :host { display: none; } }`;

  start() {
    const { exercise, asked, variables } = this.dataset;
    this.exercise = exercise;
    this.variables = variables;
    this.name = exercise.split(".").at(-1);
    this.asked = asked && decoded(asked);
    this.judge = this.asked && new Judge(this.asked);
    this.state.label = this.say("title", { name: variables || this.name });
  }

  follow() {
    this.recall();
  }

  render(section) {
    this.known = undefined;
    if (!this.asked) return this.renderElsewhere(section);
    this.said = this.make("p", { class: "verdict" });
    const send = this.make("button", { name: "check" }, this.say("check"));
    const submit = (event) => {
      event.preventDefault();
      this.check();
    };
    const accepted = ["word", "whole", "number"].find((kind) => this.kinds.has(kind));
    const notes = accepted ? [this.make("p", { class: "muted", id: "accepted" }, this.say(accepted))] : [];
    section.append(this.make("form", { onsubmit: submit }, this.choices() ?? this.entries(), send), ...notes, this.said);
    this.recall();
  }

  get kinds() {
    return new Set((this.asked.expected ?? []).map(([kind]) => kind));
  }

  choices() {
    if (this.asked.kind !== "choice") return null;
    const picks = this.asked.reasons.map(([word]) => this.make("label", { class: "pick" },
      this.make("input", { type: "radio", name: "word", value: word }), word));
    return this.make("fieldset", {}, this.make("legend", {}, this.make("code", {}, this.variables)), ...picks);
  }

  entries() {
    const { expected, names, many } = this.asked;
    const labels = many ? names : [this.variables];
    const fields = expected.map((_, n) => this.make("label", { class: "field" },
      this.make("code", {}, labels[n]), this.make("span", {}, this.entry(n), this.asked.unit)));
    if (!many || this.variables.includes(",")) return this.make("fieldset", { "aria-label": this.state.label }, ...fields);
    return this.make("fieldset", {}, this.make("legend", {}, this.make("code", {}, this.variables)), ...fields);
  }

  entry(n) {
    const name = `part${n}`;
    if (this.kinds.has("truth")) {
      return this.make("select", { name }, ...["", "True", "False"].map((text) => this.make("option", {}, text)));
    }
    return this.make("input", { name, autocomplete: "off", spellcheck: "false", "aria-describedby": "accepted" });
  }

  get inputs() {
    return [...this.shadowRoot.querySelectorAll("fieldset :is(input, select)")];
  }

  /** What the reader has written or chosen, a text for each field; null where a field is empty. */
  get texts() {
    if (this.asked.kind === "choice") return [this.inputs.find((one) => one.checked)?.value ?? null];
    return this.inputs.map((one) => one.value.trim() || null);
  }

  label(n) {
    return this.asked.many ? this.asked.names[n] : this.variables;
  }

  check() {
    let verdict;
    try {
      verdict = this.verdict();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      this.tell(error.message, "");
      return;
    }
    this.show(verdict);
    const texts = this.texts;
    const answer = texts.length > 1 ? texts : texts[0];
    this.known = JSON.stringify(answer);
    const detail = { exercise: this.exercise, answer, status: verdict.status };
    this.dispatchEvent(new CustomEvent("exercise-judged", { bubbles: true, composed: true, detail }));
    this.warn();
  }

  /** The verdict on what stands in the fields; throws Refused where that is no answer. */
  verdict() {
    const texts = this.texts;
    const blank = texts.indexOf(null);
    if (blank >= 0) {
      this.lead(blank);
      throw new Refused(this.say(this.asked.kind === "choice" ? "choose" : "empty", { name: this.label(blank) }));
    }
    try {
      return this.judge.verdict(texts);
    } catch (error) {
      if (!(error instanceof NotANumber)) throw error;
      const n = error.field;
      this.lead(n);
      throw new Refused(this.say(error.message, { name: this.label(n), text: texts[n] }));
    }
  }

  /** Lead who has pressed the button to the field that is meant. */
  lead(n) {
    if (!this.quiet) this.inputs[n].focus();
  }

  show({ status, message, hint }) {
    const text = `${this.name}: ${this.say(status)}. ${message}`.trimEnd();
    this.tell(hint ? `${text}\n${this.say("hint", { hint })}` : text, status);
  }

  tell(text, status) {
    this.said.textContent = text;
    this.said.classList.toggle("correct", status === CORRECT);
    this.live.textContent = ""; // the same words again are told again
    this.announce(text);
  }

  /** Where the browser keeps nothing, say so, once a page and only to who has an answer to lose. */
  warn() {
    const { trouble } = window.bookProgress ?? {};
    if (!trouble || ExerciseForm.warned) return;
    ExerciseForm.warned = true;
    const note = this.make("p", { class: "muted" }, window.bookProgress.say(trouble));
    this.shadowRoot.querySelector("section").append(note);
  }

  /** Fill in what was answered before, unless it stands here already. */
  recall() {
    const answer = window.bookProgress?.answer(this.exercise);
    const stored = JSON.stringify(answer);
    if (this.tick) this.tick.checked = window.bookProgress?.status(this.exercise) === CORRECT;
    if (!this.asked || stored === this.known) return;
    this.known = stored;
    const texts = [answer ?? ""].flat();
    this.inputs.forEach((input, n) => {
      if (input.type === "radio") input.checked = input.value === texts[0];
      else input.value = texts[n] ?? "";
    });
    this.said.textContent = "";
    if (answer === undefined) return;
    try {
      this.quiet = true;
      this.show(this.verdict());
    } catch (error) {
      if (!(error instanceof Refused)) throw error; // an answer to the exercise as it was before
    } finally {
      this.quiet = false;
    }
  }

  /** What only a notebook can judge: where to do it, and a tick to set by hand. */
  renderElsewhere(section) {
    const address = document.querySelector(".tools a.colab")?.href;
    const [before, after] = this.say(this.dataset.elsewhere).split("{colab}");
    const colab = address ? this.make("a", { href: address }, this.say("colab")) : this.say("colab");
    section.className = "plain";
    this.tick = this.make("input", { type: "checkbox", name: "done", onchange: () => this.mark() });
    section.append(this.make("p", { class: "muted" }, before, colab, `${after} `,
      this.make("label", { class: "pick" }, this.tick, this.say("ticked"))));
    this.recall();
  }

  mark() {
    const detail = { exercise: this.exercise, answer: "", status: this.tick.checked ? CORRECT : WRONG };
    this.dispatchEvent(new CustomEvent("exercise-judged", { bubbles: true, composed: true, detail }));
    this.warn();
  }

  update() {}
}

customElements.get("gpu-exercise") || customElements.define("gpu-exercise", ExerciseForm);

// The page on which the reader sees what they have done, saves it, takes it in again, or clears it.
import { Following } from "./following.js";
import { PROGRESS } from "./progress_strings.js";

class ProgressPage extends Following {
  static about = PROGRESS;

  static style = `
    table { border-collapse: collapse; width: 100%; font-size: .9rem; }
    td, th { padding: .35rem .9rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--gpu-line, #d5dbd4); font-weight: 400; }
    thead th { font-weight: 600; }
    :is(td, th):last-child { white-space: nowrap; font-variant-numeric: tabular-nums; }
    a { color: var(--gpu-accent, #2d6a1f); }
    [hidden] { display: none !important; }
    label.field { min-width: 0; flex: 0 1 20rem; }
    input { width: 100%; }
    .controls { margin-bottom: .75rem; }
    .said { font-weight: 600; }
    .said:empty { display: none; }`;

  follow() {
    this.update();
  }

  render(section) {
    this.sum = this.make("p");
    this.trouble = this.make("p", { class: "problem" });
    this.said = this.make("p", { class: "said" });
    this.table = this.make("tbody");
    const file = this.make("input", { type: "file", name: "file", accept: ".json,application/json", onchange: () => this.take(file) });
    this.question = this.make("p");
    this.sure = this.make("div", { role: "group", hidden: "" }, this.question, this.make("div", { class: "controls" },
      this.button("really", this.say("really"), () => this.clear()),
      this.button("keep", this.say("keep"), () => this.ask(false))));
    section.append(this.sum, this.trouble,
      this.make("div", { class: "controls" },
        this.button("export", this.say("export"), () => this.save()),
        this.make("label", { class: "field" }, this.say("import"), file),
        this.button("clear", this.say("clear"), () => this.ask(true))), this.sure, this.said,
      this.make("table", {}, this.make("thead", {}, this.make("tr", {},
        this.make("th", { scope: "col" }, this.say("chapter")), this.make("th", { scope: "col" }, this.say("done")))),
        this.table));
  }

  get count() {
    return Object.keys(window.bookProgress.held.exercises).length;
  }

  update() {
    const progress = window.bookProgress;
    let done = 0, all = 0;
    const rows = progress.chapters().map(({ title, address, chapter }) => {
      const found = progress.count(chapter);
      done += found.done;
      all += found.all;
      return this.make("tr", {}, this.make("th", { scope: "row" }, this.make("a", { href: address }, title)),
        this.make("td", {}, `${found.done}/${found.all}`));
    });
    this.table.replaceChildren(...rows);
    this.sum.textContent = this.say(this.count ? "sum" : "none", { done, all });
    const trouble = progress.trouble || (progress.aside.length && "aside");
    this.trouble.textContent = trouble ? this.say(trouble) : "";
  }

  tell(...sentences) {
    this.said.textContent = sentences.join(" ");
    this.live.textContent = "";
    this.announce(this.said.textContent);
  }

  save() {
    const name = `gpus-and-ai-progress-${new Date().toISOString().slice(0, 10)}.json`;
    const blob = new Blob([window.bookProgress.text()], { type: "application/json" });
    const link = this.make("a", { href: URL.createObjectURL(blob), download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    this.tell(this.say("saved", { name, count: this.count }));
  }

  async take(input) {
    const [file] = input.files;
    if (!file) return;
    try {
      const { taken, older, unread } = window.bookProgress.take(await file.text());
      this.tell(this.say("taken", { taken, older }), ...(unread ? [this.say("unread", { unread })] : []));
    } catch (error) {
      if (!PROGRESS.strings.en[error.message]) throw error;
      this.tell(this.say(error.message));
    }
    input.value = ""; // so that the same file can be chosen again
  }

  ask(yes) {
    this.question.textContent = this.say("sure", { count: this.count });
    this.sure.hidden = !yes;
    this.shadowRoot.querySelector(`[name=${yes ? "keep" : "clear"}]`).focus();
    if (yes) this.announce(this.question.textContent);
  }

  clear() {
    window.bookProgress.clear();
    this.ask(false);
    this.tell(this.say("cleared"));
  }
}

customElements.get("gpu-progress") || customElements.define("gpu-progress", ProgressPage);

// What the reader has answered and where they stopped: kept in this browser, sent nowhere. On every
// page, before any component. The build puts EXERCISES, the names of each chapter's exercises, and
// PROGRESS, what is said, in front.
const KEY = "gpus-and-ai progress";
const ASIDE = `${KEY}, unreadable, `;
const BOOK = "gpus-and-ai";
const FORMAT = 1;
const MOST_CHARACTERS = 4_000_000;
const NAME = /^[\w-]+\/[\w-]+\.[\w-]+$/;
const STATUSES = ["correct", "not yet"];

function progressSay(key, values = {}) {
  const language = document.documentElement.lang.toLowerCase().startsWith("zh") ? "zh_CN" : "en";
  const text = PROGRESS.strings[language][key];
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** A file or a store that cannot be taken as it is; its message is the key of what to say. */
class Unusable extends Error {}

const empty = () => ({ book: BOOK, format: FORMAT, exercises: {}, stopped: null });
const isText = (thing) => typeof thing === "string";

function isEntry(entry) {
  const { answer, status, at } = entry ?? {};
  const texts = isText(answer) || (Array.isArray(answer) && answer.every(isText));
  return texts && STATUSES.includes(status) && Number.isFinite(at);
}

/** What a text holds of the reader's work, and how many of its entries cannot be read. */
function parsed(text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Unusable("spoilt");
  }
  if (found?.book !== BOOK || typeof found.exercises !== "object" || !found.exercises) throw new Unusable("foreign");
  if (found.format !== FORMAT) throw new Unusable(found.format > FORMAT ? "newer" : "foreign");
  const all = Object.entries(found.exercises);
  const good = all.filter(([name, entry]) => NAME.test(name) && isEntry(entry));
  const exercises = Object.fromEntries(good.map(([name, { answer, status, at }]) => [name, { answer, status, at }]));
  const { page, id, heading, chapter, at } = found.stopped ?? {};
  const stopped = [page, id, heading, chapter].every(isText) && Number.isFinite(at)
    ? { page, id, heading, chapter, at } : null;
  return { work: { ...empty(), exercises, stopped }, unread: all.length - good.length };
}

class Progress {
  constructor() {
    /** Why the browser keeps nothing: the key of a sentence, or "". */
    this.trouble = "";
    this.mayWrite = true;
    this.held = empty();
    this.load();
  }

  load() {
    if (this.trouble) return this.held; // only this tab knows the newest
    let text;
    try {
      text = localStorage.getItem(KEY);
    } catch {
      return this.leave("blocked");
    }
    try {
      this.held = text === null ? empty() : parsed(text).work;
    } catch (error) {
      if (error.message === "newer") this.leave("newerstored"); // another edition's
      else this.putAside(text);
    }
    return this.held;
  }

  /** What is stored and cannot be read stays, under another name. */
  putAside(text) {
    try {
      localStorage.setItem(`${ASIDE}${Date.now()}`, text);
      localStorage.removeItem(KEY);
    } catch {
      this.leave("full");
    }
  }

  /** The names under which something unreadable was put aside, on whichever page that was. */
  get aside() {
    try {
      return Object.keys(localStorage).filter((name) => name.startsWith(ASIDE));
    } catch {
      return [];
    }
  }

  /** From now on write nothing, and say why. */
  leave(trouble) {
    this.trouble = trouble;
    this.mayWrite = false;
    return this.held;
  }

  /** Change what is stored as it is now: another tab may have written since. */
  change(make) {
    make(this.load());
    if (!this.mayWrite) return;
    try {
      localStorage.setItem(KEY, JSON.stringify(this.held));
      this.trouble = "";
    } catch {
      this.trouble = "full";
    }
  }

  judged({ exercise, answer, status }) {
    const entry = { answer, status, at: Date.now() };
    if (NAME.test(exercise) && isEntry(entry)) this.change((work) => { work.exercises[exercise] = entry; });
  }

  answer(exercise) {
    return this.held.exercises[exercise]?.answer;
  }

  status(exercise) {
    return this.held.exercises[exercise]?.status;
  }

  /** How many exercises of a chapter are done, of how many, and whether one was begun. */
  count(chapter) {
    const names = (EXERCISES[chapter] ?? []).map((name) => `${chapter}.${name}`);
    const done = names.filter((name) => this.status(name) === "correct").length;
    return { done, all: names.length, begun: names.some((name) => this.status(name)) };
  }

  /** The chapters with exercises in the book's order, as the contents name them. */
  chapters() {
    return [...document.querySelectorAll("#contents li > a")].flatMap((link) => {
      const chapter = chapterOf(link.pathname);
      return chapter ? [{ chapter, address: link.href, title: link.firstChild.textContent.trim() }] : [];
    });
  }

  say(key) {
    return progressSay(key);
  }

  text() {
    return `${JSON.stringify(this.load(), null, 1)}\n`;
  }

  /** Take in a file's text: of two answers to an exercise the newer stays. Throws Unusable. */
  take(text) {
    if (text.length > MOST_CHARACTERS) throw new Unusable("foreign");
    const { work, unread } = parsed(text);
    let taken = 0, older = 0;
    this.change((mine) => {
      for (const [name, entry] of Object.entries(work.exercises)) {
        if ((mine.exercises[name]?.at ?? -1) > entry.at) older += 1;
        else {
          mine.exercises[name] = entry;
          taken += 1;
        }
      }
      if (work.stopped && (mine.stopped?.at ?? -1) < work.stopped.at) mine.stopped = work.stopped;
    });
    this.tell();
    return { taken, older, unread };
  }

  clear() {
    this.change((work) => Object.assign(work, empty()));
    this.aside.forEach((name) => localStorage.removeItem(name));
    this.tell();
  }

  tell() {
    document.dispatchEvent(new CustomEvent("progress-changed"));
  }
}

// In the contents: how much of each chapter is done.

function chapterOf(path) {
  const found = /book\/([\w-]+\/[\w-]+)\.html$/.exec(path)?.[1];
  return found && Object.hasOwn(EXERCISES, found) ? found : null;
}

function markContents(progress) {
  for (const link of document.querySelectorAll("#contents li > a")) {
    const chapter = chapterOf(link.pathname);
    if (!chapter) continue;
    link.querySelector(".mark")?.remove();
    const { done, all, begun } = progress.count(chapter);
    if (!begun) continue;
    const mark = Object.assign(document.createElement("small"), { className: "mark" });
    const seen = Object.assign(document.createElement("span"), { textContent: done === all ? "✓" : `${done}/${all}` });
    seen.setAttribute("aria-hidden", "true");
    const said = progressSay(done === all ? "alldone" : "somedone", { done, all });
    mark.append(seen, Object.assign(document.createElement("span"), { className: "unseen", textContent: ` (${said})` }));
    link.append(mark);
  }
}

// Where the reader stopped: the last heading that has passed, in a chapter.

function headingNow() {
  const headings = [...document.querySelectorAll("article section[id] > :is(h2, h3)")];
  return headings.findLast((one) => one.getBoundingClientRect().top < innerHeight * 0.4);
}

function textOf(heading) {
  const copy = heading.cloneNode(true);
  copy.querySelector(".headerlink")?.remove();
  return copy.textContent.trim();
}

function watchReading(progress) {
  const page = chapterOf(location.pathname);
  if (!page || page.startsWith("appendix/")) return;
  let resting;
  const note = () => {
    const heading = headingNow();
    const title = document.querySelector("article h1");
    if (!heading || !title) return;
    const stopped = { page, id: heading.parentElement.id, heading: textOf(heading), chapter: textOf(title) };
    const before = progress.held.stopped;
    if (before?.page === page && before.id === stopped.id) return;
    progress.change((work) => { work.stopped = { ...stopped, at: Date.now() }; });
  };
  addEventListener("scroll", () => {
    clearTimeout(resting);
    resting = setTimeout(note, 700);
  }, { passive: true });
}

function offerToGoOn(progress) {
  const place = document.querySelector("body.front .pitch");
  document.querySelector("p.stopped")?.remove();
  const stopped = progress.held.stopped;
  if (!place || !stopped || !Object.hasOwn(EXERCISES, stopped.page)) return;
  const root = document.documentElement.dataset.content_root;
  const link = Object.assign(document.createElement("a"), {
    href: `${root}book/${stopped.page}.html#${encodeURIComponent(stopped.id)}`, textContent: progressSay("goon"),
  });
  const line = Object.assign(document.createElement("p"), { className: "stopped" });
  line.append(`${progressSay("stopped", stopped)} `, link);
  place.after(line);
}

const progress = new Progress();
window.bookProgress = progress;

function showProgress() {
  markContents(progress);
  offerToGoOn(progress);
}

document.addEventListener("exercise-judged", ({ detail }) => {
  progress.judged(detail);
  markContents(progress);
});
document.addEventListener("progress-changed", showProgress);
addEventListener("storage", ({ key }) => { // another tab has written
  if (key !== KEY && key !== null) return;
  progress.load();
  progress.tell();
});
addEventListener("pageshow", ({ persisted }) => { // come back to: what is shown may be old
  if (!persisted) return;
  progress.load();
  progress.tell();
});
watchReading(progress);
showProgress();

// What a page does beyond showing its text. Everything here is optional: without it the page reads.
const body = document.body.dataset;
const root = document.documentElement;

// Light, dark, or as the system.
const MODES = ["auto", "light", "dark"];
const system = matchMedia("(prefers-color-scheme: dark)");
const button = document.querySelector("button.mode");

function paint() {
  const mode = root.dataset.mode;
  const theme = mode === "auto" ? (system.matches ? "dark" : "light") : mode;
  if (root.dataset.theme !== theme) root.dataset.theme = theme;
  button.setAttribute("aria-label", body[mode]);
  button.title = body[mode];
}

button.hidden = false;
button.addEventListener("click", () => {
  root.dataset.mode = MODES[(MODES.indexOf(root.dataset.mode) + 1) % MODES.length];
  try { localStorage.setItem("gpus-and-ai mode", root.dataset.mode); } catch (e) { /* private window */ }
  paint();
});
system.addEventListener("change", paint);
paint();

// Ctrl+K, Cmd+K or / goes to the search field.
document.addEventListener("keydown", (event) => {
  // The first of the path: an event from inside an element of our own names that as its target.
  const typing = event.composedPath()[0].closest?.("input, textarea, select, [contenteditable]");
  if ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing)) {
    event.preventDefault();
    document.querySelector(".find input").focus();
  }
});

// A button on each block of code copies it.
function addCopyButton(block) {
  const copy = Object.assign(document.createElement("button"), {
    type: "button", className: "copy", textContent: body.copy,
  });
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("pre").innerText.trimEnd());
    copy.textContent = body.copied;
    setTimeout(() => { copy.textContent = body.copy; }, 1500);
  });
  block.append(copy);
}

// A kernel that can be run or written in the page has a door under it. The press loads all that it takes.
const live = document.getElementById("live");
function addDoor(section, why, open) {
  const place = live.content.firstElementChild.cloneNode(true);
  section.after(place);
  const button = place.querySelector("button");
  const note = place.querySelector("small");
  const closed = why || (location.protocol === "file:" ? live.dataset.disk : "");
  if (!button) return;
  if (closed) {
    button.remove();
    note.textContent = closed;
    return;
  }
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const cell = await open(await import(new URL(live.dataset.module, document.baseURI).href), Number(live.dataset.bytes));
      place.replaceWith(cell);
      cell.focus();
    } catch {
      note.textContent = live.dataset.failed;
      button.disabled = false;
    }
  });
  return button;
}
function addTraceDoor(section) {
  const launch = JSON.parse(section.dataset.launch);
  const why = launch.refused && `${live.dataset.refused} ${launch.refused}.`;
  const kernels = JSON.parse(section.dataset.kernels ?? "null");
  const button = addDoor(section, why, ({ open }, bytes) => open(launch, bytes, kernels));
  if (location.hash.startsWith(`#run=${launch.kernel}:`)) button?.scrollIntoView({ block: "center" });
}
function addExerciseDoor(section) {
  const { kernel, file } = section.dataset;
  const address = live.dataset.kernels + file;
  const button = addDoor(section, "", ({ openExercise }, bytes) => openExercise(kernel, address, bytes));
  if (button) button.textContent = live.dataset.write;
}
if (live) {
  document.querySelectorAll("[data-launch]").forEach(addTraceDoor);
  document.querySelectorAll("[data-kernel]").forEach(addExerciseDoor);
}

// What scrolls sideways or down must be reachable with the keyboard, and show that it goes on.
function reach(part) {
  const scrolls = part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight;
  if (scrolls) part.tabIndex = 0;
  else part.removeAttribute("tabindex");
  goesOn(part);
}
function goesOn(part) {
  const rest = part.scrollWidth - part.clientWidth - part.scrollLeft;
  part.classList.toggle("goes-on", rest > 2);
}

// Both wait until a part is about to be seen: a long chapter has hundreds, which blocked a phone.
const CODE = "article :not(.output) > div.highlight";
const SCROLLS = "article pre, .pst-scrollable-table-container, .cell_output .output, .math, figure, " +
  ".warptrace-scroll";
const resized = new ResizeObserver((seen) => seen.forEach(({ target }) => reach(target)));
const near = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    if (target.matches(CODE)) addCopyButton(target);
    else resized.observe(target);
  }
}, { rootMargin: "50%" });
document.querySelectorAll(`${CODE}, ${SCROLLS}`).forEach((part) => near.observe(part));
document.addEventListener("scroll", ({ target }) => {
  if (target.matches?.(SCROLLS)) goesOn(target);
}, { capture: true, passive: true });
// Fonts for formulas come late and change what fits.
document.fonts.addEventListener("loadingdone", () => {
  document.querySelectorAll(".math").forEach(reach);
});

// The list of sections follows the reader.
const entries = new Map([...document.querySelectorAll(".there a")].map(
  (link) => [decodeURIComponent(link.hash.slice(1)), link]));
const spy = new IntersectionObserver((seen) => {
  for (const { target, isIntersecting } of seen) {
    if (!isIntersecting) continue;
    entries.forEach((link) => link.removeAttribute("aria-current"));
    entries.get(target.id).setAttribute("aria-current", "true");
  }
}, { rootMargin: "-15% 0px -75% 0px" });
for (const id of entries.keys()) {
  const section = document.getElementById(id);
  if (section) spy.observe(section);
}

// A report names the reader's browser too.
const report = document.querySelector("a.report");
const address = new URL(report.href);
address.searchParams.set(
  "environment", `${address.searchParams.get("environment")}; browser: ${navigator.userAgent}`);
report.href = address;

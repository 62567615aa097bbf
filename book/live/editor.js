// An editor for a kernel, in the colours of the page. Escape and then Tab leaves it.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { pythonLanguage } from "@codemirror/lang-python";
import { HighlightStyle, LanguageSupport, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { EditorState, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const hue = (role, light) => `var(--gpu-${role}, ${light})`;

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier], color: hue("memory", "#6d3fa6") },
  { tag: [tags.function(tags.definition(tags.variableName)), tags.meta], color: hue("compute", "#0a67a3") },
  { tag: [tags.number, tags.bool, tags.null], color: hue("cpu", "#9a4f0a") },
  { tag: tags.string, color: hue("good", "#1c7540") },
  { tag: tags.comment, color: hue("muted", "#56615c"), fontStyle: "italic" },
]);

const look = EditorView.theme({
  "&": { color: hue("ink", "#1c2321"), backgroundColor: hue("surface", "#f5f7f3"), fontSize: ".82rem",
    border: `1px solid ${hue("muted", "#56615c")}`, borderRadius: ".3rem" },
  "&.cm-focused": { outline: `3px solid ${hue("accent", "#2d6a1f")}`, outlineOffset: "2px" },
  ".cm-scroller": { fontFamily: "ui-monospace, Menlo, Consolas, monospace", lineHeight: "1.55", maxHeight: "32rem" },
  ".cm-gutters": { color: hue("muted", "#56615c"), backgroundColor: "transparent", border: "0" },
  ".cm-content": { caretColor: hue("ink", "#1c2321") },
  ".cm-cursor": { borderLeftColor: hue("ink", "#1c2321") },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection":
    { backgroundColor: hue("line", "#d5dbd4") },
  ".wrong": { boxShadow: `inset .25rem 0 ${hue("bad", "#b3261e")}`,
    backgroundColor: `color-mix(in srgb, ${hue("bad", "#b3261e")} 12%, transparent)` },
});

const point = StateEffect.define();
const wrong = StateField.define({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects) {
      if (effect.is(point)) return effect.value;
    }
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** An editor that holds `text`; `ran` is called on Ctrl+Enter. */
export function makeEditor(root, text, label, describedBy, ran) {
  const run = { run: () => { ran(); return true; } };
  const extensions = [lineNumbers(), history(), look, wrong, indentUnit.of("    "), EditorState.tabSize.of(4),
    new LanguageSupport(pythonLanguage), syntaxHighlighting(colours),
    keymap.of([{ key: "Mod-Enter", ...run }, { key: "Shift-Enter", ...run }, indentWithTab,
      ...defaultKeymap, ...historyKeymap]),
    EditorView.contentAttributes.of({ "aria-label": label, "aria-describedby": describedBy,
      tabindex: "0", spellcheck: "false", autocapitalize: "off", autocorrect: "off" })];
  const view = new EditorView({ root, state: EditorState.create({ doc: text, extensions }) });
  return {
    view,
    get text() { return view.state.doc.toString(); },
    set text(all) { view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: all } }); },
    /** Mark lines as those where it went wrong; none if none is named. */
    mark(...lines) {
      const known = [...new Set(lines)].filter((line) => line >= 1 && line <= view.state.doc.lines).sort((a, b) => a - b);
      const marks = known.map((line) => Decoration.line({ class: "wrong" }).range(view.state.doc.line(line).from));
      view.dispatch({ effects: point.of(Decoration.set(marks)) });
    },
  };
}

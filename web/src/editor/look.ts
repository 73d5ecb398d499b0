/** How CodeMirror looks: by the tokens of the page, so that it is light or dark with it. */
import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const theme = EditorView.theme({
  "&": { color: "var(--text)", backgroundColor: "var(--surface)", fontSize: "var(--size-s)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--text)", padding: "var(--gap-2) 0" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "color-mix(in srgb, var(--accent) 26%, transparent)",
  },
  ".cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--accent) 6%, transparent)" },
  ".cm-gutters": { backgroundColor: "var(--surface)", color: "var(--text-3)", border: "none" },
  ".cm-activeLineGutter": { backgroundColor: "transparent", color: "var(--text)" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "1.7rem" },
  ".cm-foldPlaceholder": { background: "var(--surface-3)", border: "none", color: "var(--text-2)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-2)", outline: "1px solid var(--line-2)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-2)", outline: "1px solid var(--warn)" },
  ".cm-searchMatch.cm-searchMatch-selected": { backgroundColor: "var(--accent-2)", outlineColor: "var(--accent)" },
  ".cm-selectionMatch": { backgroundColor: "var(--surface-3)" },
  ".cm-panels": { backgroundColor: "var(--surface-2)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panel.cm-search": { padding: "var(--gap-2)", fontSize: "var(--size-s)" },
  ".cm-textfield": {
    backgroundColor: "var(--surface)",
    border: "1px solid var(--line-2)",
    borderRadius: "var(--round)",
    color: "var(--text)",
    fontSize: "inherit",
  },
  ".cm-button": {
    background: "var(--surface)",
    border: "1px solid var(--line-2)",
    borderRadius: "var(--round)",
    color: "var(--text)",
    fontSize: "inherit",
  },
  ".cm-panel button[name=close]": { color: "var(--text-2)", fontSize: "var(--size-l)" },
  ".cm-tooltip": {
    backgroundColor: "var(--surface)",
    color: "var(--text)",
    border: "1px solid var(--line-2)",
    borderRadius: "var(--round)",
    boxShadow: "var(--shadow-l)",
    fontSize: "var(--size-s)",
    maxWidth: "min(34rem, 90vw)",
  },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", maxHeight: "16rem" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "0.15rem var(--gap-2)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { background: "var(--accent)", color: "var(--accent-text)" },
  ".cm-completionDetail": { fontStyle: "normal", color: "var(--text-3)", fontFamily: "var(--font)" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionInfo": { padding: "var(--gap-2) var(--gap-3)", whiteSpace: "pre-wrap", maxWidth: "24rem" },
  ".cm-diagnostic": { padding: "var(--gap-1) var(--gap-3)", borderLeftWidth: "3px" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--warn)" },
  ".cm-lintRange-error": { backgroundImage: "none", borderBottom: "2px solid var(--bad)" },
  ".cm-lintRange-warning": { backgroundImage: "none", borderBottom: "2px dotted var(--warn)" },
  ".cm-gutter-lint": { width: "1.1rem" },
  ".cm-lint-marker": { content: "none", width: "0.9rem", height: "0.9rem", lineHeight: "1.3rem", fontWeight: "700" },
  ".cm-lint-marker-error::before": { content: "'✗'", color: "var(--bad)" },
  ".cm-lint-marker-warning::before": { content: "'!'", color: "var(--warn)" },
  ".cm-placeholder": { color: "var(--text-3)" },
  // Of two texts beside each other.
  ".cm-deletedChunk": { backgroundColor: "var(--bad-2)", paddingLeft: "0" },
  ".cm-deletedChunk .cm-deletedText, &.cm-merge-a .cm-changedText, .cm-deletedLine del": {
    background: "color-mix(in srgb, var(--bad) 26%, transparent)",
    textDecoration: "none",
  },
  "&.cm-merge-a .cm-changedLine": { backgroundColor: "var(--bad-2)" },
  "&.cm-merge-b .cm-changedLine, .cm-insertedLine, .cm-inlineChangedLine": { backgroundColor: "var(--good-2)" },
  "&.cm-merge-b .cm-changedText, .cm-insertedLine .cm-changedText": {
    background: "color-mix(in srgb, var(--good) 26%, transparent)",
  },
  // Their grounds are too strong for the colours of words.
  ".cm-changedText, .cm-changedText *, .cm-deletedText, .cm-deletedText *, .cm-deletedLine del *": {
    color: "var(--text) !important",
  },
  ".cm-changedLineGutter": { background: "var(--good)" },
  "&.cm-merge-a .cm-changedLineGutter, .cm-deletedLineGutter": { background: "var(--bad)" },
  // The sign that it brings is in few fonts.
  ".cm-collapsedLines::before, .cm-collapsedLines::after": { content: "'···'" },
  ".cm-collapsedLines": {
    background: "var(--surface-2)",
    color: "var(--text-2)",
    padding: "var(--gap-1) var(--gap-3)",
    fontFamily: "var(--font)",
  },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--series-5)" },
  { tag: [tags.string, tags.content, tags.attributeValue], color: "var(--text)" },
  { tag: [tags.special(tags.string)], color: "var(--good)" },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword, tags.atom], color: "var(--series-4)" },
  { tag: [tags.lineComment, tags.comment], color: "var(--text-3)", fontStyle: "italic" },
  { tag: [tags.meta, tags.typeName, tags.labelName], color: "var(--series-1)" },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: "var(--text-2)" },
  { tag: tags.invalid, color: "var(--bad)" },
]);

export const look = [theme, syntaxHighlighting(colours)];

/** What every editor has: lines, history, search, brackets, indentation, and its language. */
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  indentService,
  indentUnit,
} from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension, type Text } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { yamlIndent } from "@octopus/view/yaml-place.ts";
import { look } from "./look.ts";

export type Language = "yaml" | "json" | "text";

/** Bidirectional marks would show a text in another order than it is read in. */
const INVISIBLE = /[\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

export function languageOf(language: Language): Extension {
  if (language === "yaml") return yaml();
  return language === "json" ? json() : [];
}

/** A new line stands under what the line before it opens, or beside it. */
const YAML_INDENT = indentService.of((context, at) => {
  const { doc } = context.state;
  const before = at === 0 ? "" : doc.sliceString(doc.lineAt(at).from, at);
  const line = before.trim() === "" ? lineOver(doc, at) : before;
  return yamlIndent(line);
});

function lineOver(doc: Text, at: number): string {
  for (let number = doc.lineAt(at).number - 1; number > 0; number--) {
    const { text } = doc.line(number);
    if (text.trim() !== "") return text;
  }
  return "";
}

/** For reading: what a difference and an editor have in common. */
export function reading(language: Language): Extension[] {
  return [
    lineNumbers(),
    foldGutter(),
    highlightSpecialChars({ addSpecialChars: INVISIBLE }),
    drawSelection(),
    EditorView.lineWrapping,
    search({ top: true }),
    highlightSelectionMatches(),
    bracketMatching(),
    languageOf(language),
    look,
    keymap.of([...searchKeymap, ...foldKeymap, ...defaultKeymap]),
  ];
}

/** For writing. Tab leaves the editor, as everywhere on the page; Ctrl-] indents. */
export function writing(language: Language): Extension[] {
  return [
    history(),
    indentUnit.of("  "),
    EditorState.tabSize.of(2),
    language === "yaml" ? YAML_INDENT : [],
    indentOnInput(),
    closeBrackets(),
    autocompletion({ icons: false }),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    lintGutter(),
    keymap.of([...closeBracketsKeymap, ...completionKeymap, ...historyKeymap, ...lintKeymap]),
    reading(language),
  ];
}

/** One search in the text of a command, to tell whether it is worth reading: whether a word of any rule may stand in it. */
import { DEFAULT_RULES } from "./defaults.ts";
import { literalOf } from "./patterns.ts";
import type { CommandMatch, PolicySettings } from "./settings.ts";

/** A name with quotes, escapes or variables inside, as in `r''m`: no search finds it. */
const DISGUISED = String.raw`[\\'"](?<=[\w/].)['"\n]?\w|\$(?:'|\{?IFS|(?<=\w.))|\}\w`;

/** True where the text may be of interest; false only where it surely is not. */
export function quickLook({ rules, defaults, without }: PolicySettings): (text: string) => boolean {
  const words = new Set<string>();
  for (const { deny, warn } of Object.values(rules)) {
    for (const match of deny ?? warn ?? []) {
      const own = wordsOf(match);
      if (own === undefined) return () => true;
      for (const word of own) words.add(word);
    }
  }
  if (defaults) {
    for (const [name, rule] of Object.entries(DEFAULT_RULES))
      if (!without.includes(name)) for (const word of rule.words) words.add(word);
  }
  if (words.size === 0) return () => false;
  // One group with one boundary in front: many times faster than a boundary in front of each.
  const [plain, signs] = [[...words].filter((word) => /^\w/.test(word)), [...words].filter((word) => /^\W/.test(word))];
  const parts = [...signs.map(escaped), DISGUISED];
  if (plain.length > 0) parts.unshift(`\\b(?:${plain.map(escaped).join("|")})`);
  const pattern = new RegExp(parts.join("|"));
  return (text) => text.length > TEXT_MAX || pattern.test(text);
}

/** What is longer is read, or found to be too long. */
const TEXT_MAX = 128 * 1024;

/** Words of which one must stand in a text for the match to fit; undefined where nothing of the kind is sure. */
function wordsOf({ program, env, pipesTo }: CommandMatch): string[] | undefined {
  const words = (program ?? env ?? pipesTo)?.map((pattern) => literalOf(pattern.replace(/^.*\//s, "")));
  return words === undefined || words.some((word) => word.length < 1) ? undefined : words;
}

function escaped(word: string): string {
  return word === "(" ? String.raw`\(\)` : word.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}

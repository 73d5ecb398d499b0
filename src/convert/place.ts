/** Where tasks run in other systems, as a selector. */
import type { Json } from "../base/words.ts";
import { textOf } from "./source.ts";
import { LABEL_NAME, LABEL_VALUE } from "../base/label-form.ts";

/** Runners of GitHub, by the beginning of their names. */
const HOSTED: readonly (readonly [RegExp, string])[] = [
  [/^(ubuntu|linux)(-|$)/i, "linux"],
  [/^windows(-|$)/i, "windows"],
  [/^macos(-|$)/i, "darwin"],
];
const ARCHES: Readonly<Record<string, string>> = { x64: "x64", arm64: "arm64", arm: "arm" };

/** The selector for the labels of a runner, and what of them says nothing here. */
export function runnerSelector(labels: readonly string[]): { selector?: string; odd: string[] } {
  const terms = new Set<string>();
  const odd: string[] = [];
  for (const label of labels) {
    const os = HOSTED.find(([form]) => form.test(label))?.[1];
    const arch = Object.hasOwn(ARCHES, label.toLowerCase()) ? ARCHES[label.toLowerCase()] : undefined;
    if (os !== undefined) terms.add(`os == ${os}`);
    if (os !== undefined && /-arm$/i.test(label)) terms.add("arch == arm64");
    else if (arch !== undefined) terms.add(`arch == ${arch}`);
    else if (os === undefined && label !== "self-hosted") {
      if (LABEL_NAME.test(label)) terms.add(label);
      else odd.push(label);
    }
  }
  return { ...(terms.size > 0 && { selector: [...terms].join(", ") }), odd };
}

/** The same for a value of a matrix, which names a runner of GitHub's own. */
export function systemOfAxis(axis: string): string {
  const begins = (word: string): string => `matrix.${axis}.startsWith('${word}')`;
  return `os == \${{ ${begins("windows")} ? 'windows' : ${begins("macos")} ? 'darwin' : 'linux' }}`;
}

/** Labels that a worker must have, where each is a name and a value that ours may be; undefined when one is not. */
export function labelsOf(said: Json | undefined): Record<string, string> | undefined {
  if (typeof said !== "object" || said === null || Array.isArray(said)) return undefined;
  const labels = Object.entries(said).map(([name, value]) => [name, textOf(value) ?? ""] as const);
  const fits = labels.every(([name, value]) => LABEL_NAME.test(name) && LABEL_VALUE.test(value) && value !== "");
  return fits && labels.length > 0 ? Object.fromEntries(labels) : undefined;
}

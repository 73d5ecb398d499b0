// /// octopus
// description: Counts what stands in a text, and keeps the table as a file.
// actions:
//   main:
//     inputs:
//       type: object
//       required: [text]
//       properties:
//         text: { type: string }
//         most: { type: integer, minimum: 1, maximum: 1000, default: 5 }
//     args: [text, most]
// ///
/** A plugin with types, progress, a log and a file; Node runs it as it is. */

interface Context {
  log(text: string): void;
  progress(value: number, message?: string): void;
  artifact(path: string, content: string): Promise<void>;
  signal: AbortSignal;
}

/** Values in order come first, those by name as one object behind them, the context last. */
export async function main(...values: unknown[]): Promise<{ words: number; first: string[] }> {
  const context = values.pop() as Context;
  const named = typeof values.at(-1) === "object" ? (values.pop() as { text?: string; most?: number }) : {};
  const { text = String(values[0]), most = Number(values[1] ?? 5) } = named;
  const counts = new Map<string, number>();
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? [];
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  context.progress(0.5, "counted");
  const sorted = [...counts].toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  context.log(`${words.length} words, ${counts.size} of them different`);
  await context.artifact("words.csv", sorted.map(([word, count]) => `${word},${count}\n`).join(""));
  return { words: words.length, first: sorted.slice(0, most).map(([word]) => word) };
}

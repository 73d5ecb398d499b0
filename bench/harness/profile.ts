/** Reads the CPU profiles that Node wrote and says in which functions the time went. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  samples: number[];
  timeDeltas: number[];
}

/** The functions with the most time of their own, each with its share of the time that was not idle. */
export function summarise(file: string, top = 25): string {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, "utf8")) as Profile;
  const labels = new Map(nodes.map(({ id, callFrame }) => [id, label(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  let idle = 0;
  for (const [i, id] of samples.entries()) {
    const name = labels.get(id)!;
    const micros = timeDeltas[i] ?? 0;
    if (name === "(idle)") idle += micros;
    else {
      busy += micros;
      times.set(name, (times.get(name) ?? 0) + micros);
    }
  }
  const lines = [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, top)
    .map(
      ([name, micros]) =>
        `  ${((100 * micros) / busy).toFixed(1).padStart(5)} %  ${(micros / 1000).toFixed(0).padStart(6)} ms  ${name}`,
    );
  return `busy ${(busy / 1e6).toFixed(2)} s, idle ${(idle / 1e6).toFixed(2)} s\n${lines.join("\n")}`;
}

export function summariseFolder(folder: string, top?: number): string {
  const files = readdirSync(folder).filter((name) => name.endsWith(".cpuprofile"));
  return files.map((name) => `${name}\n${summarise(join(folder, name), top)}`).join("\n\n");
}

function label({ functionName, url, lineNumber }: { functionName: string; url: string; lineNumber: number }): string {
  const file = url.replace(/^.*\/(src|bench|node_modules)\//, "$1/");
  return `${functionName === "" ? "(anonymous)" : functionName}${file === "" ? "" : `  ${file}:${lineNumber + 1}`}`;
}

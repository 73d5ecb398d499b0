/** Places in joined files (`joined-source.ts`), as they stand in what a failure says, by those of the source. */
import { existsSync, readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "./tool.ts";

const PLACE = /(file:\/\/\/[^\s:()]*\/octopus-joined\/[^\s:()]+\.js):(\d+):(\d+)/g;

const maps = new Map<string, SourceMap | undefined>();

/** The text with each place that is in a joined file replaced by the one in the source. */
export function inSource(text: string): string {
  return text.replaceAll(PLACE, (place, url: string, line: string, column: string) => {
    const file = fileURLToPath(url);
    if (!maps.has(file)) maps.set(file, mapOf(file));
    const found = maps.get(file)?.findEntry(Number(line) - 1, Number(column) - 1);
    if (found === undefined || !("originalSource" in found)) return place;
    const source = relative(root, join(dirname(file), found.originalSource));
    return `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
  });
}

function mapOf(file: string): SourceMap | undefined {
  const map = `${file}.map`;
  return existsSync(map) ? new SourceMap(JSON.parse(readFileSync(map, "utf8"))) : undefined;
}

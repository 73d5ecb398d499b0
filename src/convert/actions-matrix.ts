/** `strategy.matrix` of GitHub Actions: the same axes, and `include` as it is meant there. */
import type { Json } from "../base/words.ts";
import { variableName } from "./actions-names.ts";
import { isMapping, type Mapping } from "./source.ts";

const COMBINATIONS_MAX = 256;

/**
 * Ours, or a sentence about why not. There an entry of `include` fills in combinations that it fits, and is one of its own only
 * where it fits none; where it fills in, all combinations are written out.
 */
export function matrixOf(matrix: Mapping, translate: (text: string) => string): Mapping | string {
  const { include, exclude, ...rest } = renamed(matrix) as Mapping;
  const axes: Mapping = {};
  for (const [name, value] of Object.entries(rest)) axes[name] = typeof value === "string" ? translate(value) : value;
  const extra = listOfMappings(include);
  const left = listOfMappings(exclude);
  if (extra === undefined || left === undefined)
    return "include and exclude must be lists of combinations that stand in the file";
  const made: Mapping = { ...axes };
  if (left.length > 0) made["exclude"] = left;
  if (extra.length === 0) return made;
  const isKnown = Object.values(axes).every((value) => Array.isArray(value));
  if (!isKnown) return "include goes with axes that stand in the file";
  const all = combinations(axes as Record<string, Json[]>).filter((one) => !left.some((out) => fits(out, one)));
  if (all.length > COMBINATIONS_MAX) return `it has more than ${COMBINATIONS_MAX} combinations`;
  let fillsIn = false;
  const alone: Mapping[] = [];
  const filled = all.map((one) => ({ ...one }));
  for (const entry of extra) {
    const same = all.flatMap((one, i) => (agrees(entry, one) ? [i] : []));
    if (same.length === 0) alone.push(entry);
    else fillsIn = true;
    for (const i of same) Object.assign(filled[i]!, entry);
  }
  if (!fillsIn) return { ...made, include: alone };
  return { include: [...filled, ...alone] };
}

/** Axes that entries of `include` bring, and the others have not. */
export function partialAxesOf(strategy: Json | undefined): Set<string> {
  const matrix = isMapping(strategy) ? strategy["matrix"] : undefined;
  if (!isMapping(matrix)) return new Set();
  const brought = (listOfMappings(matrix["include"]) ?? []).flatMap((entry) => Object.keys(entry));
  return new Set(brought.filter((name) => !(name in matrix)).map(variableName));
}

/** Names of axes as variables may have them. */
function renamed(value: Json): Json {
  if (Array.isArray(value)) return value.map((one) => (isMapping(one) ? renamed(one) : one));
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      variableName(name),
      name === "include" || name === "exclude" ? renamed(one) : one,
    ]),
  );
}

function listOfMappings(value: Json | undefined): Mapping[] | undefined {
  if (value === undefined) return [];
  return Array.isArray(value) && value.every(isMapping) ? value : undefined;
}

function combinations(axes: Record<string, Json[]>): Mapping[] {
  let all: Mapping[] = [{}];
  for (const [name, values] of Object.entries(axes)) {
    all = all.flatMap((one) => values.map((value) => ({ ...one, [name]: value })));
    if (all.length > 10 * COMBINATIONS_MAX) break;
  }
  return Object.keys(axes).length === 0 ? [] : all;
}

function fits(part: Mapping, whole: Mapping): boolean {
  return Object.entries(part).every(([name, value]) => JSON.stringify(whole[name]) === JSON.stringify(value));
}

/** It changes no value of an axis. */
function agrees(entry: Mapping, one: Mapping): boolean {
  return Object.entries(entry).every(
    ([name, value]) => !(name in one) || JSON.stringify(one[name]) === JSON.stringify(value),
  );
}

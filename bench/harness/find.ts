/** Cases by name: our own and the peers'. */
import { CASES, LONG_CASES } from "../cases/all.ts";
import { PEER_CASES } from "../peers/cases.ts";
import { nearest } from "../../src/base/nearest.ts";
import { OctopusError } from "../../src/base/errors.ts";
import type { Case } from "./case.ts";

export function findCase(name: string, cases: readonly Case[] = [...CASES, ...LONG_CASES, ...PEER_CASES]): Case {
  const found = cases.find((one) => one.name === name);
  if (found !== undefined) return found;
  const names = cases.map((one) => one.name);
  const near = nearest(name, names);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  throw new OctopusError(
    "invalid",
    `there is no benchmark ${JSON.stringify(name)}.${hint} There are: ${names.join(", ")}`,
  );
}

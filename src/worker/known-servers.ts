/**
 * Where the servers of a cluster are, as one of them has told: kept in the worker's folder, so that a worker that was given the
 * address of one server comes to the others also when it is started while that one is away.
 */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "./make-folder.ts";

interface Known {
  /** The address that the worker was given: for another one this says nothing. */
  given: string;
  urls: string[];
}

/** None where nothing was kept, or not for this address. */
export function knownServers(dir: string, given: string): string[] {
  try {
    const known = JSON.parse(readFileSync(fileIn(dir), "utf8")) as Known;
    return known.given === given ? known.urls.filter((url) => URL.canParse(url)) : [];
  } catch {
    return [];
  }
}

/** Where it cannot be kept, it is told again with the next welcome. */
export function keepServers(dir: string, known: Known): void {
  try {
    makeFolder(dir);
    const draft = `${fileIn(dir)}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(known)}\n`, { mode: 0o600 });
    renameSync(draft, fileIn(dir));
  } catch {
    // It is a help, and no need.
  }
}

function fileIn(dir: string): string {
  return join(dir, "cluster.json");
}

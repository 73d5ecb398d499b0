/**
 * Whether the dashboard in web/dist was made from the sources as they are. Plain JavaScript, as `install.mjs`: `npm start`
 * asks before anything else runs, and an unchanged tree must cost it nothing that can be felt.
 *
 * WS1  The stamp follows from the names and the content of all sources; dates say nothing, for a checkout changes them.
 */
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./install.mjs";

/** Where a checkout has its dashboard. */
export const webFolder = join(root, "web", "dist");
export const STAMP_FILE = ".stamp";

/** What the build reads: the dashboard, what it shares with the server, and the versions of its packages. */
const SOURCES = ["web", "src/base", "src/client", "src/protocol", "src/view"];
const FILES = ["package-lock.json", "docs/reference/workflow.schema.json"];
const NOT_READ = new Set(["dist", "node_modules"]);

/** True when web/dist is there and was made from these sources. */
export function isWebBuilt() {
  try {
    return readFileSync(join(webFolder, STAMP_FILE), "utf8") === webStamp();
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
}

/** A hash of the sources. */
export function webStamp() {
  const hash = createHash("sha256");
  for (const file of [...FILES, ...SOURCES.flatMap(filesBelow)]) {
    const content = readFileSync(join(root, file));
    hash.update(`${file} ${content.length}\n`).update(content);
  }
  return hash.digest("hex");
}

/** Files that go into the build, by name. */
function filesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) return NOT_READ.has(entry.name) ? [] : filesBelow(path);
      return /\.test\.tsx?$/.test(entry.name) ? [] : [path];
    });
}

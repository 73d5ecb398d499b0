/** Large results as files named by the hash of their content: written once, synced before anybody refers to them. */
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import type { Artifacts } from "../engine/ports.ts";
import { storageError } from "./database.ts";

export function openArtifacts(dir: string): Artifacts {
  const fileOf = (reference: string): string => join(dir, reference.slice(0, 2), reference);
  return {
    put(text) {
      const reference = createHash("sha256").update(text).digest("hex");
      const file = fileOf(reference);
      if (existsSync(file)) return reference;
      try {
        mkdirSync(join(dir, reference.slice(0, 2)), { recursive: true });
        writeDurably(file, text);
      } catch (error) {
        throw storageError(error, `write the artifact ${file}`);
      }
      return reference;
    },
    get(reference) {
      try {
        return readFileSync(fileOf(reference), "utf8");
      } catch {
        return undefined;
      }
    },
    remove(references) {
      for (const reference of references) rmSync(fileOf(reference), { force: true });
    },
  };
}

/** Under another name first, so that a file of this name is always whole. */
function writeDurably(file: string, text: string): void {
  const draft = `${file}.${process.pid}.part`;
  const fd = openSync(draft, "w");
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
    fsyncSync(fd);
  } catch (error) {
    closeSync(fd);
    rmSync(draft, { force: true });
    throw error;
  }
  closeSync(fd);
  renameSync(draft, file);
}

/** Artifacts of a database in memory. */
export function memoryArtifacts(): Artifacts {
  const texts = new Map<string, string>();
  return {
    put(text) {
      const reference = createHash("sha256").update(text).digest("hex");
      texts.set(reference, text);
      return reference;
    },
    get: (reference) => texts.get(reference),
    remove: (references) => {
      for (const reference of references) texts.delete(reference);
    },
  };
}

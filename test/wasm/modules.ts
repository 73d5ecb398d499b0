/** Modules as a worker has them, for tests: a folder each, and no server. */
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PluginCopy } from "../../src/protocol/plugin.ts";
import type { Copies } from "../../src/worker/wasm/modules.ts";

export class TestModules implements Copies {
  readonly folder = mkdtempSync(join(tmpdir(), "octopus-modules-"));
  /** Folders that are in use. */
  held = 0;

  /** The module as the server distributes it. */
  add(bytes: Uint8Array, name = "module"): PluginCopy {
    const hash = createHash("sha256").update(bytes).digest("hex");
    const path = `${name}.wasm`;
    mkdirSync(join(this.folder, hash), { recursive: true });
    writeFileSync(join(this.folder, hash, path), bytes);
    const files = [{ path, sha256: hash, bytes: bytes.length }];
    return { name, version: 1, hash, language: "wasm", files };
  }

  async take(copy: PluginCopy): Promise<{ folder: string; release(): void }> {
    this.held++;
    return { folder: join(this.folder, copy.hash), release: () => void this.held-- };
  }

  close(): void {
    rmSync(this.folder, { recursive: true });
  }
}

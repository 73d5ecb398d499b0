/** Plugins: what there is, and how one comes and goes. */
import type { PluginDetail, PluginUpload, PluginView } from "../protocol/plugin.ts";
import { segment, withQuery } from "./query.ts";
import { TriggerCalls } from "./trigger-calls.ts";

/** A file of the folder that no plugin can be made of. */
export interface PluginProblem {
  plugin?: string;
  file: string;
  problem: string;
}

export class PluginCalls extends TriggerCalls {
  plugins(): Promise<{ items: PluginView[]; problems: PluginProblem[] }> {
    return this.get("/plugins");
  }

  /** With its versions, and what it says of itself. */
  plugin(name: string): Promise<PluginDetail> {
    return this.get(`/plugins/${segment(name)}`);
  }

  /** Publishes a plugin, or a new version of it. */
  setPlugin(name: string, files: PluginUpload["files"]): Promise<PluginDetail> {
    return this.send("PUT", `/plugins/${segment(name)}`, { files });
  }

  /** Attempts that run it go on. */
  removePlugin(name: string): Promise<void> {
    return this.remove(`/plugins/${segment(name)}`);
  }

  /** The content of one of its files, piece by piece. */
  async *readPluginFile(name: string, path: string, version?: number): AsyncGenerator<Uint8Array> {
    const file = path.split("/").map(segment).join("/");
    yield* (await this.stream(withQuery(`/plugins/${segment(name)}/files/${file}`, { version }))).chunks;
  }
}

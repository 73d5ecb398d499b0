/**
 * The folder of plugins: what lies in it is published, what is taken out of it is removed. It and the catalogue never say
 * different things for longer than a moment: uploads and removals go through the folder, too.
 *
 * PF3  A folder that is not there removes nothing: at the start it is made anew, with what the catalogue holds.
 */
import { type FSWatcher, watch } from "node:fs";
import { mkdir, stat } from "node:fs/promises";
import { OctopusError } from "../base/errors.ts";
import type { PluginDetail } from "../protocol/plugin.ts";
import { candidateAt } from "./candidates.ts";
import { Looks, type LooksOptions, STILL_MS } from "./looks.ts";
import { checkPaths, checkSeen } from "./paths.ts";
import { clear, placeOf, placesOf, restore, storageTrouble, take, write } from "./place.ts";
import { type PluginContent, readPlugin } from "./read-plugin.ts";

export interface PluginFolderOptions extends LooksOptions {
  /** False: it is looked at when it is opened, and after uploads. */
  watch?: boolean;
}

/** From a change to the first look at it. */
const SOON_MS = 40;
/** How often it is looked over although nothing was heard. */
const AGAIN_MS = 5000;

export class PluginFolder {
  readonly #options: PluginFolderOptions;
  readonly #looks: Looks;
  #watcher: FSWatcher | undefined;
  #ino = 0;
  #timer: NodeJS.Timeout | undefined;
  #due = Infinity;
  /** One thing at a time: a look, an upload, a removal. */
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(options: PluginFolderOptions) {
    this.#options = options;
    this.#looks = new Looks(options);
  }

  /** Resolves when all that lies there is published. */
  static async open(options: PluginFolderOptions): Promise<PluginFolder> {
    const folder = new PluginFolder(options);
    await folder.#begin();
    return folder;
  }

  async #begin(): Promise<void> {
    const { dir, plugins, log } = this.#options;
    if (await this.#make()) {
      for (const { name } of plugins.list()) {
        const trouble = await restore(dir, plugins, name);
        if (trouble !== undefined)
          log.warn({ plugin: name }, `the plugin ${name} could not be written back: ${trouble}`);
      }
    }
    await clear(dir);
    await this.#look();
    if (this.#looks.isPending) {
      await new Promise<void>((resolve) => void setTimeout(resolve, STILL_MS + 1));
      await this.#look();
    }
    if (this.#options.watch !== false) this.#lookIn(AGAIN_MS);
  }

  /** True when it was not there. */
  async #make(): Promise<boolean> {
    const { dir } = this.#options;
    try {
      return (await mkdir(dir, { recursive: true, mode: 0o755 })) !== undefined;
    } catch (error) {
      throw storageTrouble(error, `make the folder of plugins ${dir} (plugins.dir names another place)`);
    }
  }

  /** Writes the plugin into the folder, in place of what has its name there, and publishes it. */
  put(name: string, contents: readonly PluginContent[], by?: string): Promise<PluginDetail> {
    return this.#alone(async () => {
      checkPaths(contents.map(({ path }) => path));
      const placed = placeOf(name, contents).contents;
      const read = await readPlugin(name, placed);
      checkSeen(placed.map(({ path }) => path));
      await write(this.#options.dir, name, contents);
      const detail = await this.#options.plugins.publish({ ...read, source: "upload", by });
      await this.#looks.isDone(name);
      await this.#look();
      return detail;
    });
  }

  /** Takes it out of the folder and of the catalogue. */
  remove(name: string, by?: string): Promise<void> {
    return this.#alone(async () => {
      const others = (this.#options.also ?? []).map(candidateAt);
      if (others.some((other) => other?.name === name) && (await placesOf(this.#options.dir, name)).length === 0)
        throw new OctopusError(
          "conflict",
          `the plugin ${name} is used by an adapter of the configuration; take it out there`,
        );
      // Refused first, where there is none.
      await this.#options.plugins.remove(name, by);
      await take(this.#options.dir, name);
      this.#looks.forget(name);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#watcher?.close();
    await this.#last;
  }

  /** Looks at all that lies there; resolves when what had not changed since the last look is published. */
  look(): Promise<void> {
    return this.#alone(() => this.#look());
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work);
    this.#last = done.catch(() => {});
    return done;
  }

  /** Sooner where it is due sooner: a file that is written to all the time must not put it off. */
  #lookIn(ms: number): void {
    const due = Date.now() + ms;
    if (this.#closed || this.#due <= due) return;
    clearTimeout(this.#timer);
    this.#due = due;
    this.#timer = setTimeout(() => {
      this.#due = Infinity;
      void this.look().finally(() => this.#lookIn(this.#looks.isPending ? STILL_MS + 1 : AGAIN_MS));
    }, ms);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    try {
      if (this.#options.watch !== false) await this.#hear();
      await this.#looks.look();
    } catch (error) {
      this.#looks.failed(error);
    }
  }

  /** Listens to the folder; again when another one stands in its place. */
  async #hear(): Promise<void> {
    const { dir, log } = this.#options;
    const { ino } = await stat(dir);
    if (this.#ino === ino || this.#closed) return;
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#ino = ino;
    try {
      this.#watcher = watch(dir, { recursive: true, persistent: false }, () => this.#lookIn(SOON_MS));
      this.#watcher.on("error", () => (this.#ino = 0));
    } catch (error) {
      log.warn(
        { dir },
        `changes of ${dir} are seen after up to ${AGAIN_MS / 1000} seconds: ${(error as Error).message}`,
      );
    }
  }
}

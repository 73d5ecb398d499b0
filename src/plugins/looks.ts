/**
 * What a look at the folder of plugins finds against what was found before: new, changed, gone, wrong. Owns what is known of
 * each plugin there; when a look is made is `folder.ts`'s.
 *
 * PF1  Nothing is published half-written: a plugin must be the same in two looks, at least STILL_MS apart; nor is one taken
 *      for removed that is only being replaced.
 * PF2  A plugin that cannot be used is a problem in words, and the version before it stays.
 */
import type { PluginProblem, PluginsApi } from "../engine/plugins/api.ts";
import type { Log } from "../engine/ports.ts";
import { type Candidate, candidateAt, candidatesIn, contentsOf, isGone, type Unusable } from "./candidates.ts";
import { digestOf } from "./place.ts";
import { type PluginContent, readPlugin } from "./read-plugin.ts";

/** Between two looks at what has changed. */
export const STILL_MS = 200;

export interface LooksOptions {
  dir: string;
  plugins: PluginsApi;
  log: Log;
  /** Files and folders elsewhere that are plugins as if they lay in the folder, unless one of their name does. */
  also?: readonly string[];
  /** Milliseconds from some moment on, that never go back. */
  now?(): number;
}

interface Change {
  seen: string;
  since: number;
}

export class Looks {
  readonly #options: LooksOptions;
  /** By name the mark of what was dealt with last, published or not; and by name what is wrong with it. */
  readonly #known = new Map<string, string>();
  readonly #wrong = new Map<string, PluginProblem>();
  /** What has changed: by name its mark and the digest of its contents (`""` = it is gone), and since when it is so. */
  #pending = new Map<string, Change>();
  #problems = "";

  constructor(options: LooksOptions) {
    this.#options = options;
  }

  /** Something has changed, and is to be looked at once more. */
  get isPending(): boolean {
    return this.#pending.size > 0;
  }

  /** Looks at all that lies there, and does what follows. */
  async look(): Promise<void> {
    const { candidates, unusable } = await candidatesIn(this.#options.dir);
    this.#addOthers(candidates);
    await this.#compare(candidates, unusable);
  }

  /** What lies there under this name is as the catalogue has it. */
  async isDone(name: string): Promise<void> {
    const { candidates } = await candidatesIn(this.#options.dir);
    const candidate = candidates.find((one) => one.name === name);
    if (candidate !== undefined) this.#known.set(name, candidate.mark);
    this.#wrong.delete(name);
  }

  forget(name: string): void {
    this.#known.delete(name);
    this.#wrong.delete(name);
  }

  /** Nothing is known of what the folder holds: all stays as it is. */
  failed(error: unknown): void {
    const { dir, log, plugins } = this.#options;
    const problem = `the folder of plugins ${dir} cannot be read: ${(error as Error).message}`;
    if (this.#problems !== problem) log.warn({ dir }, problem);
    this.#problems = problem;
    plugins.tell([{ file: dir, problem }]);
  }

  #addOthers(candidates: Candidate[]): void {
    for (const path of this.#options.also ?? []) {
      const candidate = candidateAt(path);
      if (candidate !== undefined && candidates.every(({ name }) => name !== candidate.name))
        candidates.push(candidate);
    }
  }

  async #compare(candidates: readonly Candidate[], unusable: readonly Unusable[]): Promise<void> {
    const pending = new Map<string, Change>();
    const byName = Map.groupBy(candidates, ({ name }) => name);
    const clashes: Unusable[] = [];
    for (const [name, [first, ...others]] of byName) {
      if (others.length === 0) await this.#consider(first!, pending);
      else clashes.push(clash(name, [first!, ...others]));
    }
    const there = new Set([...byName.keys(), ...unusable.map(({ plugin }) => plugin)]);
    await this.#considerGone(there, pending);
    this.#pending = pending;
    this.#tell([...unusable, ...clashes]);
  }

  /** Publishes it when it is as it was in the last look. */
  async #consider(candidate: Candidate, pending: Map<string, Change>): Promise<void> {
    const { name, mark } = candidate;
    if (this.#known.get(name) === mark) return;
    try {
      const contents = await contentsOf(candidate);
      const seen = `${mark}\n${digestOf(contents)}`;
      if (this.#isStill(name, seen, pending)) await this.#publish(candidate, contents);
    } catch (error) {
      if (isGone(error)) return;
      this.#wrong.set(name, { plugin: name, file: candidate.file, problem: (error as Error).message });
    }
  }

  /** It is as it was some time ago; otherwise it is noted for the next look. */
  #isStill(name: string, seen: string, pending: Map<string, Change>): boolean {
    const now = this.#options.now?.() ?? performance.now();
    const before = this.#pending.get(name);
    const since = before?.seen === seen ? before.since : now;
    if (now - since >= STILL_MS) return true;
    pending.set(name, { seen, since });
    return false;
  }

  async #publish({ name, file, mark }: Candidate, contents: readonly PluginContent[]): Promise<void> {
    const { plugins, log } = this.#options;
    this.#known.set(name, mark);
    try {
      const before = plugins.show(name)?.version;
      const { version, language } = await plugins.publish({ ...(await readPlugin(name, contents)), source: "folder" });
      this.#wrong.delete(name);
      if (version !== before)
        log.info({ plugin: name, version, language }, `the plugin ${name} has version ${version}`);
    } catch (error) {
      const problem = (error as Error).message;
      this.#wrong.set(name, { plugin: name, file, problem });
      // What failed for want of space or the like may do better next time.
      if ((error as { retryable?: boolean }).retryable === true) this.#known.delete(name);
    }
  }

  /** Removes what has been gone for some time. */
  async #considerGone(there: ReadonlySet<string | undefined>, pending: Map<string, Change>): Promise<void> {
    const { plugins, log } = this.#options;
    for (const name of [...this.#wrong.keys(), ...this.#known.keys()]) {
      if (there.has(name)) continue;
      this.#wrong.delete(name);
      this.#known.delete(name);
    }
    for (const { name } of plugins.list()) {
      if (there.has(name)) continue;
      if (!this.#isStill(name, "", pending)) continue;
      try {
        await plugins.remove(name);
        log.info({ plugin: name }, `the plugin ${name} was taken out of the folder, and is removed`);
      } catch (error) {
        // A full disk, an end of the server: the next look finds it gone again.
        log.warn({ plugin: name }, `the plugin ${name} could not be removed: ${(error as Error).message}`);
      }
    }
  }

  /** Says what is wrong now, and writes what was not wrong before to the log. */
  #tell(others: readonly Unusable[]): void {
    const { plugins, log } = this.#options;
    const problems = [...this.#wrong.values(), ...others];
    plugins.tell(problems);
    const lines = problems.map(({ file, problem }) => `${file}: ${problem}`);
    const before = new Set(this.#problems.split("\n"));
    for (const [index, line] of lines.entries())
      if (!before.has(line)) log.warn({ file: problems[index]!.file }, `no plugin can be made of ${line}`);
    this.#problems = lines.join("\n");
  }
}

function clash(name: string, candidates: readonly Candidate[]): Unusable {
  const files = candidates.map(({ file }) => file);
  const problem = `${files.join(" and ")} are both the plugin ${name}: keep one of them, or rename the other`;
  return { plugin: name, file: files.join(", "), problem };
}

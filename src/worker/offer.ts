/** What a worker offers, and its hello: the kinds of its executors that are ready, what can be named in tasks, its labels. */
import { hostname } from "node:os";
import type { TaskKind } from "../base/words.ts";
import { type Abilities, type Hello, LINK_FEATURES, LINK_VERSION_MIN, type OfferAnew } from "../protocol/link.ts";
import { LABEL_NAME } from "../base/label-form.ts";
import { labelValue } from "./describe.ts";
import type { Executor } from "./executor.ts";

/** What a server of the oldest link version knows. */
const OLD_KINDS: readonly TaskKind[] = ["shell", "http", "call"];

export interface OfferOptions {
  name: string;
  slots: number;
  /** Of Octopus. */
  version: string;
  /** In thousandths. */
  resources?: Readonly<Record<string, number>>;
  /** By resource the names of its units, where these are told apart. */
  units?: Readonly<Record<string, readonly string[]>>;
  /** The only arms whose tasks it takes. */
  arms?: readonly string[] | undefined;
  executors: readonly Executor[];
  /** Names of the registered functions; read at each hello. */
  functions: () => readonly string[];
  /** What it is by its settings. These win over what executors say. */
  labels?: Readonly<Record<string, string>> | undefined;
}

export class Offer {
  readonly #options: OfferOptions;
  /** As it was told last. */
  #told = "";

  constructor(options: OfferOptions) {
    this.#options = options;
  }

  /** What is told now. `version`: of the link. */
  hello(said: Pick<Hello, "version" | "instance" | "holds">): Hello {
    this.#told = this.#text();
    const { name, slots, version, resources, units, arms } = this.#options;
    const isOld = said.version <= LINK_VERSION_MIN;
    const labels = this.#labels();
    return {
      type: "hello",
      ...said,
      ...{ name, slots, abilities: this.#abilities(isOld) },
      ...{ host: hostname(), pid: process.pid, octopus: version },
      ...(resources !== undefined && { resources }),
      ...(!isOld && {
        features: [...LINK_FEATURES],
        ...(units !== undefined && { units: units as Record<string, string[]> }),
        ...(labels !== undefined && { labels }),
        ...(arms !== undefined && { arms: [...arms] }),
      }),
    };
  }

  /** What has changed, for a connection that stands. */
  anew(): OfferAnew {
    this.#told = this.#text();
    const labels = this.#labels();
    return { type: "offer", abilities: this.#abilities(false), ...(labels !== undefined && { labels }) };
  }

  #abilities(isOld: boolean): Abilities {
    const ready = this.#options.executors.filter((executor) => executor.isReady?.() !== false);
    const kinds = ready.map(({ kind }) => kind).filter((kind) => !isOld || OLD_KINDS.includes(kind));
    const names = ready.flatMap((executor) => executor.names?.() ?? []);
    return { kinds, functions: [...this.#options.functions(), ...names] };
  }

  /** Undefined when there are none. */
  #labels(): Record<string, string> | undefined {
    const said: Record<string, string> = {};
    for (const executor of this.#options.executors) {
      for (const [name, value] of Object.entries(executor.labels?.() ?? {}))
        if (LABEL_NAME.test(name)) said[name] = labelValue(value);
    }
    const { labels } = this.#options;
    return labels === undefined && Object.keys(said).length === 0 ? undefined : { ...said, ...labels };
  }

  /** It is not what was told last. */
  get isNews(): boolean {
    return this.#text() !== this.#told;
  }

  #text(): string {
    return JSON.stringify([this.#abilities(false), this.#labels()]);
  }
}

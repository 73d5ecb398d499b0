/** Everything that the servers of a cluster share, on NATS. */
import { setTimeout as delay } from "node:timers/promises";
import { OctopusError } from "../../base/errors.ts";
import { DEFAULT_NAMESPACE } from "../../protocol/namespace-name.ts";
import { addressesOf, connectTo } from "../../nats/connect.ts";
import type { BackendView, ClusterBackend, Leadership, ShardBackend } from "../ports.ts";
import { NatsBus } from "./bus.ts";
import { durabilityWords, monitorOf, syncOf } from "./durability.ts";
import { NatsLink } from "./link.ts";
import { NatsLog } from "./log.ts";
import { NatsObjects } from "./objects.ts";
import { checkVersion, ensureBuckets, jetStreamReady, mayPeersCome, refuseSecond, versionWarnings } from "./opening.ts";
import { NatsOutput } from "./output.ts";
import { NatsSeat } from "./seat.ts";
import { seatSubject, watchSeats } from "./seats.ts";
import { type NatsClusterSettings, NatsNames } from "./settings.ts";
import { deleteStream, ensureStream } from "./streams.ts";
import { NatsValues } from "./values.ts";

const CONNECT_MS_MAX = 30_000;
const OUTPUT_BYTES_MAX = 1024 * 1024 * 1024;
/** NATS sets aside what a stream may take, whether or not it does: with many shards that is most of a disk. */
const OUTPUT_BYTES_OF_OTHERS = 64 * 1024 * 1024;
const OUTPUT_AGE_MS_MAX = 24 * 3_600_000;
const AGAIN_MS = 250;
/** How long servers of NATS are waited for that its others miss. */
const PEERS_MS_MAX = 60_000;
/** The same, where it is not known that there are so many. */
const AUTO_MS = 10_000;
const NANOS = 1_000_000;
/** A put that was given up leaves chunks; one that still goes on has younger ones. */
const SWEEP_AGE_MS = 3_600_000;

/** Connects, and makes what is not there yet. Throws an OctopusError that says what is missing or wrong. */
export async function connectNats(settings: NatsClusterSettings): Promise<NatsBackend> {
  const names = new NatsNames(settings.cluster);
  const withinMs = settings.connectWithinMs ?? CONNECT_MS_MAX;
  const deadline = performance.now() + withinMs;
  const name = `octopus ${settings.cluster} ${settings.server}`;
  const connection = await connectTo(settings, name, { withinMs, say: (words) => settings.say?.("warn", words) });
  const link = new NatsLink(connection, settings.say ?? (() => {}));
  try {
    checkVersion(connection.info?.version ?? "", settings);
    await jetStreamReady(link, deadline);
    await refuseSecond(link, names, settings, deadline);
    const warnings = new Set<string>();
    const warn = (words: string): void => void warnings.add(words);
    const many = { warn, patientUntil: performance.now() + AUTO_MS };
    const replicas = await answered(link, settings, () => ensureBuckets(link, names, settings.replicas, many));
    return new NatsBackend(link, names, { ...settings, replicas }, warnings);
  } catch (error) {
    await link.close();
    throw error;
  }
}

/** Nothing was refused. */
const isSilent = (error: unknown): boolean =>
  error instanceof OctopusError && error.retryable && error.code === "unreachable";

/** While NATS elects, an answer may not come, and while its servers begin, there may be too few of them: it is asked again. */
async function answered<T>(
  link: NatsLink,
  { connectWithinMs, say }: NatsClusterSettings,
  ask: () => Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  let isTold = false;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const isTooFew = mayPeersCome(link, error);
      const withinMs = connectWithinMs ?? (isTooFew ? PEERS_MS_MAX : CONNECT_MS_MAX);
      const mayCome = (isTooFew || isSilent(error)) && performance.now() - startedAt < withinMs;
      if (!mayCome) throw error;
      if (isTooFew && !isTold)
        say?.("warn", `${(error as Error).message}. They are waited for, ${withinMs / 1000} s at most`);
      isTold ||= isTooFew;
      await delay(AGAIN_MS);
    }
  }
}

export class NatsBackend implements ClusterBackend {
  readonly server: string;
  readonly link: NatsLink;
  readonly bus: NatsBus;
  readonly objects: NatsObjects;
  readonly values: NatsValues;
  readonly #names: NatsNames;
  readonly #settings: NatsClusterSettings & { replicas: number };
  readonly #warnings: Set<string>;
  readonly #shards = new Map<string, Promise<ShardBackend>>();
  readonly #closing = new AbortController();

  constructor(
    link: NatsLink,
    names: NatsNames,
    settings: NatsClusterSettings & { replicas: number },
    warnings: Set<string>,
  ) {
    this.link = link;
    this.server = settings.server;
    this.#names = names;
    this.#settings = settings;
    this.#warnings = warnings;
    this.bus = new NatsBus(link, names, settings.server);
    this.values = new NatsValues(link, names);
    this.objects = new NatsObjects(link, names, this.#closing.signal);
    this.objects.sweep(SWEEP_AGE_MS).catch(() => {});
  }

  shard(name: string): Promise<ShardBackend> {
    let shard = this.#shards.get(name);
    if (shard === undefined) {
      shard = this.#open(name);
      this.#shards.set(name, shard);
      // Another call tries again.
      shard.catch(() => this.#shards.delete(name));
    }
    return shard;
  }

  watchSeats(listener: (shard: string, leadership: Leadership) => void): () => void {
    return watchSeats(this.link, this.#names, listener);
  }

  /** The log last: while it is there, the removal can be done again. */
  async removeShard(name: string): Promise<void> {
    this.#shards.delete(name);
    await deleteStream(this.link, this.#names.outputStream(name));
    await this.link.store(seatSubject(this.#names, name), new Uint8Array(), {
      "KV-Operation": "PURGE",
      "Nats-Rollup": "sub",
    });
    await deleteStream(this.link, this.#names.logStream(name));
  }

  async view(): Promise<BackendView> {
    const { info } = this.link.connection;
    const version = info?.version ?? "not connected";
    const { monitor } = this.#settings;
    const servers = this.link.connection.getServers().map(({ listen }) => listen);
    const sync = await syncOf(monitor === undefined ? servers.map(monitorOf) : [monitor]);
    const { durability, warnings } = durabilityWords(this.#settings.replicas, sync);
    return {
      kind: "nats",
      address: addressesOf(this.#settings),
      version,
      durability,
      warnings: [...versionWarnings(version), ...warnings, ...this.#warnings],
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.bus.close();
    await this.link.close();
  }

  #open(name: string): Promise<ShardBackend> {
    return answered(this.link, this.#settings, () => this.#openNow(name));
  }

  async #openNow(name: string): Promise<ShardBackend> {
    const usual = name === DEFAULT_NAMESPACE ? OUTPUT_BYTES_MAX : OUTPUT_BYTES_OF_OTHERS;
    const { replicas, outputBytesMax = usual, outputAgeMsMax = OUTPUT_AGE_MS_MAX } = this.#settings;
    const warn = (words: string): void => void this.#warnings.add(words);
    const log = { name: this.#names.logStream(name), subjects: [this.#names.logSubject(name)] };
    const output = { name: this.#names.outputStream(name), subjects: [this.#names.outputSubject(name)] };
    const bounds = { discard: "old", max_bytes: outputBytesMax, max_age: outputAgeMsMax * NANOS };
    const logInfo = await ensureStream(
      this.link,
      { config: { ...log, num_replicas: replicas, deny_delete: true }, keeps: "all" },
      warn,
    );
    const outputInfo = await ensureStream(
      this.link,
      { config: { ...output, ...bounds, num_replicas: replicas }, keeps: "some" },
      warn,
    );
    const say = (words: string): void => this.#settings.say?.("warn", words);
    return {
      log: new NatsLog(this.link, logInfo),
      seat: new NatsSeat(this.link, this.#names.kvStream, seatSubject(this.#names, name)),
      output: new NatsOutput(this.link, outputInfo, say),
    };
  }
}

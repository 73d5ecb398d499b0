/** What a server, or a worker, is to whoever started it. */
import type { Engine } from "../engine/engine.ts";
import type { FirstTokens, OpenServer } from "./server-access.ts";

/** Something that has started and stays until it is stopped. */
export interface Running {
  /** Where the server answers; absent for a worker alone. */
  url?: string;
  /** Of the certificate authority of a server that speaks TLS. */
  fingerprint?: string;
  /** Where others reach the server. */
  urls?: readonly string[];
  /** At the first start of a server that asks for tokens: the only time that they are shown. */
  first?: FirstTokens;
  /** Stops with the graces that the settings give. */
  stop(): Promise<void>;
  /** Resolves when it has stopped; rejects when it cannot go on. */
  done: Promise<void>;
}

export interface RunningServer extends Running, OpenServer {
  url: string;
  fresh: boolean;
  engine: Engine;
}

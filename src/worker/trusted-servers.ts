/** The servers that somebody on this machine has trusted, kept in the worker's state folder. */
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "./make-folder.ts";

export interface TrustedServer {
  /** SHA-256 of its certificate authority in hex; null: it spoke plain HTTP, and was trusted as that. */
  fingerprint: string | null;
  /** Where it was met last. */
  urls: string[];
  cluster?: string;
  name?: string;
}

const SERVERS_MAX = 50;

export class TrustedServers {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The newest first; none when there is no file, or not one that can be read. */
  list(): TrustedServer[] {
    try {
      const found: unknown = JSON.parse(readFileSync(this.#file, "utf8"));
      return Array.isArray(found) ? (found as TrustedServer[]).filter(isSound) : [];
    } catch {
      return [];
    }
  }

  /** One with this fingerprint, or that was met at one of these addresses. */
  find({
    fingerprint,
    cluster,
    urls,
  }: Pick<TrustedServer, "fingerprint" | "cluster" | "urls">): TrustedServer | undefined {
    return this.list().find((server) => {
      if (fingerprint !== null) return server.fingerprint === fingerprint;
      if (server.fingerprint !== null) return false;
      return cluster === undefined ? server.urls.some((url) => urls.includes(url)) : server.cluster === cluster;
    });
  }

  /** The one that was met at this address. */
  at(url: string): TrustedServer | undefined {
    return this.list().find(({ urls }) => urls.includes(url));
  }

  remember(server: TrustedServer): void {
    const others = this.list().filter(
      ({ fingerprint, urls }) =>
        fingerprint !== server.fingerprint || (fingerprint === null && !urls.some((url) => server.urls.includes(url))),
    );
    makeFolder(this.#dir);
    const draft = `${this.#file}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify([server, ...others].slice(0, SERVERS_MAX), null, 2)}\n`, { mode: 0o600 });
    renameSync(draft, this.#file);
  }

  get #file(): string {
    return join(this.#dir, "servers.json");
  }
}

function isSound(server: TrustedServer): boolean {
  const { fingerprint, urls } = server;
  const isFingerprint = fingerprint === null || (typeof fingerprint === "string" && /^[0-9a-f]{64}$/.test(fingerprint));
  return isFingerprint && Array.isArray(urls) && urls.every((url) => typeof url === "string");
}

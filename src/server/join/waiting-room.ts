/**
 * Workers with a key that nobody has approved yet, and those whom somebody has turned away. In memory: whoever still wants
 * to come asks again every few seconds.
 *
 * WR1  It is bounded, in all and for one address (of IPv6: one network): whoever asks under a thousand names pushes nobody
 *      else out.
 */
import { OctopusError } from "../../base/errors.ts";
import type { AccessApi } from "../../engine/fleet-api.ts";
import { show } from "../../protocol/parse.ts";
import type { WaitingWorkerView } from "../../protocol/worker-views.ts";
import { sourceOf } from "../access/address.ts";
import { KEY, keyFingerprint, namesKey } from "./challenge.ts";

const WAITING_MAX = 100;
const OF_ADDRESS_MAX = 20;
const WAIT_MS_MAX = 3_600_000;
const DENIED_MAX = 1000;

interface Asker {
  name: string;
  key: string;
  address: string;
  host: string | undefined;
  firstSeenAt: number;
  lastSeenAt: number;
}

export class WaitingRoom {
  readonly #access: AccessApi;
  readonly #now: () => number;
  /** By name and key; the one that asked last stands last. */
  readonly #waiting = new Map<string, Asker>();
  /** Names and keys that a person has denied, and until when. */
  readonly #denied = new Map<string, number>();

  constructor(access: AccessApi, now: () => number) {
    this.#access = access;
    this.#now = now;
  }

  /** Somebody asks who may not come in yet. False: there is no room for more of this address. */
  ask(name: string, key: string, address: string, host: string | undefined): boolean {
    this.#sweep();
    const id = idOf(name, key);
    const now = this.#now();
    const known = this.#waiting.get(id);
    if (known === undefined) {
      const same = [...this.#waiting].filter(([, asker]) => sourceOf(asker.address) === sourceOf(address));
      if (same.length >= OF_ADDRESS_MAX) return false;
      const [oldest] = this.#waiting.keys();
      if (this.#waiting.size >= WAITING_MAX) this.#waiting.delete(oldest!);
    }
    this.#waiting.delete(id);
    this.#waiting.set(id, { name, key, address, host, firstSeenAt: known?.firstSeenAt ?? now, lastSeenAt: now });
    return true;
  }

  isDenied(name: string, key: string): boolean {
    const until = this.#denied.get(idOf(name, key));
    return until !== undefined && until > this.#now();
  }

  list(): WaitingWorkerView[] {
    this.#sweep();
    return [...this.#waiting.values()]
      .toSorted((a, b) => a.firstSeenAt - b.firstSeenAt)
      .map(({ name, key, address, host, firstSeenAt, lastSeenAt }) => ({
        ...{ name, key, address, fingerprint: keyFingerprint(key) },
        ...(host !== undefined && { host }),
        firstSeenAt: new Date(firstSeenAt).toISOString(),
        lastSeenAt: new Date(lastSeenAt).toISOString(),
        ...(this.#conflicts(name, key) && { conflict: true }),
      }));
  }

  /** Lets whoever holds the key be a worker of this name; `word` says which key, where that is not plain. */
  async approve(name: string, word: string | undefined, by: string): Promise<string> {
    this.#sweep();
    const key = this.#keyOf(name, word);
    await this.#access.trustKey(name, key, by);
    this.#waiting.delete(idOf(name, key));
    this.#denied.delete(idOf(name, key));
    return key;
  }

  /** Turns away who waits under this name, and takes the right from keys that were approved for it. */
  async deny(name: string, word: string | undefined): Promise<string[]> {
    this.#sweep();
    const isMeant = (key: string): boolean => word === undefined || namesKey(word, key);
    const asking = this.#askers(name).filter(({ key }) => isMeant(key));
    const trusted = [...this.#access.keys(name).keys()].filter(isMeant);
    if (asking.length + trusted.length === 0) throw nobody(name, word, this.#names());
    for (const key of trusted) await this.#access.untrustKey(name, key);
    const keys = [...new Set([...asking.map(({ key }) => key), ...trusted])];
    for (const key of keys) {
      this.#waiting.delete(idOf(name, key));
      if (this.#denied.size >= DENIED_MAX) this.#denied.delete(this.#denied.keys().next().value!);
      this.#denied.set(idOf(name, key), this.#now() + WAIT_MS_MAX);
    }
    return keys;
  }

  #keyOf(name: string, word: string | undefined): string {
    const asking = this.#askers(name);
    if (word === undefined) {
      const [only] = asking;
      if (only === undefined) throw nobody(name, word, this.#names());
      const shown = asking.map(({ key, address }) => `${keyFingerprint(key)} (from ${address})`).join(", ");
      if (asking.length > 1)
        throw new OctopusError(
          "conflict",
          `${asking.length} keys ask for the name ${name}: ${shown}; say which with --key`,
        );
      if (this.#conflicts(name, only.key))
        throw new OctopusError(
          "conflict",
          `worker ${name} has another key already: if it was installed anew, approve this one with --key ${shown.split(" (")[0]!.replaceAll(" ", "")}`,
        );
      return only.key;
    }
    const found = asking.find(({ key }) => namesKey(word, key))?.key ?? (KEY.test(word) ? word : undefined);
    if (found === undefined) throw nobody(name, word, this.#names());
    return found;
  }

  #askers(name: string): Asker[] {
    return [...this.#waiting.values()].filter((asker) => asker.name === name);
  }

  #names(): string[] {
    return [...new Set([...this.#waiting.values()].map(({ name }) => name))];
  }

  /** The name belongs to somebody else already. */
  #conflicts(name: string, key: string): boolean {
    const keys = this.#access.keys(name);
    return keys.size > 0 && !keys.has(key);
  }

  #sweep(): void {
    const before = this.#now() - WAIT_MS_MAX;
    for (const [id, { lastSeenAt }] of this.#waiting) if (lastSeenAt < before) this.#waiting.delete(id);
    for (const [id, until] of this.#denied) if (until <= this.#now()) this.#denied.delete(id);
  }
}

function idOf(name: string, key: string): string {
  return `${key} ${name}`;
}

function nobody(name: string, word: string | undefined, names: readonly string[]): OctopusError {
  const asks = names.length === 0 ? "nobody waits" : `those who wait: ${names.join(", ")}`;
  const which = word === undefined ? "" : ` with the key ${show(word)}`;
  return new OctopusError("not_found", `no worker ${show(name)}${which} waits to be let in; ${asks}`);
}

/** Tokens, keys of workers, the id of the data directory: what people decide of them, and what the server looks up. */
import type { Token } from "../core/access/access.ts";
import type { TokenDefinition } from "../core/access/events.ts";
import type { Command } from "../core/command.ts";
import type { AccessApi } from "./fleet-api.ts";
import type { TaskSpec } from "../protocol/task.ts";
import { rejected } from "./refusals.ts";
import { armFor } from "./routing.ts";
import type { Turns } from "./turns.ts";

const NO_KEYS: ReadonlyMap<string, number> = new Map();

export class AccessPeople implements AccessApi {
  readonly #turns: Turns;

  constructor(turns: Turns) {
    this.#turns = turns;
  }

  cluster(): string {
    return this.#turns.state.access.cluster;
  }

  /** Gives the data directory its id, at the first start. */
  async found(cluster: string): Promise<void> {
    if (this.cluster() === "") await this.#ask({ type: "FoundCluster", cluster });
  }

  createToken(token: TokenDefinition): Promise<void> {
    return this.#ask({ type: "CreateToken", ...token });
  }

  revokeToken(token: string): Promise<void> {
    return this.#ask({ type: "RevokeToken", token });
  }

  token(id: string): Token | undefined {
    return this.#turns.state.access.tokens.get(id);
  }

  tokens(): Token[] {
    return [...this.#turns.state.access.tokens.values()];
  }

  trustKey(worker: string, key: string, by: string): Promise<void> {
    return this.#ask({ type: "TrustKey", worker, key, by });
  }

  untrustKey(worker: string, key?: string): Promise<void> {
    return this.#ask({ type: "UntrustKey", worker, key });
  }

  keys(worker: string): ReadonlyMap<string, number> {
    return this.#turns.state.access.keys.get(worker) ?? NO_KEYS;
  }

  armOf(spec: Pick<TaskSpec, "arm" | "type">): string {
    return armFor(this.#turns.state, spec, "task").name;
  }

  async #ask(command: Command): Promise<void> {
    const reply = await this.#turns.ask(() => command);
    if (!reply.ok) throw rejected(reply.rejection);
  }
}

/**
 * Which servers hold a replica of which shard, and which of them is to lead it. Pure: every server that sees the same lists
 * comes to the same answer, so nobody has to agree on it; where two see different lists for a while, both are allowed to be
 * right, because what is written does not rest on who holds it.
 *
 * SP1  Every shard has `copies` hosts, or as many as there are servers; `default` has all.
 * SP2  Servers differ by one at most in how many shards they host (`default` aside), and in how many they are to lead.
 * SP3  Few move when a server joins or leaves: who is first for a shard is drawn by a hash of both names, which nothing else
 *      changes; the evening out takes what is left.
 */
import { hashText } from "../base/hash.ts";
import { DEFAULT_NAMESPACE } from "../protocol/namespace-name.ts";

export interface Place {
  readonly leader: string;
  /** The leader among them, in the order in which they are to lead. */
  readonly hosts: readonly string[];
}

/** Empty without servers. */
export function spread(
  shards: readonly string[],
  servers: readonly string[],
  copies: number,
): ReadonlyMap<string, Place> {
  const names = [...new Set(servers)].toSorted();
  if (names.length === 0) return new Map();
  const all = names.map((_, index) => index);
  const rows = [...new Set(shards)].toSorted();
  const demand = Math.min(Math.max(1, copies), names.length);
  const ranks = rows.map((shard) => names.map((name) => numberOf(`${name}/${shard}`)));
  const hosts = rows.map((shard) => (shard === DEFAULT_NAMESPACE ? new Set(all) : undefined));
  const shared = rows.flatMap((_, row) => (hosts[row] === undefined ? [row] : []));
  const hosted = even(
    shared.map((row) => ({ allowed: all, demand, ranks: ranks[row]! })),
    names.length,
  );
  for (const [index, row] of shared.entries()) hosts[row] = hosted[index]!;
  const leaders = even(
    rows.map((_, row) => ({ allowed: [...hosts[row]!], demand: 1, ranks: ranks[row]! })),
    names.length,
  );
  return new Map(
    rows.map((shard, row) => {
      const [leader] = leaders[row]!;
      const rank = (server: number): number => (server === leader ? -1 : ranks[row]![server]!);
      const order = [...hosts[row]!].sort((a, b) => rank(a) - rank(b)).map((server) => names[server]!);
      return [shard, { leader: order[0]!, hosts: order }];
    }),
  );
}

function numberOf(text: string): number {
  return Number.parseInt(hashText(text).slice(0, 13), 16);
}

interface Row {
  /** Servers that it may be at. */
  readonly allowed: readonly number[];
  /** At so many of them. */
  readonly demand: number;
  /** By server: the smallest is the first choice. */
  readonly ranks: readonly number[];
}

/** Servers of each row, so that loads differ by one at most; that such an answer exists is for the caller to know. */
function even(rows: readonly Row[], servers: number): Set<number>[] {
  const total = rows.reduce((sum, { demand }) => sum + demand, 0);
  const low = Math.floor(total / servers);
  const table = new Table(rows, servers);
  const pairs = rows
    .flatMap(({ allowed, ranks }, row) => allowed.map((server) => ({ row, server, rank: ranks[server]! })))
    .sort((a, b) => a.rank - b.rank);
  let extra = total - low * servers;
  for (const most of [low, low + 1]) {
    for (const { row, server } of pairs) {
      if (!table.lacks(row) || table.loads[server]! >= most || table.held[row]!.has(server)) continue;
      if (most > low && extra-- <= 0) break;
      table.add(row, server);
    }
  }
  for (const row of rows.keys()) while (table.lacks(row) && table.place(row, low + 1)) continue;
  while (table.evenOut()) continue;
  return table.held;
}

class Table {
  readonly held: Set<number>[];
  readonly loads: number[];
  readonly #rows: readonly Row[];
  /** By server the rows that it holds. */
  readonly #at: Set<number>[];

  constructor(rows: readonly Row[], servers: number) {
    this.#rows = rows;
    this.held = rows.map(() => new Set());
    this.loads = Array.from({ length: servers }, () => 0);
    this.#at = this.loads.map(() => new Set());
  }

  lacks(row: number): boolean {
    return this.held[row]!.size < this.#rows[row]!.demand;
  }

  add(row: number, server: number): void {
    this.held[row]!.add(server);
    this.#at[server]!.add(row);
    this.loads[server]!++;
  }

  /** Finds the row one more place, by moving others where it must. */
  place(row: number, most: number): boolean {
    const starts = this.#rows[row]!.allowed.filter((server) => !this.held[row]!.has(server));
    const end = this.#walk(starts, (server) => this.loads[server]! < most);
    if (end === undefined) return false;
    this.add(row, end);
    return true;
  }

  /** Moves one from a server that has two more than another to that one, by way of others where it must. */
  evenOut(): boolean {
    const least = Math.min(...this.loads);
    const most = Math.max(...this.loads);
    if (most - least < 2) return false;
    const from = this.loads.indexOf(most);
    return this.#walk([from], (server) => this.loads[server]! <= most - 2, true) !== undefined;
  }

  /**
   * Looks from the first servers along rows that could be elsewhere for one where `isEnd` holds, and makes those moves; the
   * answer is the first server of the way, which has room for one now. `moves`: the first is to lose one.
   */
  #walk(starts: readonly number[], isEnd: (server: number) => boolean, moves = false): number | undefined {
    const cameFrom = new Map<number, { server: number; row: number } | undefined>(
      starts.map((server) => [server, undefined]),
    );
    for (const server of cameFrom.keys()) {
      if (isEnd(server) && !(moves && starts.includes(server))) return this.#shift(server, cameFrom);
      for (const row of this.#at[server]!) {
        for (const next of this.#rows[row]!.allowed)
          if (!cameFrom.has(next) && !this.held[row]!.has(next)) cameFrom.set(next, { server, row });
      }
    }
    return undefined;
  }

  #shift(end: number, cameFrom: ReadonlyMap<number, { server: number; row: number } | undefined>): number {
    for (let to = end; ;) {
      const step = cameFrom.get(to);
      if (step === undefined) return to;
      const { server, row } = step;
      this.held[row]!.delete(server);
      this.#at[server]!.delete(row);
      this.loads[server]!--;
      this.add(row, to);
      to = server;
    }
  }
}

/**
 * What every transport of the worker link owes both its ends, as tests that each one runs against itself: messages arrive
 * whole and in order, in both directions; an end is told once, after what was sent before it; then nothing more comes.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { type FromWorker, LINK_VERSION, type ToWorker } from "../../src/protocol/link.ts";
import type { Link } from "../../src/worker/agent.ts";

/** What arrived at one end, in order. */
export interface ServerEnd {
  received: FromWorker[];
  closed: number;
  send(messages: ToWorker[]): void;
  close(): void;
}

/** What a transport calls on the worker's side, recorded. */
export class WorkerEnd {
  readonly received: ToWorker[] = [];
  readonly links: Link[] = [];
  disconnects = 0;

  connected(link: Link): void {
    this.links.push(link);
    link.send([hello()]);
  }

  disconnected(): void {
    this.disconnects++;
  }

  receive(messages: readonly ToWorker[]): void {
    this.received.push(...messages);
  }
}

export interface LinkUnderTest {
  worker: WorkerEnd;
  /** Ends that the server has opened so far. */
  servers(): ServerEnd[];
  /** Lets time pass until `condition` holds. */
  until(condition: () => boolean): Promise<void>;
  /** True when the transport makes a connection again that the server ended. */
  comesBack: boolean;
  dispose(): Promise<void>;
}

function hello(): FromWorker {
  return {
    ...{
      type: "hello",
      version: LINK_VERSION,
      name: "w",
      instance: "1",
      slots: 1,
      holds: [],
      host: "h",
      pid: 1,
      octopus: "test",
    },
    abilities: { kinds: ["shell"], functions: [] },
  };
}

/** Of many sizes, with text that takes several bytes a letter. */
function chunk(n: number): FromWorker {
  const text = `${n} ☃ `.repeat(n % 50 === 0 ? 20_000 : n % 7);
  return { type: "log", chunks: [{ task: n + 1, attempt: 1, stream: "stdout", at: n, text }] };
}

function ack(n: number): ToWorker {
  return n % 50 === 0 ? { type: "refuse", reason: `${n} ☃ `.repeat(20_000), retryable: true } : { type: "ack", n };
}

export function testLink(name: string, open: () => Promise<LinkUnderTest>): void {
  describe(`link: ${name}`, () => {
    const withLink = (what: string, run: (link: LinkUnderTest, server: ServerEnd) => Promise<void>): void => {
      test(what, async () => {
        const link = await open();
        try {
          await link.until(() => (link.servers()[0]?.received.length ?? 0) > 0);
          await run(link, link.servers()[0]!);
        } finally {
          await link.dispose();
        }
      });
    };
    const numbers = Array.from({ length: 200 }, (_, n) => n);

    withLink("messages arrive whole and in order, in both directions at once", async ({ worker, until }, server) => {
      for (const n of numbers) {
        worker.links[0]!.send(n % 3 === 0 ? [chunk(n), chunk(n)] : [chunk(n)]);
        server.send([ack(n)]);
        if (n % 40 === 0) await until(() => worker.received.length > 0);
      }
      const up = [hello(), ...numbers.flatMap((n) => (n % 3 === 0 ? [chunk(n), chunk(n)] : [chunk(n)]))];
      await until(() => server.received.length >= up.length && worker.received.length >= numbers.length);
      assert.deepEqual(server.received, up);
      assert.deepEqual(worker.received, numbers.map(ack));
      assert.deepEqual([server.closed, worker.disconnects], [0, 0]);
    });

    withLink(
      "what the server sent before it closed arrives, and then both ends are told once",
      async (link, server) => {
        const { worker, until } = link;
        server.send([ack(1), ack(50)]);
        server.close();
        await until(() => worker.disconnects > 0 && server.closed > 0);
        assert.deepEqual(worker.received, [ack(1), ack(50)]);
        worker.links[0]!.send([chunk(1)]);
        if (link.comesBack) await until(() => link.servers().length === 2 && link.servers()[1]!.received.length > 0);
        assert.deepEqual([server.closed, worker.disconnects], [1, 1]);
        assert.deepEqual(server.received, [hello()]);
      },
    );

    withLink("what the worker sent before it closed arrives, and it does not come back", async (link, server) => {
      const { worker, until } = link;
      worker.links[0]!.send([chunk(1), chunk(50)]);
      worker.links[0]!.close();
      await until(() => server.closed > 0);
      assert.deepEqual(server.received, [hello(), chunk(1), chunk(50)]);
      server.send([ack(1)]);
      await until(() => worker.disconnects > 0);
      assert.deepEqual(worker.received, []);
      assert.equal(link.servers().length, 1);
    });
  });
}

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Channel } from "./channel.ts";

interface Message {
  kind: string;
  data: Uint8Array;
  header: string;
}

/** Two ends, with what is on its way between them in the order in which it was published. */
function pair(payloadMax = 4096) {
  const got: [kind: string, text: string, isPacked: boolean][] = [];
  const broken: string[] = [];
  const wires: [Message[], Message[]] = [[], []];
  const end = (own: Message[]): Channel =>
    new Channel(
      {
        publish: (kind, data, header) => void own.push({ kind, data: Uint8Array.from(data), header }),
        frame: (kind, data, isPacked) => void got.push([kind, data.toString(), isPacked]),
        broken: (problem) => void broken.push(problem),
      },
      payloadMax,
    );
  const [a, b] = [end(wires[0]), end(wires[1])];
  const pass = (from: Message[], to: Channel): void => {
    for (const { kind, header, data } of from.splice(0)) to.take(kind, header, data);
  };
  return {
    ...{ a, b, wires, got, broken },
    settle() {
      while (wires[0].length + wires[1].length > 0) {
        pass(wires[0], b);
        pass(wires[1], a);
      }
    },
  };
}

test("frames of any size arrive whole, in order, and are known to have arrived", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.string(), fc.nat(20_000), fc.boolean()), { maxLength: 20 }), (frames) => {
      const { a, settle, got, broken } = pair();
      const texts = frames.map(([text, bytes, isPacked]) => ["result", text.padEnd(bytes, "☃"), isPacked] as const);
      for (const [kind, text, isPacked] of texts) a.send(kind, text, isPacked);
      let isConfirmed = false;
      a.confirm(() => (isConfirmed = true));
      settle();
      assert.deepEqual([got, broken, isConfirmed, a.waiting], [texts, [], true, 0]);
    }),
  );
});

test("whichever message is lost, what came before it is heard, and nothing after it", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 30 }), fc.nat(), (count, draw) => {
      const { a, b, wires, got, broken } = pair();
      for (let n = 0; n < count; n++) a.send("output", String(n));
      const lost = draw % (count - 1);
      wires[0].splice(lost, 1);
      for (const { kind, header, data } of wires[0]) b.take(kind, header, data);
      assert.deepEqual(
        got.map(([, text]) => Number(text)),
        Array.from({ length: lost }, (_, n) => n),
      );
      assert.equal(broken.length, 1);
      b.send("ack", "1");
      assert.equal(wires[1].length, 0);
    }),
  );
});

test("a lost message is found by the answer to the next ping, also when nothing else follows", () => {
  const { a, b, wires, broken, settle } = pair();
  b.send("assign", "work");
  wires[1].length = 0;
  a.ping();
  settle();
  assert.match(broken[0]!, /message 2 came after message 0/);
});

test("what no other end says ends it: numbers again, more seen than sent, a frame without end", () => {
  for (const headers of [["1 0 -", "1 0 -"], ["1 9 -"], ["x"], [""], ["1 0 -x"], ["-1 0 -"]]) {
    const { b, broken } = pair();
    for (const header of headers) b.take("result", header, Buffer.from("x"));
    assert.equal(broken.length, 1, headers.join(", "));
  }
  const { b, broken } = pair();
  b.bytesMax = 10_000;
  for (let n = 1; n <= 20; n++) b.take("result", `${n} 0 m`, Buffer.alloc(1000));
  assert.match(broken[0]!, /more than 10000 bytes/);
});

/** What terminals send, cut in every way that a slow line may cut it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createKeys, type Input } from "./keys.ts";

function read(...pieces: string[]): Input[] {
  const keys = createKeys();
  return [...pieces.flatMap((piece) => keys.feed(piece)), ...keys.flush()];
}

const names = (inputs: readonly Input[]): string[] => inputs.map((one) => (one.type === "key" ? one.key : one.type));

test("keys have their names, however they are sent", () => {
  const cases: [string, string[]][] = [
    ["jG/", ["j", "G", "/"]],
    ["\r\t\u007f ", ["enter", "tab", "backspace", "space"]],
    ["\u0003\u001a\u000c", ["ctrl+c", "ctrl+z", "ctrl+l"]],
    ["\u001b[A\u001b[B\u001bOC\u001bOD", ["up", "down", "right", "left"]],
    ["\u001b[5~\u001b[6~\u001b[H\u001b[F\u001b[1~\u001b[4~", ["pageup", "pagedown", "home", "end", "home", "end"]],
    ["\u001b[Z\u001b[1;5A\u001b[1;2B", ["shift+tab", "ctrl+up", "shift+down"]],
    ["\u001b[113u\u001b[27u", ["q", "escape"]],
    ["\u001b", ["escape"]],
    ["\u001b\u001b[A", ["escape", "up"]],
    ["\u001bx", ["alt+x"]],
    ["日👍", ["日", "👍"]],
    ["\u001b[99;99X\u001b[?1;2c\u001b[Ij", ["j"]],
  ];
  for (const [sent, expected] of cases) assert.deepEqual(names(read(sent)), expected, JSON.stringify(sent));
});

test("clicks, wheels, pastes and the colour of the background are told from keys", () => {
  assert.deepEqual(read("\u001b[<0;5;3M\u001b[<0;5;3m\u001b[<64;1;1M\u001b[<65;1;1M"), [
    { type: "mouse", action: "press", column: 4, row: 2 },
    { type: "mouse", action: "release", column: 4, row: 2 },
    { type: "mouse", action: "up", column: 0, row: 0 },
    { type: "mouse", action: "down", column: 0, row: 0 },
  ]);
  assert.deepEqual(read("\u001b[<2;5;3M"), [], "the other buttons are the terminal's");
  assert.deepEqual(read("\u001b[200~state:failed\nq\u001b[201~q"), [
    { type: "paste", text: "state:failed\nq" },
    { type: "key", key: "q", text: "q" },
  ]);
  assert.deepEqual(read("\u001b]11;rgb:ffff/ffff/ffff\u001b\\"), [{ type: "background", light: true }]);
  assert.deepEqual(read("\u001b]11;rgb:1a/1b/26\u0007"), [{ type: "background", light: false }]);
});

test("what is cut anywhere is read as what came in one piece, and nothing is waited for for ever", () => {
  const sent = fc.constantFrom(
    ...[
      "j",
      "\u001b[A",
      "\u001b[<0;12;7M",
      "\u001b[200~text\u001b[201~",
      "\u001b]11;rgb:00/00/00\u0007",
      "日",
      "\u001bOB",
    ],
  );
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 8 }), fc.array(fc.nat(60)), (parts, cuts) => {
      const whole = parts.join("");
      const places = [...new Set(cuts.map((cut) => cut % (whole.length + 1)))].toSorted((a, b) => a - b);
      const pieces = [0, ...places].map((from, i) => whole.slice(from, places[i] ?? whole.length));
      assert.deepEqual(read(...pieces), read(whole));
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 600 }), (noise) => {
      const keys = createKeys();
      keys.feed(noise.replaceAll("\u001b[200~", ""));
      keys.flush();
      assert.deepEqual(names(keys.feed("j")).at(-1), "j");
    }),
  );
});

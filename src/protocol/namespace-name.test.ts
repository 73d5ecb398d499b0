/** What may name a namespace. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_NAMESPACE, namespaceNameFault, namespaceShapeFault } from "./namespace-name.ts";

test("plain small names can be used", () => {
  for (const name of ["a", "7", "team-a", "a-b-c", "x".repeat(40), "default-2", "console"])
    assert.equal(namespaceNameFault(name), undefined, name);
});

test("what would be read as something else cannot, and the reason is said", () => {
  const refused = [
    "",
    "A",
    "Team",
    "-a",
    "a-",
    "a_b",
    "a.b",
    "a/b",
    "..",
    ".deleted",
    "é",
    "a b",
    "x".repeat(41),
    "a--2",
  ];
  for (const name of [...refused, "bus", "tunnel", "ns", "api", "con", "nul", "com1", "lpt9"])
    assert.ok(namespaceNameFault(name), name);
  assert.match(namespaceNameFault("a--2")!, /made again/);
  assert.match(namespaceNameFault("x".repeat(41))!, /41 characters, and 40/);
});

test("the one that is always there cannot be made, and is a name all the same", () => {
  assert.match(namespaceNameFault(DEFAULT_NAMESPACE)!, /always there/);
  assert.equal(namespaceShapeFault(DEFAULT_NAMESPACE), undefined);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { layerLayout, type Place } from "./layer-layout.ts";
import type { GraphNode, RunGraph } from "./run-graph.ts";

const OPTIONS = { sizeOf: () => ({ width: 100, height: 40 }), padding: { top: 30, side: 10 } };

function graph(nodes: (string | GraphNode)[], edges: string[]): RunGraph {
  const made = nodes.map((node) => (typeof node === "string" ? { id: node, kind: "task" as const } : node));
  const pairs = edges.map((edge) => {
    const [from, to] = edge.split(">");
    return { from: from!, to: to!, count: 1 };
  });
  return { nodes: made, edges: pairs, key: "", hidden: 0, groups: 0 };
}

/** Nothing stands on anything else. */
function assertApart(places: readonly Place[]): void {
  const sorted = places.toSorted((a, b) => a.x - b.x || a.y - b.y);
  sorted.forEach((one, i) => {
    for (const other of sorted.slice(i + 1)) {
      if (other.x >= one.x + one.width) break;
      const isApart = one.y + one.height <= other.y || other.y + other.height <= one.y || one.x + one.width <= other.x;
      assert.ok(isApart, `${JSON.stringify(one)} and ${JSON.stringify(other)} meet`);
    }
  });
}

test("who needs something stands at its right, and neighbours stand near each other", () => {
  const places = layerLayout(graph(["a", "b", "x", "y", "end"], ["a>y", "b>x", "x>end", "y>end"]), OPTIONS);
  const at = (id: string): Place => places.get(id)!;
  assert.ok(at("a").x < at("y").x && at("y").x < at("end").x);
  assert.ok(at("y").y < at("x").y, "y hangs on the upper one");
  assertApart([...places.values()]);
});

test("two thousand side by side are a rectangle and no tower", () => {
  const ids = Array.from({ length: 1998 }, (_, i) => `n${i}`);
  const edges = ids.flatMap((id) => [`start>${id}`, `${id}>join`]);
  const places = layerLayout(graph(["start", ...ids, "join"], edges), OPTIONS);
  assertApart([...places.values()]);
  const bottom = Math.max(...[...places.values()].map(({ y, height }) => y + height));
  const right = Math.max(...[...places.values()].map(({ x, width }) => x + width));
  assert.ok(bottom < right * 2 && right < bottom * 3, `${right} × ${bottom}`);
  assert.ok(ids.every((id) => places.get("start")!.x < places.get(id)!.x && places.get(id)!.x < places.get("join")!.x));
});

test("a box is as large as what stands in it", () => {
  const box: GraphNode = { id: "box", kind: "task", isBox: true };
  const inner = ["m0", "m1", "m2"].map((id): GraphNode => ({ id, kind: "task", parent: "box" }));
  const places = layerLayout(graph([box, ...inner, "next"], ["box>next", "m0>m1"]), OPTIONS);
  const { width, height } = places.get("box")!;
  for (const { id } of inner) {
    const place = places.get(id)!;
    assert.ok(place.x >= 10 && place.y >= 30 && place.x + 100 <= width - 10 && place.y + 40 <= height - 10, id);
  }
  assert.ok(places.get("next")!.x >= width);
  assertApart(inner.map(({ id }) => places.get(id)!));
});

test("edges that form a circle, or lead nowhere, leave nothing out", () => {
  const places = layerLayout(graph(["a", "b", "c"], ["a>b", "b>a", "c>gone"]), OPTIONS);
  assert.equal(places.size, 3);
  assert.equal(layerLayout(graph([], []), OPTIONS).size, 0);
});

/**
 * Where the nodes of a picture stand: ELK in a worker of its own, so that the page goes on while it thinks. One answer for
 * each shape; states have no part in it.
 */
import ELK, { type ElkNode } from "elkjs/lib/elk-api.js";
import workerUrl from "elkjs/lib/elk-worker.min.js?url";
import { layerLayout } from "@octopus/view/layer-layout.ts";
import type { GraphNode, RunGraph } from "@octopus/view/run-graph.ts";

export interface Spot {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Places by the ids of nodes, relative to the box that they stand in. */
export type Layout = ReadonlyMap<string, Spot>;

export const WIDTH = 208;
export const HEIGHT = 46;
/** With a bar that counts what it holds. */
const HEIGHT_WITH_BAR = 60;
/** Above what stands in a box. */
const BOX_HEAD = 46;
const BOX_SIDE = 14;
/** From so many nodes on ELK takes seconds, and minutes for some shapes. */
const LARGE = 250;
const SOON_MS = 1000;
const PATIENCE_MS = 6000;
const KEPT = 6;

/** Started with the first picture, before it is known what there is to lay out: it is large. */
let elk: InstanceType<typeof ELK> | undefined = start();
const known = new Map<string, Promise<Layout>>();

function start(): InstanceType<typeof ELK> {
  return new ELK({ workerUrl, workerFactory: (url) => new Worker(url ?? workerUrl) });
}

/** The layout of a graph; the same promise for the same shape. */
export function layoutOf(graph: RunGraph): Promise<Layout> {
  const found = known.get(graph.key);
  if (found !== undefined) return found;
  const made = graph.nodes.length > LARGE ? Promise.resolve(quickly(graph)) : carefully(graph);
  known.set(graph.key, made);
  made.catch(() => known.delete(graph.key));
  const oldest = known.keys().next().value;
  if (known.size > KEPT && oldest !== undefined) known.delete(oldest);
  return made;
}

function quickly(graph: RunGraph): Layout {
  const byId = new Map(graph.nodes.map((node) => [node.id, node]));
  const spots = layerLayout(graph, {
    sizeOf: (id) => ({ width: WIDTH, height: heightOf(byId.get(id)!) }),
    padding: { top: BOX_HEAD, side: BOX_SIDE },
  });
  putBelow(graph, spots);
  return spots;
}

/**
 * By ELK, when that is there soon; else at once by levels, and by ELK when the same shape is looked at again. A picture that
 * is there is not laid out anew under somebody's hands.
 */
async function carefully(graph: RunGraph): Promise<Layout> {
  const mine = (elk ??= start());
  const careful = mine.layout(elkGraph(graph)).then((root) => {
    const spots = new Map<string, Spot>();
    read(root, spots);
    putBelow(graph, spots);
    return spots;
  });
  const spots = await Promise.race([careful, after(SOON_MS)]);
  if (spots !== undefined) return spots;
  void Promise.race([careful, after(PATIENCE_MS)]).then(
    (late) => {
      if (late !== undefined) return void known.set(graph.key, Promise.resolve(late));
      // It would think on, and hold up the next picture.
      if (elk === mine) elk = undefined;
      mine.terminateWorker();
    },
    () => undefined,
  );
  return quickly(graph);
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, ms, undefined));
}

function elkGraph({ nodes, edges }: RunGraph): ElkNode {
  const layered: Record<string, string> = {
    "elk.algorithm": "layered",
    "elk.direction": "RIGHT",
    "elk.spacing.nodeNode": "14",
    "elk.spacing.componentComponent": "28",
    "elk.layered.spacing.nodeNodeBetweenLayers": "56",
    "elk.edgeRouting": "POLYLINE",
    "elk.layered.nodePlacement.strategy": "NETWORK_SIMPLEX",
    "elk.layered.considerModelOrder.strategy": "NODES_AND_EDGES",
    "elk.padding": "[top=0,left=0,bottom=0,right=0]",
  };
  const boxPadding = `[top=${BOX_HEAD},left=${BOX_SIDE},bottom=${BOX_SIDE},right=${BOX_SIDE}]`;
  const made = new Map<string, ElkNode & { children: ElkNode[]; edges: NonNullable<ElkNode["edges"]> }>();
  const empty = (id: string): ElkNode & { children: ElkNode[]; edges: NonNullable<ElkNode["edges"]> } => ({
    id,
    children: [],
    edges: [],
  });
  const root = { ...empty("root"), layoutOptions: layered };
  const parentOf = new Map<string, string | undefined>();
  for (const node of nodes) {
    parentOf.set(node.id, node.parent);
    const one = Object.assign(empty(node.id), node.isBox === true ? {} : { width: WIDTH, height: heightOf(node) });
    made.set(node.id, one);
    (node.parent === undefined ? root : made.get(node.parent)!).children.push(one);
  }
  edges.forEach(({ from, to }, i) => {
    const parent = parentOf.get(to);
    (parent === undefined ? root : made.get(parent)!).edges.push({ id: `e${i}`, sources: [from], targets: [to] });
  });
  for (const { id, isBox } of nodes) {
    if (isBox !== true) continue;
    const box = made.get(id)!;
    // Members stand side by side; what has an order among itself is laid out like the whole.
    const inner = box.edges.length > 0 ? layered : { "elk.algorithm": "rectpacking", "elk.spacing.nodeNode": "10" };
    box.layoutOptions = { ...inner, "elk.aspectRatio": "1.6", "elk.padding": boxPadding };
  }
  return root;
}

export function heightOf({ kind, holds }: GraphNode): number {
  if (kind === "more") return 32;
  return kind === "group" || holds === "members" ? HEIGHT_WITH_BAR : HEIGHT;
}

/** What happens at the end stands under the rest; no edge says so. */
function putBelow({ nodes }: RunGraph, spots: Map<string, Spot>): void {
  const box = spots.get("after");
  const others = nodes.flatMap(({ id, parent }) =>
    parent !== undefined || id === "after" ? [] : (spots.get(id) ?? []),
  );
  if (box === undefined || others.length === 0) return;
  const top = others.reduce((least, { y }) => Math.min(least, y), Infinity);
  const left = others.reduce((least, { x }) => Math.min(least, x), Infinity);
  for (const spot of others) {
    spot.x -= left;
    spot.y -= top;
  }
  box.x = 0;
  box.y = others.reduce((most, { y, height }) => Math.max(most, y + height), 0) + 32;
}

function read(node: ElkNode, spots: Map<string, Spot>): void {
  for (const child of node.children ?? []) {
    spots.set(child.id, {
      x: child.x ?? 0,
      y: child.y ?? 0,
      width: child.width ?? WIDTH,
      height: child.height ?? HEIGHT,
    });
    read(child, spots);
  }
}

/**
 * A run as a picture of nodes and edges. What holds others (an `each`, a run inside the run) is one node that unfolds to a
 * box, and many tasks fold into groups (`run-shape.ts`). The shape has a key that changes with the nodes alone: a picture is
 * laid out once for each, and states are looked up when it is drawn (`nodeLook`).
 */
import { isEnded, type TaskState } from "../base/words.ts";
import type { RunDetail } from "../protocol/run-views.ts";
import type { TaskView } from "../protocol/views.ts";
import { isAsked, totalOf } from "./run-words.ts";
import { fold, type ShapeTask } from "./run-shape.ts";

/** What is known of a run: what it holds inside is there as far as it was asked for. */
export interface RunParts {
  tasks: readonly TaskView[];
  /** Members by the id of their `each`, in the order of its list. */
  members?: ReadonlyMap<string, readonly TaskView[]> | undefined;
  /** Runs inside it, by their ids. */
  runs?: ReadonlyMap<string, RunDetail> | undefined;
}

export interface GraphNode {
  /** Id of its task; `g:…` for a group, `more:…` for members that were not read, `after` for what runs at the end. */
  id: string;
  kind: "task" | "group" | "more" | "after";
  /** The box that it stands in. */
  parent?: string;
  /** What a group has in common. */
  title?: string;
  /** Those of a group. */
  tasks?: readonly string[];
  /** It holds members or a run, and may unfold. */
  holds?: "members" | "run";
  /** It is a box around what it holds. */
  isBox?: true;
}

export interface GraphEdge {
  from: string;
  to: string;
  /** How many needs it stands for. */
  count: number;
}

export interface RunGraph {
  nodes: GraphNode[];
  edges: GraphEdge[];
  /** The same for two graphs of the same nodes and edges. */
  key: string;
  /** Edges that are left out, because nobody could see anything for them. */
  hidden: number;
  /** Number of groups, open or not: there is something to fold. */
  groups: number;
}

/** More nodes than this are folded. */
export const NODES_MAX = 120;
const EDGES_MAX = 6000;
/** Members that one box shows. */
export const BOX_MAX = 200;

export interface GraphOptions {
  /** Most nodes of one run before they fold; 0 = never. */
  most?: number;
  /** Ids of nodes that are unfolded. */
  open?: ReadonlySet<string>;
}

export function runGraph(parts: RunParts, { most = NODES_MAX, open = new Set() }: GraphOptions = {}): RunGraph {
  const graph: RunGraph = { nodes: [], edges: [], key: "", hidden: 0, groups: 0 };
  addRun(graph, parts, { most, open, parent: undefined });
  if (graph.edges.length > EDGES_MAX) {
    graph.hidden = graph.edges.length - EDGES_MAX;
    graph.edges.length = EDGES_MAX;
  }
  graph.key = keyOf(graph);
  return graph;
}

interface Place {
  most: number;
  open: ReadonlySet<string>;
  parent: string | undefined;
}

function addRun(graph: RunGraph, parts: RunParts, place: Place): void {
  const main = parts.tasks.filter(({ role }) => role === undefined);
  const after = parts.tasks.filter(({ role }) => role !== undefined);
  addUnits(graph, parts, main, place);
  if (after.length === 0) return;
  // What happens at the end needs nothing by name; a box of its own says so.
  const box = place.parent === undefined ? "after" : `after:${place.parent}`;
  graph.nodes.push({ id: box, kind: "after", isBox: true, ...inside(place.parent) });
  addUnits(graph, parts, after, { ...place, parent: box });
}

function addUnits(graph: RunGraph, parts: RunParts, tasks: readonly TaskView[], place: Place): void {
  const byId = new Map(tasks.map((task) => [task.id, task]));
  const units = fold(tasks, place.most === 0 ? Infinity : place.most, place.open);
  const unitOf = new Map<string, string>();
  for (const { id, tasks: ids } of units) for (const task of ids) unitOf.set(task, id);
  for (const unit of units) {
    if (unit.title === undefined) addTask(graph, parts, byId.get(unit.id)!, place);
    else {
      graph.groups += 1;
      graph.nodes.push({ id: unit.id, kind: "group", title: unit.title, tasks: unit.tasks, ...inside(place.parent) });
    }
  }
  addEdges(graph, tasks, unitOf);
}

function addEdges(graph: RunGraph, tasks: readonly ShapeTask[], unitOf: ReadonlyMap<string, string>): void {
  const known = new Map<string, GraphEdge>();
  for (const { id, needs } of tasks) {
    const to = unitOf.get(id)!;
    for (const need of needs) {
      const from = unitOf.get(need);
      if (from === undefined || from === to) continue;
      const edge = known.get(`${from} ${to}`);
      if (edge !== undefined) edge.count += 1;
      else {
        const made = { from, to, count: 1 };
        known.set(`${from} ${to}`, made);
        graph.edges.push(made);
      }
    }
  }
}

function addTask(graph: RunGraph, parts: RunParts, task: TaskView, place: Place): void {
  const holds = holdsOf(task);
  const node: GraphNode = { id: task.id, kind: "task", ...(holds && { holds }), ...inside(place.parent) };
  graph.nodes.push(node);
  if (holds === undefined || !place.open.has(task.id)) return;
  const members = parts.members?.get(task.id);
  if (members !== undefined && members.length > 0) {
    node.isBox = true;
    for (const member of members.slice(0, BOX_MAX)) addTask(graph, parts, member, { ...place, parent: task.id });
    if ((task.members?.total ?? members.length) > Math.min(BOX_MAX, members.length)) {
      graph.nodes.push({ id: `more:${task.id}`, kind: "more", parent: task.id });
    }
  }
  const run = task.subRun === undefined ? undefined : parts.runs?.get(task.subRun);
  if (run === undefined || run.tasks.length === 0) return;
  node.isBox = true;
  addRun(graph, { ...parts, tasks: run.tasks }, { ...place, parent: task.id });
}

/** What stands below a task, if anything does. */
export function holdsOf({ kind, members, subRun }: TaskView): "members" | "run" | undefined {
  if (kind === "each") return members !== undefined && members.total > 0 ? "members" : undefined;
  return subRun === undefined ? undefined : "run";
}

function inside(parent: string | undefined): { parent?: string } {
  return parent === undefined ? {} : { parent };
}

/** FNV-1a over all that has a place: two shapes of one run never differ in what it leaves out. */
function keyOf({ nodes, edges }: RunGraph): string {
  let hash = 2166136261;
  const add = (text: string): void => {
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  };
  for (const { id, parent = "", isBox, holds = "" } of nodes) add(`${id}<${parent}${isBox ? "#" : holds};`);
  for (const { from, to } of edges) add(`${from}>${to};`);
  return `${nodes.length}.${edges.length}.${(hash >>> 0).toString(36)}`;
}

type Counts = Partial<Record<TaskState, number>>;

export interface NodeLook {
  /** The state that matters most among what it stands for. */
  state: TaskState;
  /** More than one: how many are in each state. */
  counts?: Counts;
  total: number;
  /** How many of them have ended. */
  ended: number;
  /** How many wait for a person. */
  asked: number;
}

/** How a node looks now. */
export function nodeLook(node: GraphNode, taskOf: (id: string) => TaskView | undefined): NodeLook | undefined {
  if (node.kind === "group") {
    const counts: Counts = {};
    let asked = 0;
    for (const id of node.tasks ?? []) {
      const task = taskOf(id);
      if (task === undefined) continue;
      counts[task.state] = (counts[task.state] ?? 0) + 1;
      if (isAsked(task)) asked += 1;
    }
    const total = totalOf(counts);
    return total === 0 ? undefined : { state: worstOf(counts), counts, total, ended: endedIn(counts), asked };
  }
  const task = taskOf(node.id);
  if (task === undefined) return undefined;
  const asked = isAsked(task) ? 1 : 0;
  if (task.members === undefined) return { state: task.state, total: 1, ended: isEnded(task.state) ? 1 : 0, asked };
  const { total, counts } = task.members;
  return { state: task.state, counts, total, ended: endedIn(counts), asked };
}

const WORST: readonly TaskState[] = [
  ...(["failed", "expired", "running", "queued", "scheduled", "blocked"] as const),
  ...(["upstream_failed", "cancelled", "succeeded", "skipped"] as const),
];

/** The state that a group is shown in. */
export function worstOf(counts: Counts): TaskState {
  return WORST.find((state) => (counts[state] ?? 0) > 0) ?? "blocked";
}

function endedIn(counts: Counts): number {
  let ended = 0;
  for (const [state, count] of Object.entries(counts)) if (isEnded(state as TaskState)) ended += count;
  return ended;
}

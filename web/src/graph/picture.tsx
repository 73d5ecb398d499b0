/**
 * The tasks of a run, or of a plan, as a picture that can be moved, zoomed, unfolded and walked through by keys. Fills the
 * height that it is given. Nodes are laid out once for each shape (`layout.ts`), and only what is in sight is drawn.
 */
import "@xyflow/react/dist/base.css";
import { type NodeTypes, ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { TaskView } from "@octopus/protocol/views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { nodeLook, NODES_MAX, runGraph, type RunGraph, type RunParts } from "@octopus/view/run-graph.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { Loading, Trouble } from "../parts/notices.tsx";
import { type Layout, layoutOf } from "./layout.ts";
import { edgesOf, EDGES_DRAWN, nodesOf, placeOfSelection } from "./elements.ts";
import { middlesOf } from "./middles.ts";
import { MiniMap } from "./mini-map.tsx";
import { PartNode, type PictureNode } from "./node.tsx";
import { type PictureNow, PictureProvider } from "./picture-context.ts";
import { PictureTools } from "./picture-tools.tsx";
import { useKeys } from "./picture-keys.ts";
import { useSight } from "./sight.ts";
import styles from "./picture.module.css";

export interface PictureProps {
  /** What it shows, for those who do not see it. */
  label: string;
  parts: RunParts;
  /** Also those that are held inside. Without it: the tasks of `parts`. */
  taskOf?: (id: string) => TaskView | undefined;
  /** `plan`: nothing has run. */
  look?: "run" | "plan";
  selected?: string;
  onSelect?: ((id: string | undefined) => void) | undefined;
  /** Enter, or a double click. */
  onEnter?: ((id: string) => void) | undefined;
  /** Nodes that are unfolded, and what changes that; kept here where nobody says it. */
  opened?: ReadonlySet<string>;
  onToggle?: (id: string) => void;
  onFoldAll?: () => void;
  /** The chain of tasks that decides when the run ends. */
  critical?: ReadonlySet<string>;
  /** The small line of a task. */
  says?: (task: TaskView) => string;
}

const NODE_TYPES: NodeTypes = { part: PartNode };
const NOTHING: ReadonlySet<string> = new Set();
/** Fewer nodes than this are found without a map. */
const MAP_FROM = 25;

export function Picture(props: PictureProps) {
  return (
    <ReactFlowProvider>
      <Inside {...props} />
    </ReactFlowProvider>
  );
}

function Inside(props: PictureProps) {
  const { label, parts, look = "run", selected = "", onSelect, onEnter, critical = NOTHING, says } = props;
  const own = useOwnFolds();
  const opened = props.opened ?? own.opened;
  const toggle = props.onToggle ?? own.toggle;
  const [isFolding, setFolding] = useState(true);
  const wanted = useStable(
    useMemo(() => runGraph(parts, { most: isFolding ? NODES_MAX : 0, open: opened }), [parts, isFolding, opened]),
  );
  const { graph, layout, error, retry } = useLayout(wanted);
  const taskOf = useTaskOf(props);
  const shown = useMemo(() => placeOfSelection(graph, selected), [graph, selected]);
  const now: PictureNow = useMemo(
    () => ({ taskOf, look, selected: shown, critical, toggle, says: says ?? (() => "") }),
    [taskOf, look, shown, critical, toggle, says],
  );
  const spots = useMemo(() => (layout === undefined ? [] : middlesOf(graph, layout)), [graph, layout]);
  const frame = useRef<HTMLDivElement>(null);
  const showAll = useSight({
    ...{ key: layout === undefined ? undefined : graph.key, mode: String(isFolding) },
    ...{ spots, shown, frame },
  });
  const onKeyDown = useKeys({ graph, spots, shown, onSelect, onEnter, toggle, showAll });

  if (error !== undefined) return <Trouble error={error} retry={retry} />;
  return (
    <PictureProvider value={now}>
      <div
        ref={frame}
        className={styles["picture"]}
        tabIndex={0}
        role="application"
        aria-label={`${label}. Arrow keys go along the edges, Space unfolds, Enter opens.`}
        onKeyDown={onKeyDown}
      >
        {layout === undefined ? (
          <Loading lines={5} />
        ) : (
          <Flow {...{ graph, layout, onSelect, onEnter, shown, critical }} />
        )}
        {layout !== undefined && graph.nodes.length >= MAP_FROM && <MiniMap graph={graph} spots={spots} />}
        {graph.edges.length > EDGES_DRAWN && (
          <span className={styles["hint"]}>
            {graph.edges.length.toLocaleString("en")} edges: those of the selected task and of the critical path are
            drawn
          </span>
        )}
        <PictureTools
          graph={graph}
          isFolding={isFolding}
          setFolding={setFolding}
          showAll={showAll}
          total={parts.tasks.length}
          {...(opened.size > 0 && { foldAll: props.onFoldAll ?? own.foldAll })}
        />
      </div>
      <Said now={now} graph={graph} />
    </PictureProvider>
  );
}

interface FlowProps extends Pick<PictureProps, "onSelect" | "onEnter"> {
  graph: RunGraph;
  layout: Layout;
  shown: string;
  critical: ReadonlySet<string>;
}

function Flow({ graph, layout, onSelect, onEnter, shown, critical }: FlowProps) {
  const nodes = useMemo(() => nodesOf(graph, layout), [graph, layout]);
  const edges = useMemo(() => edgesOf(graph, shown, critical), [graph, shown, critical]);
  return (
    <ReactFlow<PictureNode>
      nodes={nodes}
      edges={edges}
      nodeTypes={NODE_TYPES}
      onlyRenderVisibleElements
      nodesDraggable={false}
      nodesConnectable={false}
      nodesFocusable={false}
      edgesFocusable={false}
      elementsSelectable={false}
      disableKeyboardA11y
      panOnScroll
      zoomOnDoubleClick={false}
      minZoom={0.02}
      maxZoom={1.6}
      onNodeClick={(_, { id, data }) => data.node.kind !== "after" && data.node.kind !== "more" && onSelect?.(id)}
      onNodeDoubleClick={(_, { id, data }) => data.node.kind === "task" && onEnter?.(id)}
      onPaneClick={() => onSelect?.(undefined)}
    />
  );
}

/** Says what is selected to those who do not see it. */
function Said({ now, graph }: { now: PictureNow; graph: RunGraph }) {
  const node = graph.nodes.find(({ id }) => id === now.selected);
  const task = node === undefined ? undefined : now.taskOf(node.id);
  const look = node === undefined ? undefined : nodeLook(node, now.taskOf);
  const name = task === undefined ? (node?.title ?? "") : titleOf(task);
  const words = [inertLine(name), now.look === "run" && look !== undefined ? lookOf(look.state).label : ""];
  return (
    <div className="visually-hidden" aria-live="polite">
      {words.filter(Boolean).join(", ")}
    </div>
  );
}

/** The same graph while its shape is the same, so that nothing is laid out or drawn again. */
function useStable(graph: RunGraph): RunGraph {
  const held = useRef(graph);
  if (held.current.key !== graph.key) held.current = graph;
  return held.current;
}

/** The newest graph that is laid out: the one before stays until the next is ready. */
function useLayout(wanted: RunGraph) {
  const [ready, setReady] = useState<{ graph: RunGraph; layout: Layout }>();
  const [error, setError] = useState<unknown>();
  const [tries, setTries] = useState(0);
  useEffect(() => {
    let isOver = false;
    setError(undefined);
    layoutOf(wanted).then(
      (layout) => !isOver && setReady({ graph: wanted, layout }),
      (cause: unknown) => !isOver && setError(cause),
    );
    return () => {
      isOver = true;
    };
  }, [wanted, tries]);
  return { graph: ready?.graph ?? wanted, layout: ready?.layout, error, retry: () => setTries(tries + 1) };
}

function useTaskOf({ taskOf, parts }: PictureProps): (id: string) => TaskView | undefined {
  const byId = useMemo(() => new Map(parts.tasks.map((task) => [task.id, task])), [parts]);
  return taskOf ?? ((id) => byId.get(id));
}

function useOwnFolds() {
  const [opened, setOpened] = useState<ReadonlySet<string>>(NOTHING);
  const toggle = useCallback((id: string) => {
    setOpened((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }, []);
  return { opened, toggle, foldAll: () => setOpened(NOTHING) };
}

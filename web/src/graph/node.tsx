/** One node of a picture: a task, a group of tasks, or the box around what a task holds. */
import { Handle, type Node, type NodeProps, Position, useStore } from "@xyflow/react";
import { ChevronDown, ChevronRight, Diamond } from "lucide-react";
import { memo } from "react";
import type { TaskView } from "@octopus/protocol/views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { type GraphNode, nodeLook, type NodeLook } from "@octopus/view/run-graph.ts";
import { isAside, progressText } from "@octopus/view/run-words.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import { titleOf } from "@octopus/view/tasks.ts";
import { CountsBar } from "../parts/counts-bar.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { Took } from "../parts/times.tsx";
import { usePicture } from "./picture-context.ts";
import styles from "./node.module.css";

export type PictureNode = Node<{ node: GraphNode }, "part">;

export const PartNode = memo(function PartNode({ data: { node } }: NodeProps<PictureNode>) {
  return (
    <>
      <Handle type="target" position={Position.Left} className={styles["handle"] ?? ""} isConnectable={false} />
      <Part node={node} />
      <Handle type="source" position={Position.Right} className={styles["handle"] ?? ""} isConnectable={false} />
    </>
  );
});

function Part({ node }: { node: GraphNode }) {
  if (node.kind === "after") {
    return (
      <div className={`${styles["box"]} ${styles["after"]}`}>
        <div className={styles["boxHead"]}>afterwards, where it fits</div>
      </div>
    );
  }
  if (node.kind === "more") return <div className={styles["more"]}>more members: see the list</div>;
  return <TaskPart node={node} />;
}

/** Seen from afar: nobody could read it, and there may be thousands. */
const FAR = 0.32;

function TaskPart({ node }: { node: GraphNode }) {
  const isFar = useStore(({ transform }) => transform[2] < FAR);
  return isFar && node.isBox !== true ? <FarPart node={node} /> : <NearPart node={node} />;
}

function FarPart({ node }: { node: GraphNode }) {
  const { look, taskOf, selected } = usePicture();
  const tone = toneOf(look === "plan" ? undefined : nodeLook(node, taskOf));
  return (
    <div className={`${styles["far"]} ${styles[`tone-${tone}`]} ${selected === node.id ? styles["chosen"] : ""}`} />
  );
}

/** A task, or several as one. */
function NearPart({ node }: { node: GraphNode }) {
  const picture = usePicture();
  const task = picture.taskOf(node.id);
  const look = picture.look === "plan" ? undefined : nodeLook(node, picture.taskOf);
  const isBox = node.isBox === true;
  const isCritical = [node.id, ...(node.tasks ?? [])].some((id) => picture.critical.has(id));
  const classes = [
    isBox ? styles["box"] : styles["part"],
    styles[`tone-${toneOf(look)}`],
    picture.selected === node.id && styles["chosen"],
    isCritical && styles["critical"],
    look !== undefined && isQuiet(task) && styles["faint"],
    node.kind === "group" && styles["pile"],
  ];
  return (
    <div className={classes.filter(Boolean).join(" ")}>
      <div className={isBox ? styles["boxHead"] : styles["head"]}>
        {look !== undefined && (
          <StateMark state={look.state} {...(look.asked > 0 && { label: "waits for a person" })} />
        )}
        <Name node={node} task={task} />
        {isCritical && <Diamond className={styles["diamond"]} aria-label="on the critical path" />}
        {(node.holds !== undefined || node.kind === "group") && <Unfold node={node} />}
      </div>
      {!isBox && <SmallLine node={node} task={task} look={look} />}
      {!isBox && look?.counts !== undefined && <CountsBar counts={look.counts} total={look.total} />}
    </div>
  );
}

/** Nothing has come of it yet, or nothing will. */
function isQuiet(task: TaskView | undefined): boolean {
  return task !== undefined && (task.state === "blocked" || isAside(task));
}

function toneOf(look: NodeLook | undefined): string {
  if (look === undefined) return "off";
  return look.asked > 0 ? "warn" : lookOf(look.state).tone;
}

function Name({ node, task }: { node: GraphNode; task: TaskView | undefined }) {
  const name = inertLine(node.title ?? (task === undefined ? node.id : titleOf(task)));
  return (
    <span className={styles["name"]} title={name}>
      {name}
      {node.kind === "group" && <span className={styles["count"]}> × {node.tasks?.length}</span>}
    </span>
  );
}

function SmallLine({ node, task, look }: { node: GraphNode; task: TaskView | undefined; look: NodeLook | undefined }) {
  const { says } = usePicture();
  if (node.kind === "group") {
    return <div className={styles["small"]}>{look?.counts && progressText(look.counts, look.total)}</div>;
  }
  if (task === undefined) return null;
  const isTimed =
    look !== undefined && task.startedAt !== undefined && (task.endedAt !== undefined || task.state === "running");
  return (
    <div className={styles["small"]}>
      {isTimed && (
        <span className={styles["took"]}>
          <Took from={task.startedAt} to={task.endedAt} />
        </span>
      )}
      <span className={styles["says"]}>{inertLine(says(task))}</span>
    </div>
  );
}

function Unfold({ node }: { node: GraphNode }) {
  const { toggle } = usePicture();
  const isOpen = node.isBox === true;
  return (
    <button
      type="button"
      tabIndex={-1}
      className={`${styles["unfold"]} nodrag nopan`}
      aria-label={isOpen ? "Fold" : "Unfold"}
      title={isOpen ? "Fold (Space)" : "Unfold (Space)"}
      onClick={(event) => {
        event.stopPropagation();
        toggle(node.id);
      }}
    >
      {isOpen ? <ChevronDown aria-hidden /> : <ChevronRight aria-hidden />}
    </button>
  );
}

/** In a corner of the picture: closer, further, all of it; folded or not. */
import { useReactFlow } from "@xyflow/react";
import { Maximize, Minus, Plus } from "lucide-react";
import type { RunGraph } from "@octopus/view/run-graph.ts";
import { NODES_MAX } from "@octopus/view/run-graph.ts";
import { Button, IconButton } from "../parts/button.tsx";
import styles from "./picture.module.css";

export function PictureTools({
  graph,
  isFolding,
  setFolding,
  showAll,
  foldAll,
  total,
}: {
  graph: RunGraph;
  isFolding: boolean;
  setFolding(isFolding: boolean): void;
  showAll(): void;
  /** There when something is unfolded. */
  foldAll?: () => void;
  total: number;
}) {
  const flow = useReactFlow();
  return (
    <div className={styles["tools"]}>
      {total > NODES_MAX && (
        <Button isSmall onClick={() => setFolding(!isFolding)} aria-pressed={!isFolding}>
          {isFolding ? `Show all ${total.toLocaleString("en")}` : "Fold into groups"}
        </Button>
      )}
      {foldAll !== undefined && (
        <Button isSmall onClick={() => foldAll()}>
          Fold all
        </Button>
      )}
      {graph.hidden > 0 && (
        <span className={styles["note"]}>{graph.hidden.toLocaleString("en")} edges are not drawn</span>
      )}
      <span className={styles["zoom"]}>
        <IconButton label="Closer" onClick={() => void flow.zoomIn()}>
          <Plus aria-hidden />
        </IconButton>
        <IconButton label="Further" onClick={() => void flow.zoomOut()}>
          <Minus aria-hidden />
        </IconButton>
        <IconButton label="Show all of it" onClick={showAll}>
          <Maximize aria-hidden />
        </IconButton>
      </span>
    </div>
  );
}

/**
 * The whole picture, small: what is in which state where, and which part is in sight. One path for each tone: a map of
 * thousands of nodes costs as little as one of ten.
 */
import { useReactFlow, useStore } from "@xyflow/react";
import { memo, type PointerEvent, useMemo } from "react";
import { nodeLook, type RunGraph } from "@octopus/view/run-graph.ts";
import { lookOf } from "@octopus/view/state-shapes.ts";
import type { Middle } from "./middles.ts";
import { usePicture } from "./picture-context.ts";
import styles from "./mini-map.module.css";

const WIDTH = 190;
const HEIGHT_MAX = 130;

export const MiniMap = memo(function MiniMap({ graph, spots }: { graph: RunGraph; spots: readonly Middle[] }) {
  const { taskOf, look } = usePicture();
  const flow = useReactFlow();
  const right = spots.reduce((most, { x, width }) => Math.max(most, x + width / 2), 1);
  const bottom = spots.reduce((most, { y, height }) => Math.max(most, y + height / 2), 1);
  const scale = Math.min(WIDTH / right, HEIGHT_MAX / bottom);
  const paths = useMemo(() => {
    const nodeOf = new Map(graph.nodes.map((node) => [node.id, node]));
    const parts = new Map<string, string[]>();
    for (const { id, x, y, width, height } of spots) {
      const node = nodeOf.get(id);
      if (node === undefined || node.isBox === true) continue;
      const state = look === "plan" ? undefined : nodeLook(node, taskOf)?.state;
      const tone = state === undefined || state === "blocked" ? "off" : lookOf(state).tone;
      const list = parts.get(tone) ?? [];
      parts.set(tone, list);
      list.push(`M${Math.round(x - width / 2)} ${Math.round(y - height / 2)}h${width}v${height}h${-width}z`);
    }
    return [...parts].map(([tone, list]) => [tone, list.join("")] as const);
  }, [graph, spots, taskOf, look]);
  const move = (event: PointerEvent<HTMLDivElement>): void => {
    if (event.buttons === 0) return;
    const box = event.currentTarget.getBoundingClientRect();
    const x = (event.clientX - box.left) / scale;
    const y = (event.clientY - box.top) / scale;
    void flow.setCenter(x, y, { zoom: flow.getZoom() });
  };
  return (
    <div
      className={styles["map"]}
      style={{ width: right * scale, height: bottom * scale }}
      aria-hidden
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        move(event);
      }}
      onPointerMove={move}
    >
      <svg viewBox={`0 0 ${right} ${bottom}`} width="100%" height="100%">
        {paths.map(([tone, d]) => (
          <path key={tone} d={d} className={styles[tone]} strokeWidth={1 / scale} />
        ))}
      </svg>
      <Sight scale={scale} />
    </div>
  );
});

/** The part in sight. Alone in what is drawn again while somebody moves. */
function Sight({ scale }: { scale: number }) {
  const [x, y, zoom] = useStore((state) => state.transform);
  const width = useStore((state) => state.width);
  const height = useStore((state) => state.height);
  const place = {
    left: (-x / zoom) * scale,
    top: (-y / zoom) * scale,
    width: (width / zoom) * scale,
    height: (height / zoom) * scale,
  };
  return <span className={styles["sight"]} style={place} />;
}

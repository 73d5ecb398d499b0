/** Lines over time with axes. What draws them is loaded when the first of them is shown. */
import { lazy, Suspense } from "react";
import type { ChartProps } from "./chart-canvas.tsx";
import styles from "./chart.module.css";

const Canvas = lazy(() => import("./chart-canvas.tsx").then(({ ChartCanvas }) => ({ default: ChartCanvas })));

export function Chart(props: ChartProps) {
  return (
    <figure className={styles["figure"]}>
      <Suspense fallback={<div className={styles["room"]} />}>
        <Canvas {...props} />
      </Suspense>
    </figure>
  );
}

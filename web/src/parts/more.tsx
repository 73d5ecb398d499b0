/** Long lists that come whole, shown in part until somebody asks for more: a page of ten thousand rows does not move. */
import { type ReactNode, useState } from "react";
import { Button } from "./button.tsx";

const STEP = 100;

/** The rows to draw, and the button for the next ones where there are more. */
export function useMore<Row>(rows: readonly Row[]): { shown: readonly Row[]; more: ReactNode } {
  const [count, setCount] = useState(STEP);
  const left = rows.length - count;
  const more = left > 0 && (
    <Button onClick={() => setCount(count + STEP)}>
      Show {Math.min(STEP, left)} more of {rows.length.toLocaleString("en")}
    </Button>
  );
  return { shown: rows.slice(0, count), more };
}

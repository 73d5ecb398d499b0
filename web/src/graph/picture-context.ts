/** What the nodes of a picture look up when they are drawn, so that the picture itself stays as it is while states change. */
import { createContext, useContext } from "react";
import type { TaskView } from "@octopus/protocol/views.ts";

export interface PictureNow {
  taskOf(id: string): TaskView | undefined;
  /** `plan`: nothing has run, there are no states. */
  look: "run" | "plan";
  selected: string;
  critical: ReadonlySet<string>;
  /** The small line of a node. */
  says(task: TaskView): string;
  toggle(id: string): void;
}

const Context = createContext<PictureNow | undefined>(undefined);

export const PictureProvider = Context.Provider;

export function usePicture(): PictureNow {
  const now = useContext(Context);
  if (now === undefined) throw new Error("usePicture stands outside of a PictureProvider");
  return now;
}

/** Takes files and folders that are dropped on what is inside. */
import { type DragEvent, type ReactNode, useRef, useState } from "react";
import { filesOfDrop, type PickedFile } from "./picked-files.ts";
import styles from "./plugins.module.css";

export function DropZone({ onFiles, children }: { onFiles(files: readonly PickedFile[]): void; children: ReactNode }) {
  const [isOver, setOver] = useState(false);
  // Elements inside tell of their own borders, too.
  const depth = useRef(0);
  const holdsFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes("Files");
  const move = (event: DragEvent, by: number): void => {
    if (!holdsFiles(event)) return;
    event.preventDefault();
    depth.current = Math.max(0, depth.current + by);
    setOver(depth.current > 0);
  };
  return (
    <div
      className={styles["zone"]}
      onDragEnter={(event) => move(event, 1)}
      onDragLeave={(event) => move(event, -1)}
      onDragOver={(event) => move(event, 0)}
      onDrop={(event) => {
        if (!holdsFiles(event)) return;
        event.preventDefault();
        depth.current = 0;
        setOver(false);
        void filesOfDrop(event.dataTransfer).then((files) => files.length > 0 && onFiles(files));
      }}
    >
      {children}
      {isOver && (
        <div className={styles["veil"]} aria-hidden>
          Drop a file or a folder to upload it
        </div>
      )}
    </div>
  );
}

/**
 * The line of the search before the search itself is loaded: who has pressed its key types on, and no letter may be taken for
 * a key of the page below.
 */
import { Search } from "lucide-react";
import styles from "./palette.module.css";

export const PALETTE_HINT = "An id, a name, a tag, some text, or a command";

interface PaletteOpensProps {
  text: string;
  onText(text: string): void;
  onClose(): void;
}

export function PaletteOpens({ text, onText, onClose }: PaletteOpensProps) {
  return (
    <div role="dialog" aria-label="Search and commands" aria-busy className={styles["palette"]}>
      <div className={styles["head"]}>
        <Search aria-hidden />
        <input
          autoFocus
          value={text}
          placeholder={PALETTE_HINT}
          aria-label="Search and commands"
          className={styles["input"]}
          onChange={(event) => onText(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && onClose()}
        />
      </div>
    </div>
  );
}

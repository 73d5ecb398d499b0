/** A command or a text to be copied, as it is: it wraps, and nothing of it is hidden. */
import { Copy } from "./copy.tsx";
import styles from "./code-line.module.css";

export function CodeLine({ text, what }: { text: string; what: string }) {
  return (
    <div className={styles["line"]}>
      <pre className={styles["text"]}>{text}</pre>
      <Copy text={text} what={what} />
    </div>
  );
}

/** Small words in a frame: tags, labels, filters that are on. */
import type { ReactNode } from "react";
import { X } from "lucide-react";
import type { Tone } from "@octopus/view/state-shapes.ts";
import styles from "./chips.module.css";

export function Chip({
  children,
  tone = "off",
  onRemove,
  title,
}: {
  children: ReactNode;
  tone?: Tone;
  onRemove?: () => void;
  title?: string;
}) {
  return (
    <span className={`${styles["chip"]} ${styles[tone]}`} title={title}>
      <span className={styles["text"]}>{children}</span>
      {onRemove !== undefined && (
        <button
          type="button"
          className={styles["remove"]}
          aria-label={title === undefined ? "Remove" : `Remove ${title}`}
          onClick={onRemove}
        >
          <X aria-hidden />
        </button>
      )}
    </span>
  );
}

/** A choice that is on or off: one of a row of filters. */
export function ChipToggle({
  children,
  isOn,
  onChange,
}: {
  children: ReactNode;
  isOn: boolean;
  onChange(isOn: boolean): void;
}) {
  return (
    <button
      type="button"
      className={`${styles["chip"]} ${styles["toggle"]} ${isOn ? styles["on"] : ""}`}
      aria-pressed={isOn}
      onClick={() => onChange(!isOn)}
    >
      {children}
    </button>
  );
}

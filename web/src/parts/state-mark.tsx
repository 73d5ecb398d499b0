/** How a state looks: its shape in its tone, and its words. The shape alone tells it, for those who see no colours. */
import { type AnyState, lookOf, type Shape } from "@octopus/view/state-shapes.ts";
import styles from "./state-mark.module.css";

const PATHS: Readonly<Record<Shape, string>> = {
  dot: "M8 3.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9Z",
  ring: "M8 3.200a4.800 4.800 0 1 1 0 9.600 4.800 4.800 0 0 1 0-9.600Zm0 1.800a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z",
  clock:
    "M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11Zm0 1.600a3.900 3.900 0 1 0 0 7.800 3.900 3.900 0 0 0 0-7.800Zm-.8 1.400h1.500v2.300l1.700 1-.8 1.300-2.400-1.500Z",
  pause: "M4.500 3.500h2.500v9h-2.500Zm4.500 0h2.500v9h-2.500Z",
  check: "M6.500 12.700 2.600 8.800l1.400-1.400 2.500 2.500 5.600-5.700 1.400 1.400Z",
  cross:
    "M4.300 2.900 8 6.600l3.700-3.700 1.400 1.400L9.400 8l3.700 3.700-1.400 1.400L8 9.400l-3.700 3.700-1.400-1.400L6.600 8 2.900 4.300Z",
  bar: "M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11Zm-3.200 4.600v1.800h6.400v-1.800Z",
  hourglass:
    "M4 2.500h8v1.400c0 1.800-1.500 3-2.600 4.100 1.100 1.100 2.600 2.300 2.600 4.100v1.400h-8v-1.400c0-1.800 1.500-3 2.600-4.100-1.100-1.100-2.600-2.300-2.600-4.100Z",
  skip: "m3.500 3.800 4.500 4.200-4.500 4.200Zm5 0 4.500 4.200-4.500 4.200Z",
  chain:
    "m3 4.300 1.300-1.300 3.700 3.700 3.700-3.700 1.300 1.300-3.700 3.700h-2.600Zm5 5.200 4.500 2-4.500 2-4.500-2Z",
  half: "M8 2.800a5.200 5.200 0 1 1 0 10.400 5.200 5.200 0 0 1 0-10.400Zm0 1.700v7a3.500 3.500 0 0 0 0-7Z",
  question:
    "M5 5.600a3 3 0 1 1 4.200 2.700c-.3.200-.4.400-.4.800v.7h-1.700v-.9c0-1 .5-1.700 1.300-2.100a1.300 1.300 0 1 0-1.800-1.200Zm2 5.200h1.900v1.800h-1.900Z",
};

interface StateMarkProps {
  state: AnyState;
  /** Words beside the sign; without them it has them for screen readers and as a tip. */
  withLabel?: boolean;
  /** In place of the state's own words. */
  label?: string;
}

export function StateMark({ state, withLabel = false, label }: StateMarkProps) {
  const look = lookOf(state);
  const words = label ?? look.label;
  return (
    <span className={`${styles["mark"]} ${styles[look.tone]}`} title={withLabel ? undefined : words}>
      <svg
        viewBox="0 0 16 16"
        className={`${styles["shape"]} ${state === "running" ? styles["lively"] : ""}`}
        role={withLabel ? "presentation" : "img"}
        aria-label={withLabel ? undefined : words}
        aria-hidden={withLabel}
      >
        <path d={PATHS[look.shape]} fill="currentColor" fillRule="evenodd" />
      </svg>
      {withLabel && <span>{words}</span>}
    </span>
  );
}

/** The sign and the words on a ground of its tone. */
export function StateBadge({ state, label }: { state: AnyState; label?: string }) {
  const { tone } = lookOf(state);
  return (
    <span className={`${styles["badge"]} ${styles[`on-${tone}`]}`}>
      <StateMark state={state} withLabel {...(label !== undefined && { label })} />
    </span>
  );
}

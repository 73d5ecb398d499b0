/** What a run may be told beside its params; folded, for most runs need none of it. */
import { useQuery } from "@tanstack/react-query";
import { DURATION_FORM, parseDuration } from "@octopus/base/duration.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Checkbox, Select, TextInput } from "../../parts/field.tsx";
import styles from "./workflow.module.css";

export interface RunOptions {
  arm: string;
  timeout: string;
  maxParallel: string;
  isSequential: boolean;
  /** As the API takes them. */
  told: { arm?: string; timeout?: string; maxParallel?: number; executor?: "sequential" };
  problem: string | undefined;
}

export const NO_OPTIONS: RunOptions = {
  ...{ arm: "", timeout: "", maxParallel: "", isSequential: false },
  ...{ told: {}, problem: undefined },
};

interface Props {
  options: RunOptions;
  onChange(options: RunOptions): void;
  /** Somebody has tried to start it: what is wrong is said. */
  isTold: boolean;
}

export function RunOptionsForm({ options, onChange, isTold }: Props) {
  const { data: arms = [] } = useQuery({ queryKey: keys.arms, queryFn: () => client.arms() });
  const { arm, timeout, maxParallel, isSequential } = options;
  const set = (change: Partial<RunOptions>): void => onChange(withTold({ ...options, ...change }));
  return (
    <details className={styles["more"]}>
      <summary>More about this run</summary>
      <div className={styles["form"]}>
        <Select
          label="Arm"
          hint="Of tasks that name none"
          value={arm}
          onChange={(value) => set({ arm: value })}
          options={[
            { value: "", label: "as the workflow says" },
            ...arms.map(({ name }) => ({ value: name, label: name })),
          ]}
        />
        <TextInput
          label="Ends after"
          hint="What is left then is cancelled; such as 1h30m"
          value={timeout}
          onChange={(value) => set({ timeout: value })}
          error={isTold && isWrongTime(timeout) ? `must be ${DURATION_FORM}` : undefined}
        />
        <TextInput
          label="At most at once"
          hint="Tasks of this run"
          inputMode="numeric"
          value={maxParallel}
          onChange={(value) => set({ maxParallel: value })}
          error={isTold && isWrongCount(maxParallel) ? "must be a whole number from 1" : undefined}
        />
        <Checkbox
          label="One task at a time, in the order of the file"
          isOn={isSequential}
          onChange={(isOn) => set({ isSequential: isOn })}
        />
      </div>
    </details>
  );
}

function isWrongTime(text: string): boolean {
  return text.trim() !== "" && parseDuration(text) === undefined;
}

function isWrongCount(text: string): boolean {
  return text.trim() !== "" && !/^[1-9]\d{0,5}$/.test(text.trim());
}

function withTold(options: RunOptions): RunOptions {
  const { arm, timeout, maxParallel, isSequential } = options;
  return {
    ...options,
    told: {
      ...(arm !== "" && { arm }),
      ...(timeout.trim() !== "" && { timeout: timeout.trim() }),
      ...(maxParallel.trim() !== "" && { maxParallel: Number(maxParallel) }),
      ...(isSequential && { executor: "sequential" as const }),
    },
    problem: isWrongTime(timeout) || isWrongCount(maxParallel) ? "an option is wrong" : undefined,
  };
}

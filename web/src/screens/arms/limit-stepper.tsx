/**
 * The limit of an arm, changed where it stands: with the steps beside it, or typed. An empty field takes the limit away. What
 * was typed stays until the server has taken it, and stays with the reason when it does not.
 */
import { Minus, Plus } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import type { ArmView } from "@octopus/protocol/views.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { IconButton } from "../../parts/button.tsx";
import { wordsOf } from "../../data/words.ts";
import styles from "./limit-stepper.module.css";

export function LimitStepper({ arm: { name, maxParallel, active } }: { arm: ArmView }) {
  const mayChange = useMay("operator");
  const [typed, setTyped] = useState<string>();
  const { run, isPending, error, reset, input } = useAction({
    run: (limit: number | null) => client.configureArm(name, { maxParallel: limit }),
    done: (arm, limit) => `Arm ${arm.name} runs ${limit === null ? "as much as workers take" : `${limit} at once`}`,
    stale: [keys.arms, keys.arm(name), keys.status],
    onDone: () => setTyped(undefined),
    isQuiet: true,
  });
  const now = isPending && input !== undefined ? input : (maxParallel ?? null);
  const shown = typed ?? (now === null ? "" : String(now));
  const wrong =
    typed === undefined || /^([1-9]\d{0,8})?$/.test(typed.trim())
      ? undefined
      : "a whole number from 1, or nothing for no limit";
  const problem = wrong ?? (error === null ? undefined : wordsOf(error));

  const set = (limit: number | null): void => {
    if (limit !== now) run(limit);
    else setTyped(undefined);
  };
  const commit = (): void => {
    if (typed === undefined || wrong !== undefined || isPending) return;
    set(typed.trim() === "" ? null : Number(typed));
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "Enter") commit();
    else if (event.key === "Escape" && typed !== undefined) {
      event.stopPropagation();
      setTyped(undefined);
      reset();
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      event.preventDefault();
      step(event.key === "ArrowUp" ? 1 : -1);
    }
  };
  const step = (by: 1 | -1): void => {
    // From no limit, the first step is to what runs now.
    const from = now ?? Math.max(1, active + (by === 1 ? -1 : 1));
    set(Math.max(1, from + by));
  };

  if (!mayChange) return <span className={styles["fixed"]}>{maxParallel ?? "no limit"}</span>;
  return (
    <span className={styles["whole"]}>
      <span className={styles["stepper"]} role="group" aria-label={`Limit of ${name}`}>
        <IconButton label={`One fewer at once in ${name}`} disabled={now === 1} onClick={() => step(-1)}>
          <Minus aria-hidden />
        </IconButton>
        <input
          className={styles["input"]}
          inputMode="numeric"
          aria-label={`Most at once in ${name}`}
          aria-invalid={problem !== undefined || undefined}
          placeholder="∞"
          title="Most that run at once; empty: no limit"
          autoComplete="off"
          value={shown}
          onChange={(event) => {
            reset();
            setTyped(event.target.value);
          }}
          onKeyDown={onKeyDown}
          onBlur={commit}
        />
        <IconButton label={`One more at once in ${name}`} onClick={() => step(1)}>
          <Plus aria-hidden />
        </IconButton>
      </span>
      {problem !== undefined && (
        <span className={styles["problem"]} role="alert">
          {problem}
        </span>
      )}
    </span>
  );
}

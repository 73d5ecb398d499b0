/** Asks for the arm or the priority that tasks are to have. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Select } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";

export interface Change {
  arm?: string;
  priority?: number;
}

const PRIORITIES = Array.from({ length: 11 }, (_, i) => 10 - i);
const NAMED: Readonly<Record<number, string>> = { 10: "10, the first", 5: "5, the usual", 0: "0, the last" };

interface ChangeProps {
  what: "move" | "priority";
  /** What it is now, where it is one task. */
  now?: Change;
  onClose(): void;
  onDone(change: Change): void;
}

export function ChangeDialog({ what, now = {}, onClose, onDone }: ChangeProps) {
  const { data: arms } = useQuery({ queryKey: keys.arms, queryFn: () => client.arms() });
  const names = (arms ?? []).map(({ name }) => name).filter((name) => name !== now.arm);
  const [arm, setArm] = useState<string>();
  const [priority, setPriority] = useState(String(now.priority ?? 5));
  const chosen = arm ?? names[0];
  const isMove = what === "move";
  const change: Change = isMove ? (chosen === undefined ? {} : { arm: chosen }) : { priority: Number(priority) };
  return (
    <FormDialog
      title={isMove ? "Move to another arm" : "Change the priority"}
      lead={isMove ? "They wait there behind those of the same priority." : "Tasks of a higher priority start first."}
      deed={isMove ? `Move to ${chosen ?? "…"}` : `Set priority ${priority}`}
      isBusy={false}
      isReady={!isMove || chosen !== undefined}
      onSend={() => onDone(change)}
      onClose={onClose}
    >
      {isMove ? (
        <Select
          label="Arm"
          value={chosen ?? ""}
          options={names.map((name) => ({ value: name, label: name }))}
          onChange={setArm}
          {...(arms !== undefined && names.length === 0 && { error: "there is no other arm" })}
        />
      ) : (
        <Select
          label="Priority"
          value={priority}
          options={PRIORITIES.map((one) => ({ value: String(one), label: NAMED[one] ?? String(one) }))}
          onChange={setPriority}
        />
      )}
    </FormDialog>
  );
}

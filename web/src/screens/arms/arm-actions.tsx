/** What can be done to an arm: pause, drain, remove. Each says what it did; what stops work from being taken asks first. */
import { useNavigate } from "@tanstack/react-router";
import type { ArmView } from "@octopus/protocol/views.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { useConfirm } from "../../parts/dialog.tsx";
import type { MenuItem } from "../../parts/menu.tsx";

type Switch = "pause" | "resume" | "drain" | "undrain";

/** What was done, as people read it afterwards. */
const DONE: Readonly<Record<Switch, (arm: ArmView) => string>> = {
  pause: ({ name, active }) =>
    `Arm ${name} is paused: nothing new starts${active > 0 ? `, ${tasks(active)} ${active === 1 ? "runs" : "run"} on` : ""}`,
  resume: ({ name, queued }) => `Arm ${name} goes on${queued > 0 ? ` with ${tasks(queued)} in its queue` : ""}`,
  drain: ({ name, queued }) =>
    `Arm ${name} takes nothing new${queued > 0 ? `; ${tasks(queued)} still ${queued === 1 ? "runs" : "run"}` : ""}`,
  undrain: ({ name }) => `Arm ${name} takes tasks again`,
};

const staleFor = (name: string) => [keys.arms, keys.arm(name), keys.status];

export function useArmActions(arm: ArmView) {
  const { name, enabled, draining, active, queued, waiting } = arm;
  const confirm = useConfirm();
  const mayChange = useMay("operator");
  const turn = useAction({
    run: (to: Switch) => client.switchArm(name, to),
    done: (changed, to) => DONE[to](changed),
    stale: staleFor(name),
  });
  const navigate = useNavigate();
  const remove = useAction({
    run: () => client.removeArm(name),
    done: () => `Arm ${name} was removed`,
    gone: () => keys.arm(name),
    stale: [keys.arms, keys.status],
    leave: () => void navigate({ to: "/arms" }),
  });
  const held = active + queued + waiting;
  const askRemove = async (): Promise<void> => {
    const text =
      "Its settings are forgotten. Tasks that name it are refused from then on, until there is one of that name again.";
    if (await confirm({ title: `Remove arm ${name}?`, text, deed: "Remove the arm", isDanger: true })) remove.run();
  };
  const askDrain = async (): Promise<void> => {
    const text = "Submissions to it are refused until it is undrained. What waits in it already still runs.";
    if (await confirm({ title: `Drain arm ${name}?`, text, deed: "Drain the arm" })) turn.run("drain");
  };
  const removeHint = held > 0 ? `It holds ${tasks(held)}: drain it, and wait until they have ended` : undefined;
  const items: MenuItem[] = [
    draining
      ? { label: "Undrain", hint: "It takes tasks again", run: () => turn.run("undrain") }
      : { label: "Drain…", hint: "Takes nothing new; what waits still runs", run: () => void askDrain() },
    {
      label: "Remove…",
      isDanger: true,
      isDisabled: held > 0,
      ...(removeHint !== undefined && { hint: removeHint }),
      run: () => void askRemove(),
    },
  ];
  return {
    mayChange,
    isBusy: turn.isPending || remove.isPending,
    /** Pauses it, or lets it go on. */
    toggle: () => turn.run(enabled ? "pause" : "resume"),
    items,
  };
}

function tasks(count: number): string {
  return count === 1 ? "1 task" : `${count.toLocaleString("en")} tasks`;
}

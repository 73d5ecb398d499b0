/** What can be done to a schedule. */
import { useNavigate } from "@tanstack/react-router";
import type { ScheduleView } from "@octopus/protocol/schedule-views.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { useConfirm } from "../../parts/dialog.tsx";
import type { MenuItem } from "../../parts/menu.tsx";

export function useScheduleActions(onRemoved?: () => void) {
  const mayChange = useMay("operator");
  const confirm = useConfirm();
  const navigate = useNavigate();
  const stale = [keys.schedules, ["schedule"]] as const;
  const trigger = useAction({
    run: (name: string) => client.triggerSchedule(name),
    done: ({ schedule, made }) => (made === undefined ? `${schedule} fired` : `${schedule} made ${made}`),
    stale,
  });
  const pause = useAction({
    run: ({ name, paused }: { name: string; paused: boolean }) => client.pauseSchedule(name, paused),
    done: ({ name, paused }) => (paused ? `${name} is paused` : `${name} goes on`),
    stale,
  });
  const remove = useAction({
    run: (name: string) => client.removeSchedule(name),
    done: (_, name) => `${name} is deleted`,
    gone: keys.schedule,
    stale: [keys.schedules],
    ...(onRemoved !== undefined && { leave: onRemoved }),
  });
  const askRemove = async ({ name, of }: ScheduleView): Promise<void> => {
    const isSure = await confirm({
      title: `Delete ${name}?`,
      text:
        of === undefined
          ? "It fires no more, and the list of its ticks goes. Tasks and runs that it made stay."
          : `The file of the workflow ${of} asks for it: it comes back when that is registered again. Tasks and runs that it made stay.`,
      deed: "Delete schedule",
      isDanger: true,
    });
    if (isSure) remove.run(name);
  };
  const open = (name: string, search: Record<string, string>): void =>
    void navigate({ to: "/schedules/$name", params: { name }, search: search as never });
  return {
    mayChange,
    trigger: (name: string) => trigger.run(name),
    isTriggering: trigger.isPending,
    toggle: ({ name, paused }: ScheduleView) => pause.run({ name, paused: !paused }),
    isToggling: pause.isPending,
    items(schedule: ScheduleView): MenuItem[] {
      const { name, paused } = schedule;
      if (!mayChange) return [];
      return [
        { label: "Fire now", hint: "One tick more, beside the planned ones", run: () => trigger.run(name) },
        paused
          ? { label: "Resume", run: () => pause.run({ name, paused: false }) }
          : {
              label: "Pause",
              hint: "Nothing of it fires until it is resumed",
              run: () => pause.run({ name, paused: true }),
            },
        { label: "Edit", run: () => open(name, { edit: "1" }) },
        {
          label: "Fire past ticks…",
          hint: "Those of a range that were not fired",
          run: () => open(name, { backfill: "1" }),
        },
        { label: "Delete", isDanger: true, run: () => void askRemove(schedule) },
      ];
    },
  };
}

/** What can be done to a worker: drained, resumed, forgotten. What the role may not do is not offered. */
import type { WorkerView } from "@octopus/protocol/worker-views.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { useConfirm } from "../../parts/dialog.tsx";
import type { MenuItem } from "../../parts/menu.tsx";

export function useWorkerActions(onForgotten?: () => void) {
  const mayDrain = useMay("operator");
  const mayForget = useMay("admin");
  const confirm = useConfirm();
  const stale = [keys.workers, ["worker"], keys.status, keys.pools] as const;
  const drain = useAction({
    run: (name: string) => client.drainWorker(name),
    done: ({ name, active }) =>
      active === 0 ? `${name} is drained` : `${name} ends what it runs (${active}) and takes nothing new`,
    stale,
  });
  const resume = useAction({
    run: (name: string) => client.resumeWorker(name),
    done: ({ name }) => `${name} takes work again`,
    stale,
  });
  const forget = useAction({
    run: (name: string) => client.removeWorker(name),
    done: (_, name) => `${name} is forgotten`,
    gone: keys.worker,
    stale: [keys.workers, keys.status, keys.pools],
    ...(onForgotten !== undefined && { leave: onForgotten }),
  });
  const askForget = async (worker: WorkerView): Promise<void> => {
    const isSure = await confirm({
      title: `Forget ${worker.name}?`,
      text: "It leaves the list, and its keys with it: to come back it has to be let in again. What it ran stays.",
      deed: "Forget worker",
      isDanger: true,
    });
    if (isSure) forget.run(worker.name);
  };
  const isDrained = (worker: WorkerView): boolean => worker.held === true;
  return {
    mayDrain,
    isPending: drain.isPending || resume.isPending || forget.isPending,
    isDrained,
    toggle: (worker: WorkerView) => (isDrained(worker) ? resume.run(worker.name) : drain.run(worker.name)),
    items(worker: WorkerView): MenuItem[] {
      const items: MenuItem[] = [];
      if (mayDrain)
        items.push(
          isDrained(worker)
            ? { label: "Resume", hint: "It takes work again", run: () => resume.run(worker.name) }
            : { label: "Drain", hint: "It ends what it runs and takes nothing new", run: () => drain.run(worker.name) },
        );
      if (mayForget)
        items.push({
          label: "Forget",
          hint: worker.state === "offline" ? "Take it off the list, with its keys" : "Only a worker that is gone",
          isDanger: true,
          isDisabled: worker.state !== "offline",
          run: () => void askForget(worker),
        });
      return items;
    },
  };
}

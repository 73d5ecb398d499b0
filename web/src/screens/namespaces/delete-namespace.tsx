/** The end of a namespace with everything in it: says what is in it, and asks for its name. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Client } from "@octopus/client/client.ts";
import { createFetchTransport } from "@octopus/client/transport-fetch.ts";
import { isEnded, type TaskState } from "@octopus/base/words.ts";
import type { NamespaceView } from "@octopus/protocol/namespace.ts";
import { useAction } from "../../data/action.ts";
import { mainClient } from "../../data/client.ts";
import { addressOf } from "../../data/here.ts";
import { keys } from "../../data/keys.ts";
import { Checkbox, TextInput } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";

export function DeleteNamespace({
  namespace: { name, hosts },
  onClose,
}: {
  namespace: NamespaceView;
  onClose(): void;
}) {
  const [said, setSaid] = useState("");
  const [force, setForce] = useState(false);
  const { data: status } = useQuery({
    queryKey: [...keys.namespaces, name, "status"],
    queryFn: () => new Client(addressOf(name), createFetchTransport(addressOf(name))).status(),
    retry: false,
  });
  const remove = useAction({
    run: () => mainClient.deleteNamespace(name, { force }),
    done: () => `${name} is gone`,
    stale: [keys.namespaces],
    isQuiet: true,
    onDone: onClose,
  });
  const counts = Object.entries(status?.counts ?? {}) as [TaskState, number][];
  const live = counts.reduce((sum, [state, count]) => (isEnded(state) ? sum : sum + count), 0);
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  const isReady = said === name && (live === 0 || force);
  return (
    <FormDialog
      title={`Delete ${name} with everything in it?`}
      deed={`Delete ${name}`}
      isDanger
      isBusy={remove.isPending}
      isReady={isReady}
      error={remove.error}
      onSend={() => remove.run()}
      onClose={onClose}
    >
      <p>
        {status !== undefined && `${contentWords(all, live)} `}
        Its workflows, schedules, plugins, tokens and output go with it, and its workers are sent away.{" "}
        {hosts === undefined ? "All of it is" : "All but the output is"} kept for a while, and comes back with{" "}
        <code>octopus namespace undelete {name}</code>.
      </p>
      {(live > 0 || remove.error !== null) && (
        <Checkbox label="Although tasks in it have not ended" isOn={force} onChange={setForce} />
      )}
      <TextInput label={`Type ${name} to go on`} value={said} onChange={setSaid} autoFocus />
    </FormDialog>
  );
}

function contentWords(all: number, live: number): string {
  if (all === 0) return "No task is in it.";
  const tasks = all === 1 ? "1 task is in it" : `${all.toLocaleString("en")} tasks are in it`;
  if (live === 0) return `${tasks}, all ended.`;
  return `${tasks}, ${live.toLocaleString("en")} of which ${live === 1 ? "has" : "have"} not ended.`;
}

/**
 * How a worker is started for this server: a line to copy. An admin makes a join token here, which is shown this once; others
 * get the line without one.
 */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { joinLines } from "@octopus/view/fleet.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { address, inNamespace } from "../../data/here.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { issuesOf, wordsOf } from "../../data/words.ts";
import { Button } from "../../parts/button.tsx";
import { CodeLine } from "../../parts/code-line.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { TextInput } from "../../parts/field.tsx";
import { Loading, Remark, Trouble } from "../../parts/notices.tsx";
import styles from "./start-worker.module.css";

export function StartWorker({ onClose }: { onClose(): void }) {
  const server = useQuery({ queryKey: keys.server, queryFn: () => client.server() });
  return (
    <Dialog
      title="Start a worker"
      lead="On any machine that reaches this server and has Octopus."
      isOpen
      isWide
      onClose={onClose}
      actions={<Button onClick={onClose}>Done</Button>}
    >
      {server.data !== undefined ? (
        <Lines server={server.data} />
      ) : server.error !== null ? (
        <Trouble error={server.error} retry={() => void server.refetch()} />
      ) : (
        <Loading />
      )}
    </Dialog>
  );
}

interface ServerFacts {
  urls: string[];
  fingerprint?: string | undefined;
  isOpen: boolean;
}

function Lines({ server }: { server: ServerFacts }) {
  const isAdmin = useMay("admin");
  const [name, setName] = useState("");
  const [slots, setSlots] = useState("");
  const [labels, setLabels] = useState("");
  const make = useAction({
    run: (worker: string) =>
      client.createToken({ name: worker === "" ? "worker" : worker, role: "worker", ...(worker !== "" && { worker }) }),
    stale: [keys.tokens],
    isQuiet: true,
  });
  const [join, setJoin] = useState<string>();
  const url = inNamespace(server.urls[0] ?? address);
  const create = (): void => make.run(name.trim(), { onSuccess: (token) => setJoin(token.join) });
  return (
    <div className={styles["all"]}>
      <div className={styles["fields"]}>
        <TextInput
          label="Name"
          hint="Empty: its machine's name"
          value={name}
          onChange={setName}
          disabled={join !== undefined}
          error={issuesOf(make.error).get("worker") ?? issuesOf(make.error).get("name")}
        />
        <TextInput
          label="Slots"
          hint="Empty: two for each core, at least 4"
          inputMode="numeric"
          value={slots}
          onChange={setSlots}
        />
        <TextInput label="Labels" hint="zone=attic,disk=ssd" value={labels} onChange={setLabels} />
      </div>
      {!server.isOpen && isAdmin && join === undefined && (
        <Remark
          tone="busy"
          actions={
            <Button kind="main" isBusy={make.isPending} onClick={create}>
              Create a join token
            </Button>
          }
        >
          This server lets in workers with a token.{" "}
          {name.trim() === "" ? "One for any worker" : `One for ${name.trim()} alone`} is shown here this once.
        </Remark>
      )}
      {make.error !== null && <Remark tone="bad">{wordsOf(make.error)}</Remark>}
      {!server.isOpen && !isAdmin && (
        <Remark tone="off">
          Only an admin makes join tokens. Without one, a worker waits until somebody lets it in.
        </Remark>
      )}
      {join !== undefined && (
        <Remark tone="warn">
          The token in these lines is shown this once. Whoever has it can be a worker of this server.
        </Remark>
      )}
      <ol className={styles["lines"]}>
        {joinLines({ ...server, url }, join, { name, slots, labels }).map(({ title, hint, line }) => (
          <li key={title}>
            <p className={styles["title"]}>{title}</p>
            <CodeLine text={line} what="the command" />
            <p className={styles["hint"]}>{hint}</p>
          </li>
        ))}
      </ol>
      {server.urls.length > 1 && (
        <p className={styles["hint"]}>Other addresses of this server: {server.urls.slice(1).join(", ")}</p>
      )}
    </div>
  );
}

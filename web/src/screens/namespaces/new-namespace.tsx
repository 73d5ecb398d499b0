/** A new namespace: its name, and then, once, the tokens that it begins with. */
import { useState } from "react";
import type { CreatedNamespaceView } from "@octopus/protocol/namespace.ts";
import { shellQuote } from "@octopus/view/commands.ts";
import { useAction } from "../../data/action.ts";
import { mainClient } from "../../data/client.ts";
import { addressOf } from "../../data/here.ts";
import { keys } from "../../data/keys.ts";
import { issuesOf, wordsOf } from "../../data/words.ts";
import { Button } from "../../parts/button.tsx";
import { CodeLine } from "../../parts/code-line.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { TextInput } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { Remark } from "../../parts/notices.tsx";
import styles from "./namespaces.module.css";

export function NewNamespace({ onClose, onMade }: { onClose(): void; onMade(made: CreatedNamespaceView): void }) {
  const [name, setName] = useState("");
  const make = useAction({
    run: () => mainClient.createNamespace(name),
    stale: [keys.namespaces],
    isQuiet: true,
    onDone: onMade,
  });
  const error = make.error === null ? undefined : (issuesOf(make.error).get("name") ?? wordsOf(make.error));
  return (
    <FormDialog
      title="New namespace"
      lead="It begins empty: with an arm default, and without workers."
      deed="Create namespace"
      isBusy={make.isPending}
      isReady={name !== ""}
      onSend={() => make.run()}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        hint={name === "" ? "Small letters, digits and -: it stands in addresses, and stays" : `${addressOf(name)}/ui/`}
        placeholder="team-a"
        value={name}
        onChange={(value) => {
          setName(value.trim().toLowerCase());
          make.reset();
        }}
        error={error}
        maxLength={60}
      />
    </FormDialog>
  );
}

/** Closing takes a deed: what was not copied is gone. */
export function FirstSecrets({ made: { name, tokens }, onClose }: { made: CreatedNamespaceView; onClose(): void }) {
  const url = addressOf(name);
  return (
    <Dialog
      title={`${name} is there`}
      isOpen
      isWide
      onClose={onClose}
      actions={
        <>
          <Button onClick={onClose}>{tokens === undefined ? "Stay here" : "I have copied them"}</Button>
          <Button kind="main" onClick={() => window.location.assign(`${url}/ui/`)}>
            Go to {name}
          </Button>
        </>
      }
    >
      <div className={styles["form"]}>
        {tokens === undefined ? (
          <>
            <p className={styles["hint"]}>It has no worker yet. On this machine, or another that reaches it:</p>
            <CodeLine text={`octopus worker --server ${shellQuote(url)}`} what="the command" />
            <p className={styles["hint"]}>Commands work in it with its name:</p>
            <CodeLine text={`octopus ls --namespace ${name}`} what="the command" />
          </>
        ) : (
          <>
            <Remark tone="warn">These are shown this once, and kept nowhere.</Remark>
            <p className={styles["hint"]}>The token of its first admin, who makes more for others:</p>
            <CodeLine text={tokens.admin} what="the token" />
            <p className={styles["hint"]}>The start of its first worker, on whichever machine:</p>
            <CodeLine text={`octopus worker --join ${tokens.join}`} what="the command" />
          </>
        )}
      </div>
    </Dialog>
  );
}

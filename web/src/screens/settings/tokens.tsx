/** Tokens: who may do what. The secret of a new one is shown once, here, and kept nowhere. */
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { ACCESS_ROLES, type AccessRole } from "@octopus/base/words.ts";
import type { TokenCreatedView, TokenView } from "@octopus/protocol/access.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useSession } from "../../data/session.ts";
import { issuesOf } from "../../data/words.ts";
import { Button } from "../../parts/button.tsx";
import { CodeLine } from "../../parts/code-line.tsx";
import { Dialog, useConfirm } from "../../parts/dialog.tsx";
import { Select, TextInput } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { Empty, Loading, Remark, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { StateMark } from "../../parts/state-mark.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import { Ago } from "../../parts/times.tsx";
import styles from "./settings.module.css";

const MARKS = { active: "online", expired: "expired", revoked: "cancelled" } as const;
const ROLE_WORDS: Readonly<Record<AccessRole, string>> = {
  viewer: "viewer: looks",
  submitter: "submitter: submits tasks and runs",
  operator: "operator: changes arms, schedules, workers",
  admin: "admin: everything",
  worker: "worker: takes tasks",
};

export function Tokens() {
  const { token: own } = useSession();
  const { data, error, refetch } = useQuery({ queryKey: keys.tokens, queryFn: () => client.tokens() });
  const [isMaking, setMaking] = useState(false);
  if (data === undefined)
    return error === null ? <Loading lines={4} /> : <Trouble error={error} retry={() => void refetch()} />;
  const columns: readonly Column<TokenView>[] = [
    { title: "Name", cell: ({ name, id }) => (id === own ? `${name} (yours)` : name), isWide: true },
    { title: "Role", cell: ({ role }) => role },
    { title: "For", cell: scopeText, isMinor: true },
    { title: "State", cell: ({ state }) => <StateMark state={MARKS[state]} withLabel label={state} /> },
    {
      title: "Expires",
      cell: ({ expiresAt }) => (expiresAt === undefined ? "never" : <Ago at={expiresAt} />),
      isMinor: true,
    },
    {
      title: "Last used",
      cell: ({ lastUsedAt, lastAddress }) =>
        lastUsedAt === undefined ? (
          ""
        ) : (
          <>
            <Ago at={lastUsedAt} /> from {lastAddress}
          </>
        ),
      isMinor: true,
    },
    { title: "Made", cell: ({ createdAt }) => <Ago at={createdAt} />, isMinor: true },
    { title: "Deed", cell: (token) => <Revoke token={token} isOwn={token.id === own} /> },
  ];
  return (
    <div className={styles["all"]}>
      <div>
        <Button kind="main" icon={<Plus aria-hidden />} onClick={() => setMaking(true)}>
          New token
        </Button>
      </div>
      <Panel isFlush>
        {data.length === 0 ? (
          <Empty title="There are no tokens">
            This server asks for none as long as only its own machine reaches it. Make one before you open it to others.
          </Empty>
        ) : (
          <Table label="Tokens" columns={columns} rows={data} keyOf={({ id }) => id} />
        )}
      </Panel>
      {isMaking && <NewToken onClose={() => setMaking(false)} />}
    </div>
  );
}

function scopeText({ arms, worker }: TokenView): string {
  const parts = [arms && `arms ${arms.join(", ")}`, worker && `worker ${worker}`].filter(Boolean);
  return parts.length === 0 ? "all" : parts.join("; ");
}

function Revoke({ token: { id, name, state, role }, isOwn }: { token: TokenView; isOwn: boolean }) {
  const confirm = useConfirm();
  const revoke = useAction({
    run: () => client.revokeToken(id),
    done: () => `${name} is revoked`,
    stale: [keys.tokens, keys.session],
  });
  if (state !== "active") return null;
  const ask = async (): Promise<void> => {
    const own = isOwn ? "You are signed in with it, and signed out at once. " : "";
    const isSure = await confirm({
      title: `Revoke ${name}?`,
      text: `${own}Whoever uses it is refused from now on${role === "worker" ? ", and its worker is disconnected" : ""}. It cannot be given back.`,
      deed: "Revoke token",
      isDanger: true,
    });
    if (isSure) revoke.run();
  };
  return (
    <Button isSmall kind="danger" isBusy={revoke.isPending} onClick={() => void ask()} aria-label={`Revoke ${name}`}>
      Revoke
    </Button>
  );
}

function NewToken({ onClose }: { onClose(): void }) {
  const [made, setMade] = useState<TokenCreatedView>();
  return made === undefined ? (
    <TokenForm onMade={setMade} onClose={onClose} />
  ) : (
    <Secret token={made} onClose={onClose} />
  );
}

function TokenForm({ onMade, onClose }: { onMade(token: TokenCreatedView): void; onClose(): void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<AccessRole>("operator");
  const [arms, setArms] = useState("");
  const [worker, setWorker] = useState("");
  const [expires, setExpires] = useState("");
  const make = useAction({
    run: () => {
      const named = arms.split(/[\s,]+/).filter(Boolean);
      return client.createToken({
        ...{ name: name.trim(), role },
        ...(named.length > 0 && { arms: named }),
        ...(role === "worker" && worker.trim() !== "" && { worker: worker.trim() }),
        ...(expires.trim() !== "" && { expires: expires.trim() }),
      });
    },
    stale: [keys.tokens],
    isQuiet: true,
    onDone: onMade,
  });
  const issues = issuesOf(make.error);
  return (
    <FormDialog
      title="New token"
      lead="Its secret is shown once."
      deed="Create token"
      isBusy={make.isPending}
      isReady={name.trim() !== ""}
      error={issues.size === 0 ? make.error : undefined}
      onSend={() => make.run()}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        hint="What it is for; it stands in lists and in the audit log"
        value={name}
        onChange={setName}
        error={issues.get("name")}
      />
      <Select
        label="Role"
        options={ACCESS_ROLES.map((value) => ({ value, label: ROLE_WORDS[value] }))}
        value={role}
        onChange={(value) => setRole(value as AccessRole)}
        error={issues.get("role")}
      />
      <TextInput
        label="Only these arms"
        hint="With commas; empty: all"
        value={arms}
        onChange={setArms}
        error={[...issues].find(([path]) => path.startsWith("arms"))?.[1]}
      />
      {role === "worker" && (
        <TextInput
          label="Only this worker"
          hint="The only name that its worker may have; empty: any"
          value={worker}
          onChange={setWorker}
          error={issues.get("worker")}
        />
      )}
      <TextInput
        label="Good for"
        hint="90d, 12h; empty: until it is revoked"
        value={expires}
        onChange={setExpires}
        error={issues.get("expires")}
      />
    </FormDialog>
  );
}

/** Closing takes a deed: what was not copied is gone. */
function Secret({
  token: { name, role, secret, join, fingerprint },
  onClose,
}: {
  token: TokenCreatedView;
  onClose(): void;
}) {
  return (
    <Dialog
      title={`The secret of ${name}`}
      isOpen
      isWide
      onClose={onClose}
      actions={
        <Button kind="main" onClick={onClose}>
          I have copied it
        </Button>
      }
    >
      <div className={styles["secret"]}>
        <Remark tone="warn">It is shown this once, and kept nowhere. Whoever has it has the role {role}.</Remark>
        {join === undefined ? (
          <CodeLine text={secret} what="the secret" />
        ) : (
          <>
            <p className={styles["hint"]}>The join token: all that a worker needs.</p>
            <CodeLine text={`octopus worker --join ${join}`} what="the command" />
            <p className={styles["hint"]}>The bare secret</p>
            <CodeLine text={secret} what="the secret" />
          </>
        )}
        {fingerprint !== undefined && (
          <p className={styles["hint"]}>
            Fingerprint of this server: <code>{fingerprint}</code>
          </p>
        )}
      </div>
    </Dialog>
  );
}

/** The policy of commands: its rules in the order in which they are asked, and what a command would meet. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { POLICY_ROLES } from "@octopus/base/words.ts";
import type { PolicyRuleView, PolicyVerdict } from "@octopus/protocol/policy.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { wordsOf } from "../../data/words.ts";
import { Button } from "../../parts/button.tsx";
import { Chip } from "../../parts/chips.tsx";
import { Select, TextArea } from "../../parts/field.tsx";
import { Empty, Loading, Remark, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { type Column, Table } from "../../parts/table.tsx";
import styles from "./settings.module.css";

const MODE_WORDS = {
  off: "Off: commands are not judged.",
  warn: "It warns: what a rule denies is submitted, and said to be odd.",
  enforce: "It is enforced: what a rule denies is refused.",
} as const;
const TONES = { allow: "good", warn: "warn", deny: "bad" } as const;

const COLUMNS: readonly Column<PolicyRuleView>[] = [
  { title: "Rule", cell: ({ name }) => <code>{name}</code> },
  { title: "Effect", cell: ({ effect }) => <Chip tone={TONES[effect]}>{effect}</Chip> },
  { title: "Why", cell: ({ why }) => <span className={styles["wrap"]}>{inertLine(why ?? "")}</span>, isWide: true },
  { title: "Arms", cell: ({ arms }) => arms?.join(", ") ?? "all", isMinor: true },
  { title: "Roles", cell: ({ roles }) => roles?.join(", ") ?? "all", isMinor: true },
  { title: "From", cell: ({ from }) => (from === "octopus" ? "Octopus" : "the settings"), isMinor: true },
];

export function Policy() {
  const { data, error, refetch } = useQuery({ queryKey: keys.policy, queryFn: () => client.policy() });
  if (data === undefined)
    return error === null ? <Loading lines={5} /> : <Trouble error={error} retry={() => void refetch()} />;
  const arms = Object.entries(data.arms);
  return (
    <div className={styles["all"]}>
      <Remark tone={data.mode === "enforce" ? "good" : data.mode === "warn" ? "warn" : "off"}>
        {MODE_WORDS[data.mode]}
      </Remark>
      <TryCommand />
      <Panel title={`Rules (${data.rules.length})`} isFlush>
        {data.rules.length === 0 ? (
          <Empty title="There are no rules">Rules stand in the configuration, under `policy`.</Empty>
        ) : (
          <Table
            label="Rules of the policy"
            columns={COLUMNS}
            rows={data.rules}
            keyOf={({ name, from }) => `${from} ${name}`}
          />
        )}
      </Panel>
      {arms.length > 0 && (
        <Panel title="Arms with rules of their own" isFlush>
          <Table
            label="Arms with rules of their own"
            rows={arms}
            keyOf={([name]) => name}
            columns={[
              { title: "Arm", cell: ([name]) => name },
              { title: "Mode", cell: ([, { mode }]) => mode ?? data.mode },
              { title: "Only these programs", cell: ([, { only }]) => only?.join(", ") ?? "any", isWide: true },
            ]}
          />
        </Panel>
      )}
    </div>
  );
}

function TryCommand() {
  const [command, setCommand] = useState("");
  const [arm, setArm] = useState("");
  const [role, setRole] = useState("");
  const [verdict, setVerdict] = useState<PolicyVerdict>();
  const arms = useQuery({ queryKey: keys.arms, queryFn: () => client.arms() });
  const check = useAction({
    run: () =>
      client.checkCommand({
        command,
        ...(arm !== "" && { arm }),
        ...(role !== "" && { role: role as (typeof POLICY_ROLES)[number] }),
      }),
    isQuiet: true,
    onDone: setVerdict,
  });
  const change = (set: (value: string) => void) => (value: string) => {
    set(value);
    setVerdict(undefined);
    check.reset();
  };
  return (
    <Panel title="Try a command">
      <form
        className={styles["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          if (command.trim() !== "") check.run();
        }}
      >
        <TextArea label="Command" rows={2} placeholder="rm -rf /" value={command} onChange={change(setCommand)} />
        <div className={styles["fields"]}>
          <Select
            label="Arm"
            options={[
              { value: "", label: "default" },
              ...(arms.data ?? [])
                .filter(({ name }) => name !== "default")
                .map(({ name }) => ({ value: name, label: name })),
            ]}
            value={arm}
            onChange={change(setArm)}
          />
          <Select
            label="Submitted by"
            options={[{ value: "", label: "me" }, ...POLICY_ROLES.map((value) => ({ value, label: value }))]}
            value={role}
            onChange={change(setRole)}
          />
        </div>
        <div>
          <Button type="submit" isBusy={check.isPending} disabled={command.trim() === ""}>
            Judge it
          </Button>
        </div>
        {check.error !== null && <Remark tone="bad">{wordsOf(check.error)}</Remark>}
        {verdict !== undefined && <Verdict verdict={verdict} />}
      </form>
    </Panel>
  );
}

function Verdict({ verdict: { verdict, mode, findings } }: { verdict: PolicyVerdict }) {
  const words = {
    allow: "It may be submitted.",
    warn: "It may be submitted, with a warning.",
    deny: "It is refused.",
  }[verdict];
  return (
    <section className={styles["findings"]} aria-live="polite" aria-label="Verdict">
      <Remark tone={TONES[verdict]}>
        {words} {mode === "off" && "Nothing is judged here."}
      </Remark>
      {findings.map(({ rule, effect, command, why }) => (
        <p key={`${rule} ${command}`}>
          <Chip tone={TONES[effect]}>{effect}</Chip> <code>{rule}</code> finds <code>{inertLine(command)}</code>:{" "}
          {inertLine(why)}
        </p>
      ))}
    </section>
  );
}

/**
 * A retry with other params: a form of what the run's own text says of them, or JSON beside it, with the values that the run
 * has. What was typed stays when the server says no.
 */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { OctopusError } from "@octopus/base/errors.ts";
import type { Json } from "@octopus/base/words.ts";
import type { RunDetail } from "@octopus/protocol/run-views.ts";
import { formOf } from "@octopus/view/form.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useAction } from "../../data/action.ts";
import { Dialog } from "../../parts/dialog.tsx";
import { Select } from "../../parts/field.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { Loading } from "../../parts/notices.tsx";
import { ParamsForm, type ParamsInput, paramsOf, startOf } from "../../parts/params-form.tsx";
import { useRunText } from "./run-data.ts";
import styles from "./retry-dialog.module.css";

type What = "failed" | "all" | "task" | "downstream";
type Params = Record<string, Json>;

interface RetryDialogProps {
  run: RunDetail;
  task: string | undefined;
  onClose(): void;
}

export function RetryDialog(props: RetryDialogProps) {
  const { run, onClose } = props;
  const { data, isLoading } = useParamsSchema(run);
  // Without one, because the run was made by a program or its text is not right any more, JSON is all that can be offered.
  if (!isLoading) return <Ready {...props} schema={data} />;
  return (
    <Dialog title={`Retry ${run.id}`} isOpen onClose={onClose}>
      <Loading />
    </Dialog>
  );
}

/** Of the text that the run was made from, not of the newest version. */
function useParamsSchema(run: RunDetail) {
  const { id, definitionHash, workflow } = run;
  const text = useRunText(run);
  const { definition, files } = text.data ?? {};
  const schema = useQuery({
    queryKey: keys.params(definitionHash ?? id),
    queryFn: async () => {
      const written = { definition: definition!, source: `${workflow}.yaml`, ...(files !== undefined && { files }) };
      return (await client.checkWorkflow(written, { plan: true })).params ?? null;
    },
    enabled: definition !== undefined,
  });
  return { data: schema.data, isLoading: text.isLoading || schema.isLoading };
}

function Ready({ run, task, onClose, schema }: RetryDialogProps & { schema: Params | null | undefined }) {
  const form = useMemo(() => formOf(schema ?? undefined), [schema]);
  const before = useMemo(() => run.params ?? {}, [run.params]);
  const [input, setInput] = useState<ParamsInput>(() =>
    form.fields.length > 0 ? startOf(form, before) : { is: "json", text: JSON.stringify(before, undefined, 2) },
  );
  const [what, setWhat] = useState<What>(task === undefined ? "failed" : "task");
  const [isTold, setTold] = useState(false);
  const { json, errors } = paramsOf(form, input);
  const changed = changesOf(before, withPresets(json, schema));
  const retry = useAction({
    run: () =>
      client.retryRun(run.id, {
        ...(what === "failed" || what === "all" ? { from: what } : { task: task!, downstream: what === "downstream" }),
        ...(Object.keys(changed).length > 0 && { params: changed }),
      }),
    done: () => `${run.id} goes on.`,
    stale: [keys.run(run.id), ["runs"], ["tasks"]],
    onDone: onClose,
    isQuiet: true,
  });
  const names = Object.keys(changed);
  const kept = Object.keys(before).filter((name) => json[name] === undefined && !names.includes(name));
  const refused = retry.error instanceof OctopusError ? retry.error.issues : [];
  const issues = [
    ...(isTold || input.is === "json" ? errors : []),
    ...refused.map(({ path, message }) => ({ path: path.replace(/^params\./, ""), message })),
  ];
  const send = (): void => {
    setTold(true);
    if (errors.length === 0) retry.run();
  };
  return (
    <FormDialog
      title={`Retry ${run.id}`}
      lead="Tasks that are done again see these params; what stays as it is has seen the old ones."
      deed={names.length === 0 ? "Retry with the same params" : `Retry with ${names.length} changed`}
      isBusy={retry.isPending}
      error={retry.error}
      onSend={send}
      onClose={onClose}
    >
      <Select label="Do again" value={what} onChange={(value) => setWhat(value as What)} options={optionsFor(task)} />
      {form.fields.length === 0 && Object.keys(before).length === 0 && schema != null ? (
        <p className={styles["said"]}>It asks for no params.</p>
      ) : (
        <>
          <ParamsForm form={form} input={input} onChange={setInput} issues={issues} />
          <p className={styles["said"]} role="status">
            {names.length === 0 ? "Nothing is changed yet." : `Changed: ${names.join(", ")}.`}
            {errors.length === 0 && kept.length > 0 && ` Left out, and so they stay as they were: ${kept.join(", ")}.`}
          </p>
        </>
      )}
    </FormDialog>
  );
}

function optionsFor(task: string | undefined): { value: What; label: string }[] {
  return [
    { value: "failed", label: "what failed, and what could not run for that" },
    { value: "all", label: "all of it" },
    ...(task === undefined
      ? []
      : [
          { value: "task" as const, label: `only ${task}` },
          { value: "downstream" as const, label: `${task} and what needs it` },
        ]),
  ];
}

/** A field that was cleared means what its workflow says, not what the run had. */
function withPresets(json: Params, schema: Params | null | undefined): Params {
  const fields = Object.entries((schema?.["properties"] ?? {}) as Record<string, { default?: Json }>);
  const presets = fields.flatMap(([name, { default: preset }]) => (preset === undefined ? [] : [[name, preset]]));
  return { ...(Object.fromEntries(presets) as Params), ...json };
}

/** Only what differs is sent: params that a workflow has gained or lost since are none of a reader's business here. */
function changesOf(before: Params, after: Params): Params {
  return Object.fromEntries(
    Object.entries(after).filter(([name, value]) => JSON.stringify(before[name]) !== JSON.stringify(value)),
  );
}

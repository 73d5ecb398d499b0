/**
 * Starts a run: a form made of what the workflow says of its params, the same as JSON, and what a run may be told beside.
 * An address can hold values, so that a link with them can be sent to somebody who only has to agree.
 */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Play } from "lucide-react";
import { useMemo, useState } from "react";
import { OctopusError } from "@octopus/base/errors.ts";
import type { Json } from "@octopus/base/words.ts";
import type { WorkflowDetail } from "@octopus/protocol/run-views.ts";
import { formOf } from "@octopus/view/form.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { useSearchText } from "../../app/search.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { uiPath } from "../../data/here.ts";
import { keys } from "../../data/keys.ts";
import { Copy } from "../../parts/copy.tsx";
import { Dialog } from "../../parts/dialog.tsx";
import { FormDialog } from "../../parts/form-dialog.tsx";
import { Loading, Remark, Trouble } from "../../parts/notices.tsx";
import { ParamsForm, type ParamsInput, paramsOf, startOf } from "../../parts/params-form.tsx";
import { NO_OPTIONS, type RunOptions, RunOptionsForm } from "./run-options.tsx";
import styles from "./workflow.module.css";

export function RunDialog({ name, onClose }: { name: string; onClose(): void }) {
  const { data, error, refetch } = useQuery({ queryKey: keys.workflow(name), queryFn: () => client.workflow(name) });
  if (data !== undefined) return <Ready key={data.definitionHash} workflow={data} onClose={onClose} />;
  return (
    <Dialog title={`Run ${inertLine(name)}`} isOpen onClose={onClose}>
      {error === null ? <Loading /> : <Trouble error={error} retry={() => void refetch()} />}
    </Dialog>
  );
}

/** Values that the address gives; none where it holds something else. */
function useGiven(): Record<string, Json> {
  const [text] = useSearchText("params");
  return useMemo(() => {
    try {
      const value = JSON.parse(text) as Json;
      return typeof value === "object" && value !== null && !Array.isArray(value) ? value : {};
    } catch {
      return {};
    }
  }, [text]);
}

function Ready({ workflow, onClose }: { workflow: WorkflowDetail; onClose(): void }) {
  const { name, description, params } = workflow;
  const form = useMemo(() => formOf(params), [params]);
  const given = useGiven();
  const [input, setInput] = useState<ParamsInput>(() => startOf(form, given));
  const [options, setOptions] = useState<RunOptions>(NO_OPTIONS);
  const [isTold, setTold] = useState(false);
  const navigate = useNavigate();
  const { json, errors } = paramsOf(form, input);
  const run = useAction({
    run: () => client.runWorkflow(name, { params: json, ...options.told }),
    isQuiet: true,
    stale: [["runs"], keys.grid(name), keys.workflows],
    done: ({ id, warnings = [] }) =>
      warnings.length === 0
        ? `${id} has begun`
        : `${id} has begun; ${warnings.map(({ message }) => message).join("; ")}`,
    leave: ({ id }) => void navigate({ to: "/runs/$id", params: { id } }),
  });
  const start = (): void => {
    setTold(true);
    if (errors.length === 0 && options.problem === undefined) run.run();
  };
  const issues = run.error instanceof OctopusError ? run.error.issues : [];
  const said = [
    ...(isTold ? errors : []),
    ...issues.map(({ path, message }) => ({ path: path.replace(/^params\./, ""), message })),
  ];
  return (
    <FormDialog
      title={`Run ${inertLine(name)}`}
      {...(description !== undefined && { lead: cutTo(inertLine(description), LEAD_MAX) })}
      tools={<Copy text={() => linkTo(name, json)} what="a link to this form with these values" label="Copy link" />}
      deed="Run"
      icon={<Play aria-hidden />}
      isBusy={run.isPending}
      error={run.error}
      onSend={start}
      onClose={onClose}
    >
      {params === undefined && (
        <Remark tone="warn">
          The definition is not right any more, so that its params are not known; see the tab Definition.
        </Remark>
      )}
      {form.fields.length === 0 && params !== undefined ? (
        <p className={styles["minor"]}>It asks for nothing.</p>
      ) : (
        <ParamsForm form={form} input={input} onChange={setInput} issues={said} />
      )}
      <RunOptionsForm options={options} onChange={setOptions} isTold={isTold} />
    </FormDialog>
  );
}

/** Of a description; the page shows all of it. */
const LEAD_MAX = 240;

function cutTo(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

function linkTo(name: string, params: Record<string, Json>): string {
  const search = new URLSearchParams({ run: "1", params: JSON.stringify(params) });
  return `${window.location.origin}${uiPath}/workflows/${encodeURIComponent(name)}?${search.toString()}`;
}

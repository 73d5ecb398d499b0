/** The actions of a plugin: what each takes, as a form to try it. What it does is a task like any other. */
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { isEnded, type Json } from "@octopus/base/words.ts";
import type { PluginDetail } from "@octopus/protocol/plugin.ts";
import { formOf } from "@octopus/view/form-fields.ts";
import { placeIssues } from "@octopus/view/form-path.ts";
import { emptyForm, type FormValue, readForm } from "@octopus/view/form.ts";
import { inert, inertLine } from "@octopus/view/inert.ts";
import { useSearchText } from "../../app/search.ts";
import { useAction } from "../../data/action.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { useMay } from "../../data/session.ts";
import { issuesOf, wordsOf } from "../../data/words.ts";
import { Button } from "../../parts/button.tsx";
import { JsonTree } from "../../parts/json-tree.tsx";
import { TaskLink } from "../../parts/links.tsx";
import { Empty, Remark } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { SchemaForm } from "../../parts/schema-form.tsx";
import { StateBadge } from "../../parts/state-mark.tsx";
import { Took } from "../../parts/times.tsx";
import styles from "./plugins.module.css";

export function TryAction({ plugin }: { plugin: PluginDetail }) {
  const [said, setSaid] = useSearchText("action");
  const action = plugin.actions.includes(said) ? said : plugin.actions[0];
  if (action === undefined)
    return (
      <Panel>
        <Empty title="It has no actions that can be seen">
          An action is a function of its entry whose name does not begin with _.
        </Empty>
      </Panel>
    );
  return (
    <Panel>
      <div className={styles["action"]}>
        <ul className={styles["names"]} aria-label="Actions">
          {plugin.actions.map((name) => (
            <li key={name}>
              <button
                type="button"
                className={styles["name"]}
                aria-pressed={name === action}
                onClick={() => setSaid(name)}
              >
                <code>{name}</code>
                {plugin.manifest?.actions?.[name]?.description !== undefined && (
                  <span className={styles["hint"]}> {inertLine(plugin.manifest.actions[name].description)}</span>
                )}
              </button>
            </li>
          ))}
        </ul>
        <ActionForm key={`${action}@${plugin.version}`} plugin={plugin} action={action} />
      </div>
    </Panel>
  );
}

function ActionForm({ plugin, action }: { plugin: PluginDetail; action: string }) {
  const maySubmit = useMay("submitter");
  const inputs = plugin.manifest?.actions?.[action]?.inputs;
  const form = useMemo(() => formOf((inputs ?? { type: "object" }) as Json), [inputs]);
  const [values, setValues] = useState<FormValue>(emptyForm);
  const [isTried, setTried] = useState(false);
  const [task, setTask] = useState<string>();
  const read = useMemo(() => readForm(form, values), [form, values]);
  const submit = useAction({
    run: () =>
      client.submit({
        plugin: { name: plugin.name, action, ...(Object.keys(read.json).length > 0 && { kwargs: read.json }) },
      }),
    isQuiet: true,
    onDone: ({ id }) => setTask(id),
  });
  const asked = [...issuesOf(submit.error)].map(([path, message]) => ({
    path: path.replace(/^plugin\.kwargs\.?/, ""),
    message,
  }));
  const placed = placeIssues(form, [...(isTried ? read.errors : []), ...asked]);
  return (
    <form
      className={styles["form"]}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (read.errors.length === 0) submit.run();
      }}
    >
      {inputs === undefined && (
        <p className={styles["hint"]}>It does not say what it takes; values by name can be given as JSON.</p>
      )}
      <SchemaForm form={form} values={values} onChange={setValues} issues={placed.at} />
      {submit.error !== null && <Remark tone="bad">{wordsOf(submit.error)}</Remark>}
      {maySubmit && (
        <div>
          <Button kind="main" type="submit" isBusy={submit.isPending}>
            Try {action}
          </Button>
        </div>
      )}
      {task !== undefined && <Outcome id={task} />}
    </form>
  );
}

/** What became of the call; the stream tells when it goes on. */
function Outcome({ id }: { id: string }) {
  const { data: task } = useQuery({ queryKey: keys.task(id), queryFn: () => client.task(id) });
  if (task === undefined) return null;
  const { state, startedAt, endedAt, error, result } = task;
  return (
    <section aria-label="What became of it" aria-live="polite" className={styles["form"]}>
      <p>
        <StateBadge state={state} /> <TaskLink id={id} />{" "}
        {startedAt !== undefined && (
          <span className={styles["hint"]}>
            took <Took from={startedAt} to={endedAt} />
          </span>
        )}
      </p>
      {error !== undefined && <Remark tone="bad">{inert(error.message)}</Remark>}
      {isEnded(state) && result !== undefined && <JsonTree value={result} label="Result" />}
    </section>
  );
}

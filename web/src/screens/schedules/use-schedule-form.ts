/**
 * The state of a schedule's form while others may change the same schedule.
 *
 * SE1  What somebody else changes meanwhile shows in the form at once, unless it was changed here, too; that is told, and
 *      the next save puts this form's in its place.
 * SE2  Before it saves it reads once more: nothing is replaced that nobody here was told of.
 */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { OctopusError } from "@octopus/base/errors.ts";
import type { ScheduleView } from "@octopus/protocol/schedule-views.ts";
import { EMPTY_SCHEDULE, formOfSchedule, readScheduleForm, type ScheduleForm } from "@octopus/view/schedule-form.ts";
import { isOther, mergeSchedule } from "@octopus/view/schedule-merge.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";

interface Editing {
  form: ScheduleForm;
  /** What the server had when this form last saw it. */
  before: ScheduleForm;
  /** Parts that somebody else has changed since the form was opened. */
  taken: readonly string[];
  /** Those of them that were changed here, too, and not to the same. */
  disputed: readonly string[];
}

export function useScheduleForm(schedule: ScheduleView | undefined, wanted: string) {
  const [editing, setEditing] = useState<Editing>(() => {
    const form = schedule === undefined ? newForm(wanted) : formOfSchedule(schedule);
    return { form, before: form, taken: [], disputed: [] };
  });
  const [isNewest, setNewest] = useState(false);
  const now = useRef(editing);
  now.current = editing;

  /** Takes over what is now on the server. Answers whether both have changed the same. */
  const follow = (view: ScheduleView): Editing => {
    const { form, before, taken, disputed } = now.current;
    const theirs = formOfSchedule(view);
    if (!isOther(before, theirs)) return now.current;
    const merged = mergeSchedule(before, form, theirs);
    const next = {
      form: merged.form,
      before: theirs,
      taken: [...new Set([...taken, ...merged.taken])],
      disputed: [...new Set([...disputed, ...merged.disputed])],
    };
    now.current = next;
    setEditing(next);
    return next;
  };
  useEffect(() => {
    if (schedule !== undefined) follow(schedule); // SE1
  }, [schedule]);

  const { form } = editing;
  const workflow = useWorkflowText(form, schedule, isNewest);
  const { submission, problems } = useMemo(() => readScheduleForm(form, workflow.text), [form, workflow.text]);

  const save = async (): Promise<ScheduleView> => {
    if (schedule === undefined) return client.createSchedule(submission);
    const told = now.current.disputed.length;
    const next = follow(await client.schedule(schedule.name)); // SE2
    if (next.disputed.length > told)
      throw new OctopusError("conflict", `Somebody else has just changed ${next.disputed.join(" and ")}, too.`);
    return client.setSchedule(readScheduleForm(next.form, workflow.text).submission);
  };

  const change = (more: Partial<ScheduleForm>): void =>
    setEditing((was) => ({ ...was, form: { ...was.form, ...more } }));
  return { ...editing, change, submission, problems, save, workflow: { ...workflow, isNewest, setNewest } };
}

/** With the zone of whoever makes it: that is what they mean by three o'clock. */
function newForm(workflow: string): ScheduleForm {
  return {
    ...EMPTY_SCHEDULE,
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    ...(workflow !== "" && { doesKind: "workflow", workflow, name: workflow }),
  };
}

interface WorkflowText {
  definition: string;
  files?: Record<string, string>;
}

/**
 * The text of the chosen workflow. A schedule keeps a copy: one that is edited goes on with its own while it names the same,
 * unless the newest is asked for.
 */
function useWorkflowText(form: ScheduleForm, schedule: ScheduleView | undefined, isNewest: boolean) {
  const isWanted = form.doesKind === "workflow" && form.workflow !== "";
  const kept = schedule?.workflow as (Partial<WorkflowText> & { source?: string }) | undefined;
  const { data, isFetching } = useQuery({
    queryKey: keys.workflow(form.workflow),
    queryFn: () => client.workflow(form.workflow),
    enabled: isWanted,
  });
  return useMemo(() => {
    const own = kept?.source === form.workflow ? textOf(kept) : undefined;
    const newest = textOf(data);
    const text = own !== undefined && !isNewest ? own : (newest ?? own);
    return {
      text: isWanted ? text : undefined,
      isReading: isFetching,
      isOld: own !== undefined && newest !== undefined && JSON.stringify(own) !== JSON.stringify(newest),
    };
  }, [isWanted, isNewest, isFetching, kept, data, form.workflow]);
}

function textOf(workflow: Partial<WorkflowText> | undefined): WorkflowText | undefined {
  if (workflow?.definition === undefined) return undefined;
  return { definition: workflow.definition, ...(workflow.files && { files: workflow.files }) };
}

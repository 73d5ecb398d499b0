/**
 * The task that is being written: as a form or as JSON, of which either is made of the other; kept for this tab until it is
 * submitted, so that nothing that was typed is lost by a wrong click.
 */
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Json } from "@octopus/base/words.ts";
import { formOf, type FormValue, readForm, valuesOf } from "@octopus/view/form.ts";
import type { GroupField } from "@octopus/view/form-fields.ts";
import { kindOf, longForm, withoutWork } from "@octopus/view/task-draft.ts";
import { type FormKind, type KnownPlugins, taskSchema } from "@octopus/view/task-schema.ts";
import { keptPlace } from "../../../data/here.ts";

export type Submission = { [key: string]: Json };

export interface Draft {
  kind: FormKind;
  isJson: boolean;
  /** What was filled in; undefined: nothing yet. */
  values: FormValue;
  text: string;
  /** What the form was made with. */
  plugins: KnownPlugins;
}

export interface DraftState extends Draft {
  form: GroupField;
  /** What it means, and what is wrong with it. */
  json: Submission;
  errors: readonly { path: string; message: string }[];
  setValues(values: FormValue): void;
  setText(text: string): void;
  setKind(kind: FormKind): void;
  /** Answers what is wrong where the JSON cannot be shown as a form. */
  showForm(): string | undefined;
  showJson(): void;
  reset(submission: Submission): void;
  /** More became known of plugins: the form has their fields, with what was typed. */
  learn(plugins: KnownPlugins): void;
}

const NOTHING_KNOWN: KnownPlugins = { plugins: [], modules: [] };

/** `place`: where it is kept; each task that is edited has a place of its own. */
export function useDraft(place: string, start: Submission, kind: FormKind): DraftState {
  const [draft, setDraft] = useState<Draft>(() => keptAt(place) ?? begin(start, kind, NOTHING_KNOWN));
  useEffect(() => keep(place, draft), [place, draft]);
  const form = useMemo(() => formOf(taskSchema(draft.kind, draft.plugins)), [draft.kind, draft.plugins]);
  const { json, errors } = useMemo(() => meaningOf(draft, form), [draft, form]);
  const learn = useCallback((plugins: KnownPlugins) => setDraft((before) => reshaped(before, plugins)), []);
  return {
    ...draft,
    form,
    json,
    errors,
    learn,
    setValues: (values) => setDraft({ ...draft, values }),
    setText: (text) => setDraft({ ...draft, text, kind: kindOf(parsed(text).json) ?? draft.kind }),
    setKind(next) {
      keptWork.set(draft.kind, onlyWork(json));
      const had = keptWork.get(next) ?? {};
      setDraft({ ...begin({ ...withoutWork(json), ...had }, next, draft.plugins), isJson: draft.isJson });
    },
    showForm() {
      const problem = errors.find(({ path }) => path === "");
      if (problem !== undefined) return problem.message;
      const next = kindOf(json);
      if (next === undefined)
        return "it has to say in one way what is done: shell, http, plugin, call, docker, wasm or uses";
      setDraft(begin(json, next, draft.plugins));
      return undefined;
    },
    showJson: () => setDraft({ ...draft, isJson: true, text: JSON.stringify(json, undefined, 2) }),
    reset: (submission) => setDraft(begin(submission, kindOf(submission) ?? draft.kind, draft.plugins)),
  };
}

function meaningOf(draft: Draft, form: GroupField): Pick<DraftState, "json" | "errors"> {
  return draft.isJson ? parsed(draft.text) : readForm(form, draft.values);
}

function reshaped(draft: Draft, plugins: KnownPlugins): Draft {
  if (JSON.stringify(plugins) === JSON.stringify(draft.plugins)) return draft;
  const { json } = readForm(formOf(taskSchema(draft.kind, draft.plugins)), draft.values);
  return { ...draft, plugins, values: valuesOf(formOf(taskSchema(draft.kind, plugins)), json) };
}

/** What was written for each kind, while the page is there. */
const keptWork = new Map<FormKind, Submission>();

function onlyWork(json: Submission): Submission {
  const rest = withoutWork(json);
  return Object.fromEntries(Object.entries(json).filter(([key]) => !Object.hasOwn(rest, key)));
}

function begin(submission: Submission, kind: FormKind, plugins: KnownPlugins): Draft {
  const long = longForm(submission);
  const values = valuesOf(formOf(taskSchema(kind, plugins)), long);
  return { kind, isJson: false, values, text: JSON.stringify(long, undefined, 2), plugins };
}

function parsed(text: string): { json: Submission; errors: { path: string; message: string }[] } {
  try {
    const json = JSON.parse(text) as Json;
    if (typeof json === "object" && json !== null && !Array.isArray(json)) return { json, errors: [] };
    return { json: {}, errors: [{ path: "", message: "the JSON of a task must be an object" }] };
  } catch (error) {
    return { json: {}, errors: [{ path: "", message: `is no JSON: ${(error as Error).message}` }] };
  }
}

const PREFIX = keptPlace("octopus.draft.");

function keptAt(place: string): Draft | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(PREFIX + place) ?? "null") as Draft | null) ?? undefined;
  } catch {
    return undefined;
  }
}

function keep(place: string, draft: Draft): void {
  try {
    sessionStorage.setItem(PREFIX + place, JSON.stringify(draft));
  } catch {
    // Too large, or not allowed: it lives as long as the page.
  }
}

export function forget(place: string): void {
  try {
    sessionStorage.removeItem(PREFIX + place);
  } catch {
    // Nothing was kept.
  }
}

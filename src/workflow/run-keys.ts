/** Keys of a task that holds a run of its own. */
import type { Json } from "../base/words.ts";
import { show } from "../protocol/parse.ts";
import { PipelineSubmission } from "../protocol/pipeline.ts";
import { hasExpression } from "./expression.ts";
import { evaluatedDeep, holdsExpression, isMapping, type KeyReader, tell } from "./keys.ts";
import type { Path } from "./problems.ts";

/** `workflow`, `pipeline` and `params`: a run inside the run. */
export const RUN_KEYS: Readonly<Record<string, KeyReader>> = {
  workflow: (value, key, place) => {
    const task = place.task!;
    if (typeof value === "string" && value !== "" && !hasExpression(value)) task.workflow.use = value;
    else if (isMapping(value)) task.workflow.definition = value;
    else tell(place, key, `must be a path, the name of a workflow, or a mapping with tasks, not ${show(value)}`);
    task.holdsRun = true;
    place.draft["call"] ??= "octopus:workflow";
  },
  pipeline: (value, key, place) => {
    if (!isMapping(value)) return tell(place, key, `must be a mapping with stages, not ${show(value)}`);
    const before = place.document.problems.count;
    const read = evaluatedDeep(value, key, place);
    place.task!.workflow.pipeline = read;
    place.task!.holdsRun = true;
    place.draft["call"] ??= "octopus:pipeline";
    if (place.document.problems.count > before || holdsExpression(read)) return;
    const parsed = PipelineSubmission.safeParse(read);
    if (parsed.success) return;
    for (const issue of parsed.error.issues.slice(0, 10)) tell(place, key, issue.message, issue.path as Path);
  },
  params: (value, key, place) => {
    if (!isMapping(value)) return tell(place, key, `must be a mapping of names to values, not ${show(value)}`);
    place.task!.workflow.params = evaluatedDeep(value, key, place) as Record<string, Json>;
  },
};

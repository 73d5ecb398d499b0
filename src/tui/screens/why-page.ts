/** Why the tasks of a run wait, did not run or failed. */
import { BOLD, DIM, stateSpan, WARN } from "../looks.ts";
import { fit, lineOf, span, wrapped } from "../spans.ts";
import { age } from "../words.ts";
import { textPage } from "./text-page.ts";

export const whyPage = textPage("explain", (found, { now }, columns) => [
  fit(lineOf(" ", span(found.id, BOLD), "  ", stateSpan(found.state)), columns),
  ...wrapped(found.summary, columns - 4).map((line) => fit(lineOf("   ", line), columns)),
  [],
  ...found.groups.flatMap((group) => {
    const until = group.until === undefined ? "" : ` (in ${age(group.until, now)})`;
    const names = group.tasks.map(({ id, name }) => (name === undefined ? id : `${name} (${id})`)).join(", ");
    const more = group.count > group.tasks.length ? ` and ${group.count - group.tasks.length} more` : "";
    return [
      fit(lineOf(" ", stateSpan(group.state, `${group.count} ${group.state.replace("_", " ")}`)), columns),
      ...wrapped(`${group.message}${until}`, columns - 4, WARN).map((line) => fit(lineOf("   ", line), columns)),
      ...wrapped(names + more, columns - 4, DIM)
        .slice(0, 3)
        .map((line) => fit(lineOf("   ", line), columns)),
      [],
    ];
  }),
  ...(found.more === true ? [fit(span("   … and more reasons, of fewer tasks each", DIM), columns)] : []),
]);

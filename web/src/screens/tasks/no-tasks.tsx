/** What stands where tasks would: nothing yet, or nothing that matches, and what to do about it. */
import { useNavigate } from "@tanstack/react-router";
import { ListChecks, Plus } from "lucide-react";
import { isEverything, printQuery, type TaskFilter, withTerm } from "@octopus/view/query.ts";
import { cliOption } from "../../data/here.ts";
import { useMay } from "../../data/session.ts";
import { Button, ButtonLink } from "../../parts/button.tsx";
import { Empty } from "../../parts/notices.tsx";
import type { ShownFilter } from "./filter.ts";

export function NoTasks({ shown: { filter, problems, setFilter } }: { shown: ShownFilter }) {
  if (problems.length > 0)
    return <Empty title="These words cannot be read">Nothing is looked for until they are corrected.</Empty>;
  return isEverything(filter) ? <NothingYet /> : <NoMatch filter={filter} onChange={setFilter} />;
}

function NothingYet() {
  const mayCreate = useMay("submitter");
  const navigate = useNavigate();
  return (
    <Empty title="There are no tasks yet" icon={<ListChecks aria-hidden />}>
      <p>
        A task is one piece of work: a command, a request, a function, a container. It is kept until it is done, and
        every try of it is remembered.
      </p>
      <p>
        <code>octopus submit{cliOption} -- echo hello</code>
      </p>
      <p>
        {mayCreate && (
          <Button
            kind="main"
            icon={<Plus aria-hidden />}
            onClick={() => void navigate({ to: "/tasks", search: { create: "shell" } as never })}
          >
            New task
          </Button>
        )}{" "}
        <ButtonLink to="/start">First steps</ButtonLink>
      </p>
    </Empty>
  );
}

function NoMatch({ filter, onChange }: { filter: TaskFilter; onChange(filter: TaskFilter): void }) {
  const terms = Object.keys(filter) as (keyof TaskFilter)[];
  return (
    <Empty title={WORDS[printQuery(filter)] ?? "No task matches"}>
      {terms.length > 1 && <p>Without one of these there may be some:</p>}
      <p>
        {terms.length > 1 &&
          terms.map((term) => (
            <Button key={term} isSmall onClick={() => onChange(withTerm(filter, term, undefined))}>
              Without {printQuery({ [term]: filter[term] })}
            </Button>
          ))}{" "}
        <Button isSmall onClick={() => onChange({})}>
          Show all tasks
        </Button>
      </p>
    </Empty>
  );
}

/** Where nothing is good news, it says so. */
const WORDS: Readonly<Record<string, string>> = {
  "state:running": "Nothing is running",
  "state:queued": "Nothing is queued",
  "state:blocked,scheduled,queued": "Nothing is waiting",
  "state:failed after:today": "Nothing has failed today",
  "is:dead": "There are no dead letters",
  "is:approval": "Nothing waits for approval",
};

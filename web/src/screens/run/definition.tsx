/** The text that this run was made from, as it was then, and how it differs from the newest. */
import { useQuery } from "@tanstack/react-query";
import { ButtonLink } from "../../parts/button.tsx";
import type { RunDetail } from "@octopus/protocol/run-views.ts";
import { inertLine } from "@octopus/view/inert.ts";
import { client } from "../../data/client.ts";
import { keys } from "../../data/keys.ts";
import { Editor } from "../../editor/editor.tsx";
import { Copy } from "../../parts/copy.tsx";
import { Empty, Loading, Remark, Trouble } from "../../parts/notices.tsx";
import { Panel } from "../../parts/page.tsx";
import { WorkflowLink } from "../../parts/links.tsx";
import { useRunText } from "./run-data.ts";
import styles from "./definition.module.css";

export function Definition({ run }: { run: RunDetail }) {
  // The list tells of all: a run of a file that was never registered is in none, and that is no error.
  const { data: registered } = useQuery({ queryKey: keys.workflows, queryFn: () => client.workflows() });
  const newest = registered?.find(({ name }) => name === run.workflow);
  const { data: text, error, refetch } = useRunText(run);
  if (text === undefined)
    return error === null ? <Loading lines={8} /> : <Trouble error={error} retry={() => void refetch()} />;
  if (text.definition === undefined) {
    return <Empty title="This run has no text">It was made by a program, or its text has been removed.</Empty>;
  }
  const isOld =
    newest !== undefined && run.definitionHash !== undefined && newest.definitionHash !== run.definitionHash;
  const files = Object.entries(text.files ?? {});
  return (
    <div className={styles["all"]}>
      {newest !== undefined && (
        <Remark
          tone={isOld ? "warn" : "off"}
          actions={
            isOld && (
              <ButtonLink
                isSmall
                to="/workflows/$name"
                params={{ name: run.workflow }}
                search={{ tab: "versions", from: run.definitionHash, to: newest.definitionHash } as never}
              >
                What has changed since
              </ButtonLink>
            )
          }
        >
          {isOld ? (
            <>
              <WorkflowLink name={run.workflow} /> has a newer version; this is the text that {run.id} runs.
            </>
          ) : (
            <>
              This is the newest version of <WorkflowLink name={run.workflow} />.
            </>
          )}
        </Remark>
      )}
      <Text title="Definition" text={text.definition} />
      {files.map(([path, text]) => (
        <Text key={path} title={inertLine(path)} text={text} />
      ))}
    </div>
  );
}

function Text({ title, text }: { title: string; text: string }) {
  return (
    <Panel title={title} actions={<Copy what="the text" text={text} />}>
      <Editor language={/^\s*[{[]/u.test(text) ? "json" : "yaml"} value={text} label={title} />
    </Panel>
  );
}

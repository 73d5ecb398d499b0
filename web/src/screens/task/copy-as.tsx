/** The same from elsewhere: as curl, and on the command line. */
import { isEnded } from "@octopus/base/words.ts";
import type { TaskDetail } from "@octopus/protocol/views.ts";
import { taskCommands } from "@octopus/view/commands.ts";
import { inert } from "@octopus/view/inert.ts";
import { address, namespaceSaid } from "../../data/here.ts";
import { useSession } from "../../data/session.ts";
import { CodeLine } from "../../parts/code-line.tsx";
import { Panel } from "../../parts/page.tsx";
import styles from "./task.module.css";

export function CopyAs({ task }: { task: TaskDetail }) {
  const needsToken = !useSession().isOpen;
  const where = { url: address, needsToken, namespace: namespaceSaid };
  const commands = taskCommands(task, where, isEnded(task.state));
  return (
    <div className={styles["all"]}>
      {needsToken && (
        <p className={styles["faint"]}>
          The commands take your token from the variable <code>$OCTOPUS_TOKEN</code>; it never stands in them.
        </p>
      )}
      {commands.map(({ title, curl, cli }) => (
        <Panel key={title} title={title}>
          <div className={styles["form"]}>
            <CodeLine text={inert(cli)} what="the command" />
            <CodeLine text={inert(curl)} what="the curl command" />
          </div>
        </Panel>
      ))}
    </div>
  );
}

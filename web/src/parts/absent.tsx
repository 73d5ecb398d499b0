/** The page of a thing that is not here: still on its way, never made or removed, or not to be read. */
import type { ReactNode } from "react";
import { OctopusError } from "@octopus/base/errors.ts";
import { Empty, Loading, Trouble } from "./notices.tsx";
import { Page, Panel } from "./page.tsx";

interface AbsentProps {
  name: string;
  above: ReactNode;
  /** `null` while it is read. */
  error: unknown;
  retry(): void;
  /** What it would be: "worker". */
  kind: string;
  /** Why there may be none, and where the others are. */
  children: ReactNode;
}

export function Absent({ name, above, error, retry, kind, children }: AbsentProps) {
  return (
    <Page title={name} above={above}>
      {error === null ? (
        <Loading lines={6} />
      ) : error instanceof OctopusError && error.code === "not_found" ? (
        <Panel>
          <Empty title={`There is no ${kind} ${name}`}>{children}</Empty>
        </Panel>
      ) : (
        <Trouble error={error} retry={retry} />
      )}
    </Page>
  );
}

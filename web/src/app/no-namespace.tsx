/** In place of the dashboard: its namespace is not there, or not any more. */
import { Layers } from "lucide-react";
import { addressOf, DEFAULT_NAMESPACE, namespace } from "../data/here.ts";
import { Empty } from "../parts/notices.tsx";

export function NoNamespace() {
  return (
    <main>
      <Empty title={`There is no namespace ${namespace}`} icon={<Layers aria-hidden />}>
        <p>Perhaps it was deleted, or the address was mistyped.</p>
        <p>
          <a href={`${addressOf(DEFAULT_NAMESPACE)}/ui/`}>To the namespace default</a>
        </p>
      </Empty>
    </main>
  );
}

/** Two texts and what is different between them: beside each other where there is room, else one in the other. */
import { lazy, Suspense } from "react";
import { Loading } from "../parts/notices.tsx";

export interface DiffProps {
  before: string;
  after: string;
  language: "yaml" | "json" | "text";
  /** What is compared, for those who do not see it. */
  label: string;
  beforeTitle: string;
  afterTitle: string;
}

const Loaded = lazy(() => import("./merge.tsx").then(({ Merge }) => ({ default: Merge })));

export function Diff(props: DiffProps) {
  return (
    <Suspense fallback={<Loading />}>
      <Loaded {...props} />
    </Suspense>
  );
}

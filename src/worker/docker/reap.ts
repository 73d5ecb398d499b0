/** Removes the containers that a worker left when it, or its engine, was killed. */
import type { EngineClient } from "./client.ts";
import { LABEL } from "./owner.ts";
import { removeContainer } from "./remove.ts";

interface Listed {
  Id: string;
  Names?: string[];
}

/** Those of this owner that are not `held`, by name. Answers how many there were; rejects when one could not be removed. */
export async function reapContainers(engine: EngineClient, owner: string, held: ReadonlySet<string>): Promise<number> {
  const filters = JSON.stringify({ label: [`${LABEL.owner}=${owner}`] });
  const listed = (await engine.call("GET", "/containers/json", { query: { all: true, filters } })) as Listed[];
  const left = listed.filter(({ Names = [] }) => !Names.some((name) => held.has(name.replace(/^\//, ""))));
  for (const { Id } of left) await removeContainer(engine, Id);
  return left.length;
}

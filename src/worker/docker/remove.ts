/** Removes a container, with all that runs in it and the volumes without a name. */
import { type EngineClient, EngineError } from "./client.ts";

const REMOVE_MS_MAX = 30_000;

/** One that is not there, or is being removed, is no fault. */
export async function removeContainer(engine: EngineClient, name: string, timeoutMs = REMOVE_MS_MAX): Promise<void> {
  try {
    await engine.call("DELETE", `/containers/${name}`, { query: { force: true, v: true }, timeoutMs });
  } catch (error) {
    if (!(error instanceof EngineError && (error.status === 404 || error.status === 409))) throw error;
  }
}

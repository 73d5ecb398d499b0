/** Actions on many tasks, and the files that tasks left. */
import type { BulkFilterSubmission, BulkSubmission } from "../protocol/bulk.ts";
import type * as views from "../protocol/views.ts";
import { segment, withQuery } from "./query.ts";
import { ScheduleCalls } from "./schedule-calls.ts";

export class BulkCalls extends ScheduleCalls {
  /** How many tasks the filter matches now. */
  async countTasks(filter: BulkFilterSubmission & { ids?: string[] | undefined }): Promise<number> {
    const of = filter.ids === undefined ? { filter } : { ids: filter.ids };
    // Every action counts the same; this one needs nothing else.
    const { count } = await this.send<{ count: number }>("POST", PATH, { action: "cancel", ...of, preview: true });
    return count;
  }

  /** Begins; `bulk` tells how far it is. */
  startBulk(action: Omit<BulkSubmission, "preview">): Promise<views.BulkView> {
    return this.send("POST", PATH, action);
  }

  /** Those that run, and the last hundred that ended, newest first. */
  bulks(): Promise<views.BulkView[]> {
    return this.items(PATH);
  }

  bulk(id: string): Promise<views.BulkView> {
    return this.get(`${PATH}/${segment(id)}`);
  }

  /** Stops it; what it has done stays done. */
  cancelBulk(id: string): Promise<views.BulkView> {
    return this.send("POST", `${PATH}/${segment(id)}/cancel`, {});
  }

  /** Files of the newest attempt that left any, or of `attempt`. */
  artifacts(id: string, attempt?: number): Promise<views.ArtifactView[]> {
    return this.items(withQuery(`/tasks/${segment(id)}/artifacts`, { attempt }));
  }

  /** The content of one file, piece by piece; throws `unreachable` when the connection breaks before its end. */
  async *readArtifact(id: string, path: string, attempt?: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const file = path.split("/").map(segment).join("/");
    yield* (await this.stream(withQuery(`/tasks/${segment(id)}/artifacts/${file}`, { attempt }), signal)).chunks;
  }
}

const PATH = "/bulk-actions";

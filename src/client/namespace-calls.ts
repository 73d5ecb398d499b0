/** Namespaces, which only `default` knows of: each one's own API is below its path. */
import type { CreatedNamespaceView, NamespaceView } from "../protocol/namespace.ts";
import { ClusterCalls } from "./cluster-calls.ts";
import { segment, withQuery } from "./query.ts";

export class NamespaceCalls extends ClusterCalls {
  /** `default` first. */
  namespaces(): Promise<NamespaceView[]> {
    return this.items("/namespaces");
  }

  namespace(name: string): Promise<NamespaceView> {
    return this.get(`/namespaces/${segment(name)}`);
  }

  /** Where tokens are asked for, the answer holds its first ones; they are never shown again. */
  createNamespace(name: string): Promise<CreatedNamespaceView> {
    return this.send("POST", "/namespaces", { name });
  }

  /** With everything in it. `force`: although tasks in it have not ended. */
  deleteNamespace(name: string, options: { force?: boolean } = {}): Promise<void> {
    return this.remove(withQuery(`/namespaces/${segment(name)}`, { force: options.force === true ? true : undefined }));
  }
}

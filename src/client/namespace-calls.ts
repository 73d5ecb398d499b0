/** Namespaces, which only `default` knows of: each one's own API is below its path. */
import type { CreatedNamespaceView, DeletedNamespaceView, NamespaceView } from "../protocol/namespace.ts";
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

  /** Those that are kept for a while, the newest first. */
  deletedNamespaces(): Promise<DeletedNamespaceView[]> {
    return this.items("/deleted-namespaces");
  }

  /** Brings a deleted one back, under the name that it had or another one. */
  undeleteNamespace(id: string, name?: string): Promise<NamespaceView> {
    return this.send("POST", `/deleted-namespaces/${segment(id)}/undelete`, { ...(name !== undefined && { name }) });
  }

  /** What is kept of it goes now. */
  purgeNamespace(id: string): Promise<void> {
    return this.remove(`/deleted-namespaces/${segment(id)}`);
  }
}

/** What can have happened to arms and quotas; a part of `event.ts`, and on disk like the rest of it. */
import type { ArmSettings, Quota } from "../asks.ts";

/** An arm was registered or set: all its settings as they are now. */
export interface ArmConfigured extends ArmSettings {
  type: "ArmConfigured";
  arm: string;
}

/** An arm without tasks was removed. */
export interface ArmRemoved {
  type: "ArmRemoved";
  arm: string;
}

/** What an owner may use; `"*"` = every owner without a quota of its own. Absent quota = it was removed. */
export interface QuotaSet {
  type: "QuotaSet";
  owner: string;
  quota?: Quota | undefined;
}

/** Triggers: what starts tasks from outside. */
import type { TriggerDraft, TriggerTest, TriggerView } from "../protocol/trigger.ts";
import { NamespaceCalls } from "./namespace-calls.ts";
import { segment } from "./query.ts";

export class TriggerCalls extends NamespaceCalls {
  async triggers(): Promise<TriggerView[]> {
    return (await this.get<{ items: TriggerView[] }>("/triggers")).items;
  }

  trigger(name: string): Promise<TriggerView> {
    return this.get(`/triggers/${segment(name)}`);
  }

  /** Also over restarts of the server. */
  pauseTrigger(name: string): Promise<TriggerView> {
    return this.send("POST", `/triggers/${segment(name)}/pause`, {});
  }

  resumeTrigger(name: string): Promise<TriggerView> {
    return this.send("POST", `/triggers/${segment(name)}/resume`, {});
  }

  /** What the event would start; nothing starts. */
  testTrigger(name: string, event: TriggerTest["event"]): Promise<TriggerDraft> {
    return this.send("POST", `/triggers/${segment(name)}/test`, { event });
  }
}

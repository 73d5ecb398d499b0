/** What is settled at a worker's hello: who it may be, the version of the link, what both sides can do beyond it. */
import type { Command } from "../../core/command.ts";
import {
  type Hello,
  LINK_FEATURES,
  LINK_VERSION,
  LINK_VERSION_MIN,
  type LinkFeature,
  type OfferAnew,
  type ToWorker,
} from "../../protocol/link.ts";
import type { WorkerOrigin } from "../api.ts";

/** Version from which a welcome says more than the session and the times. */
const RICH_WELCOME = 3;

export interface Agreement {
  version: number;
  features: LinkFeature[];
}

/** What both speak; or why there is nothing that both speak. */
export function agree({ version, features = [] }: Hello): Agreement | string {
  if (version > LINK_VERSION || version < LINK_VERSION_MIN) {
    const side = version > LINK_VERSION ? "server" : "worker";
    return `this worker speaks link version ${version}, the server ${LINK_VERSION_MIN} to ${LINK_VERSION}: update the ${side}`;
  }
  return { version, features: LINK_FEATURES.filter((feature) => features.includes(feature)) };
}

/** Why this worker may not have the name that it says, if it may not. */
export function nameRefusal({ name }: Hello, { worker }: WorkerOrigin): string | undefined {
  if (worker === undefined || worker === name) return undefined;
  return `its token is for a worker named ${worker}, not ${name}: start it with --name ${worker}, or take another token`;
}

/** The hello as core reads it. Field by field: what else a worker says of itself is nobody's business. */
export function connecting(
  hello: Hello,
  session: number,
  { local, address, arms }: WorkerOrigin,
  { version: link }: Agreement,
): Extract<Command, { type: "ConnectWorker" }> {
  const { instance, slots, host, pid, octopus, resources, units, labels, holds } = hello;
  const { kinds, functions } = hello.abilities;
  return {
    ...{ type: "ConnectWorker", worker: hello.name, session, address, link, local: local === true },
    ...{ instance, slots, kinds, functions, host, pid, octopus, resources, units, labels, holds },
    arms: allowedArms(hello.arms, arms),
  };
}

/** Its hello after an offer. Field by field: what else the message holds has passed no check. */
export function withOffer(hello: Hello, { abilities, labels }: OfferAnew): Hello {
  const { labels: _, ...rest } = hello;
  return { ...rest, abilities, ...(labels !== undefined && { labels }) };
}

/** It takes tasks of the arms that it wants and that its token allows. */
function allowedArms(wanted: readonly string[] | undefined, allowed: readonly string[] | undefined) {
  if (wanted === undefined || allowed === undefined) return (wanted ?? allowed)?.slice();
  return wanted.filter((arm) => allowed.includes(arm));
}

export interface Terms {
  session: number;
  heartbeatMs: number;
  leaseMs: number;
  cluster: string;
}

export function welcome({ version, features }: Agreement, terms: Terms): ToWorker {
  const { heartbeatMs, leaseMs, cluster } = terms;
  const plain = { type: "welcome", session: String(terms.session), heartbeatMs, leaseMs } as const;
  return version < RICH_WELCOME ? plain : { ...plain, version, features, cluster };
}

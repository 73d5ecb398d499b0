/** What people decide about who may do what. */
import type { Command } from "../command.ts";
import { DONE, type Reply, refuse } from "../reply.ts";
import type { Turn } from "../turn.ts";

type Named<T extends Command["type"]> = Extract<Command, { type: T }>;
export type AccessCommand = Named<"FoundCluster" | "CreateToken" | "RevokeToken" | "TrustKey" | "UntrustKey">;

const IGNORED: Reply = Object.freeze({ ok: true, ignored: true });

export function decideAccess(turn: Turn, command: AccessCommand): Reply {
  const { access } = turn.state;
  switch (command.type) {
    case "FoundCluster":
      if (access.cluster !== "") return IGNORED;
      turn.emit({ type: "ClusterFounded", cluster: command.cluster });
      return DONE;
    case "CreateToken":
      turn.emit({ ...command, type: "TokenCreated" });
      return DONE;
    case "RevokeToken": {
      const token = access.tokens.get(command.token);
      if (token === undefined) return refuse({ type: "TokenNotFound", token: command.token });
      if (token.revokedAt !== 0) return IGNORED;
      turn.emit({ type: "TokenRevoked", token: command.token });
      return DONE;
    }
    case "TrustKey":
      if (access.keys.get(command.worker)?.has(command.key) === true) return IGNORED;
      turn.emit({ type: "KeyTrusted", worker: command.worker, key: command.key, by: command.by });
      return DONE;
    case "UntrustKey":
      return untrust(turn, command);
  }
}

/** Without a key: all that the worker may have. */
function untrust(turn: Turn, { worker, key }: Named<"UntrustKey">): Reply {
  const keys = [...(turn.state.access.keys.get(worker)?.keys() ?? [])].filter(
    (one) => key === undefined || one === key,
  );
  if (keys.length === 0) return refuse({ type: "KeyNotFound", worker });
  for (const one of keys) turn.emit({ type: "KeyUntrusted", worker, key: one });
  return DONE;
}

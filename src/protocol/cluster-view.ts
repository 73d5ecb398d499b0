/** A cluster as people see it: its servers, who leads, how far each is, what an acknowledgement survives. */
import { z } from "zod";

export const MemberView = z.object({
  server: z.string().meta({ description: "Its name in the cluster." }),
  url: z.string().optional().meta({ description: "Where programs reach it." }),
  version: z.string().optional(),
  role: z.enum(["leader", "follower", "starting", "gone"]).meta({
    description: "gone: it has not been heard of for a while.",
  }),
  seq: z.int().meta({ description: "Number of the last record that it has applied." }),
  lag: z.int().meta({ description: "Records that it is behind the leader." }),
  seenAt: z.iso.datetime().optional().meta({ description: "When it was heard of last." }),
  isHere: z.boolean().meta({ description: "It is the server that answers." }),
});
export type MemberView = z.infer<typeof MemberView>;

export const SnapshotView = z.object({
  seq: z.int().meta({ description: "It holds all records up to this one." }),
  at: z.iso.datetime(),
  bytes: z.int(),
});
export type SnapshotView = z.infer<typeof SnapshotView>;

/** A copy of a namespace on a server. */
export const ReplicaView = z.object({
  server: z.string(),
  role: MemberView.shape.role,
  seq: z.int().meta({ description: "Number of the last record that it has applied." }),
  lag: z.int().meta({ description: "Records that it is behind the leader." }),
});
export type ReplicaView = z.infer<typeof ReplicaView>;

/** A namespace as the cluster keeps it: a log of its own, a leader, copies on some of the servers. */
export const ShardView = z.object({
  name: z.string().meta({ description: "The namespace." }),
  leader: z.string().optional().meta({ description: "Absent: nobody leads." }),
  term: z.int().optional().meta({ description: "Grows with every change of the leader." }),
  state: z.enum(["ok", "moving", "starting", "nobody"]).meta({
    description: "moving: a copy or the lead goes to another server. nobody: nobody leads.",
  }),
  reason: z.string().optional().meta({ description: "What it waits for." }),
  first: z.int().optional().meta({ description: "Oldest record that its log still holds." }),
  last: z.int().optional().meta({ description: "Newest record of its log." }),
  logBytes: z.int().optional().meta({ description: "What the log takes." }),
  snapshot: SnapshotView.optional().meta({ description: "The newest one." }),
  hosts: z.array(ReplicaView).meta({ description: "The servers that keep a copy." }),
});
export type ShardView = z.infer<typeof ShardView>;

export const ClusterView = z.object({
  name: z.string(),
  server: z.string().meta({ description: "The server that answers." }),
  shard: z.string(),
  role: z.enum(["leader", "follower", "starting"]),
  reason: z.string().optional().meta({ description: "Why this server cannot be read now." }),
  term: z.int().meta({ description: "Grows with every change of the leader." }),
  leader: z.string().optional().meta({ description: "Absent: nobody leads." }),
  seq: z.int().meta({ description: "Number of the last record that this server has applied." }),
  first: z.int().optional().meta({ description: "Oldest record that the log still holds." }),
  last: z.int().optional().meta({ description: "Newest record of the log." }),
  backend: z.object({
    kind: z.string(),
    address: z.string(),
    version: z.string(),
    durability: z.string().meta({ description: "What an acknowledgement survives." }),
    warnings: z.array(z.string()),
  }),
  members: z.array(MemberView),
  shards: z
    .array(ShardView)
    .optional()
    .meta({ description: "Every namespace, `default` first; only told by `default`." }),
  snapshot: SnapshotView.optional().meta({ description: "The newest one." }),
  divergences: z.int().meta({ description: "Times that this server dropped its database because it differed." }),
  repairs: z.int().meta({ description: "Times that the log's end had gone back, and was mended by this server." }),
});
export type ClusterView = z.infer<typeof ClusterView>;

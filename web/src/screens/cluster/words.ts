/** How parts of a cluster are called and look. */
import type { MemberView, ShardView } from "@octopus/protocol/cluster-view.ts";
import type { Tone } from "@octopus/view/state-shapes.ts";

/** Who leads what stands beside it. */
export const STATE_WORDS: Readonly<Record<MemberView["role"], string>> = {
  leader: "there",
  follower: "there",
  starting: "is starting",
  gone: "gone",
};

export const ROLE_TONES: Readonly<Record<MemberView["role"], Tone>> = {
  leader: "good",
  follower: "good",
  starting: "wait",
  gone: "bad",
};

export const SHARD_WORDS: Readonly<Record<ShardView["state"], string>> = {
  ok: "led",
  moving: "on the move",
  starting: "starting",
  nobody: "nobody leads",
};

export const SHARD_TONES: Readonly<Record<ShardView["state"], Tone>> = {
  ok: "good",
  moving: "wait",
  starting: "wait",
  nobody: "bad",
};

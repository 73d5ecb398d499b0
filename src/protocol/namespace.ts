/** Namespaces as the API of `default` shows and makes them. */
import { z } from "zod";
import { NAMESPACE_NAME_MAX } from "./namespace-name.ts";
import { suggestKeys } from "./parse.ts";

export const NamespaceSubmission = z
  .strictObject({
    name: z.string().meta({ description: `Small letters, digits and \`-\` inside, at most ${NAMESPACE_NAME_MAX}.` }),
  })
  .meta({ id: "NamespaceSubmission" });
export type NamespaceSubmission = z.output<typeof NamespaceSubmission>;

export const NamespaceView = z
  .object({
    name: z.string(),
    path: z.string().meta({ description: "Before the paths of its URLs: `/ns/team-a`; `/` for `default`." }),
    createdAt: z.iso.datetime().optional().meta({ description: "Absent for `default`, and where it is not known." }),
    state: z.enum(["here", "elsewhere", "starting", "failed"]).meta({
      description:
        "Seen from the server that answers. elsewhere: it keeps no copy, and passes requests on. failed: see `reason`.",
    }),
    reason: z.string().optional().meta({ description: "Why it is not served now." }),
    leader: z.string().optional().meta({ description: "In a cluster: the server that leads it." }),
    hosts: z.array(z.string()).optional().meta({ description: "In a cluster: the servers that keep a copy." }),
  })
  .meta({ id: "Namespace" });
export type NamespaceView = z.infer<typeof NamespaceView>;

export const DeletedNamespaceView = z
  .object({
    id: z.string().meta({ description: "Which of the deleted ones: several may have had the same name." }),
    name: z.string(),
    createdAt: z.iso.datetime().optional().meta({ description: "Absent where it is not known." }),
    deletedAt: z.iso.datetime(),
    keptUntil: z.iso
      .datetime()
      .meta({ description: "What is kept of it goes then, by `data.keep.deleted` of the server that answers." }),
  })
  .meta({ id: "DeletedNamespace" });
export type DeletedNamespaceView = z.infer<typeof DeletedNamespaceView>;

export const NamespaceUndelete = z
  .strictObject({
    name: z.string().optional().meta({ description: "Another name than it had." }),
  })
  .meta({ id: "NamespaceUndelete" });
export type NamespaceUndelete = z.output<typeof NamespaceUndelete>;

/** Its first tokens: the one time that they are shown. */
export const NamespaceTokens = z
  .object({
    admin: z.string().meta({ description: "Secret of a token of role admin." }),
    join: z.string().meta({ description: "All that its workers need to find and trust the server." }),
  })
  .meta({ id: "NamespaceTokens" });
export type NamespaceTokens = z.infer<typeof NamespaceTokens>;

export const CreatedNamespaceView = NamespaceView.extend({
  tokens: NamespaceTokens.optional().meta({ description: "Where tokens are asked for." }),
}).meta({ id: "NamespaceCreated" });
export type CreatedNamespaceView = z.infer<typeof CreatedNamespaceView>;

suggestKeys(["name"]);

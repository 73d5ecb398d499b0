/** The server as a person looks at it: what it is, where it is reached, what it takes of its machine. */
import { z } from "zod";

export const ServerView = z
  .object({
    version: z.string(),
    node: z.string(),
    platform: z.string(),
    host: z.string(),
    pid: z.int(),
    startedAt: z.iso.datetime(),
    /** Where it can be reached, the likeliest first. */
    urls: z.array(z.string()),
    /** Of its certificate authority, SHA-256 in hex; absent: plain HTTP. */
    fingerprint: z.string().optional(),
    /** Nobody needs a token: whoever reaches it is an admin. */
    isOpen: z.boolean(),
    dataDir: z.string(),
    rssBytes: z.int(),
    heapBytes: z.int(),
    /** Processor time since it started. */
    cpuMs: z.int(),
    /** Absent where all is kept in memory. */
    data: z
      .object({
        /** With what was not merged into it yet. */
        databaseBytes: z.int(),
        logsBytes: z.int(),
        diskBytes: z.int(),
        diskFreeBytes: z.int(),
      })
      .optional(),
  })
  .meta({ id: "Server" });
export type ServerView = z.infer<typeof ServerView>;

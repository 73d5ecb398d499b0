/** The OpenAPI 3.1 document, out of the schemas that validate. */
import { type App, describeAll } from "./route.ts";

/** The description of every route under `/api/v1`; `prefix` stands before the paths of a namespace. */
export function createDescription(app: App, version: string, prefix = ""): ReturnType<App["getOpenAPI31Document"]> {
  describeAll(app);
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    ...(prefix !== "" && { servers: [{ url: prefix }] }),
    info: {
      title: "Octopus",
      version,
      description: "A durable task orchestrator. Errors are problem+json (RFC 9457) with a stable `code`.",
    },
  });
}

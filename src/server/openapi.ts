/** The OpenAPI 3.1 document, out of the schemas that validate. */
import type { App } from "./route.ts";

/** The description of every route under `/api/v1`. */
export function createDescription(app: App, version: string): ReturnType<App["getOpenAPI31Document"]> {
  return app.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Octopus",
      version,
      description: "A durable task orchestrator. Errors are problem+json (RFC 9457) with a stable `code`.",
    },
  });
}

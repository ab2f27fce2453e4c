import type { ErrorData } from "./protocol.js";

/** Fields of the errors of Unrolled; of any other error what it has. */
export function errorData(error: unknown): ErrorData {
  const given = (typeof error === "object" && error !== null ? error : { message: String(error) }) as Record<
    string,
    unknown
  >;
  const text = (key: string): string | null => (typeof given[key] === "string" ? given[key] : null);
  return {
    name: text("name") ?? "Error",
    message: text("message") ?? "",
    code: text("code"),
    op: text("op"),
    argument: text("argument"),
    must: text("must"),
    value: text("value"),
    fix: text("fix"),
    details: (given["details"] as ErrorData["details"]) ?? null,
  };
}

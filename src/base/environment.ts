/** The part of Deno that tells what is allowed. Reading what is not would throw, or stop and ask whoever sits at the terminal. */
interface Deno {
  permissions: { querySync(about: { name: "env" | "ffi" | "read"; variable?: string }): { state: string } };
}

/** Whether Deno forbids this, or would ask for it; nothing else does. */
export function isForbidden(name: "env" | "ffi" | "read", variable?: string): boolean {
  const deno = (globalThis as { Deno?: Deno }).Deno;
  if (deno === undefined) return false;
  return deno.permissions.querySync(variable === undefined ? { name } : { name, variable }).state !== "granted";
}

/** A variable of the environment. An empty one counts as none, and so does one that may not be read. */
export function environment(name: string): string | undefined {
  const runtime = globalThis.process as { env?: Record<string, string | undefined> } | undefined;
  return runtime?.env === undefined || isForbidden("env", name) ? undefined : runtime.env[name] || undefined;
}

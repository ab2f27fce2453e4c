/**
 * The one way to Node's own modules: undefined in a browser, whose bundler never sees an import.
 * (`process.getBuiltinModule` exists from Node 20.16 on; Deno and Bun have it too.)
 */
export function builtin<T = unknown>(name: `node:${string}`): T | undefined {
  const runtime = globalThis.process as { getBuiltinModule?: (name: string) => unknown } | undefined;
  return runtime?.getBuiltinModule?.(name) as T | undefined;
}

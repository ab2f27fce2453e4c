import { show } from "../base/errors.js";
import type { Head } from "./head.js";
import { RequestError } from "./request-error.js";

/** Who may ask. */
export interface Access {
  /** What requests must carry as `Authorization: Bearer`; null: nothing. */
  readonly token: string | null;
  /** Names under which the server may be asked, beside localhost and addresses. */
  readonly hosts: readonly string[];
  /** Origins of pages of others that may ask: `https://example.com`. */
  readonly origins: readonly string[];
}

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const PORT = /:\d*$/;

/**
 * Refuses what a page of another site may have sent. A name that an attacker made point here comes as `Host` (DNS rebinding); an address
 * or `localhost` cannot be one. With a token any name will do: a page cannot know it.
 * @param isOpen  whether nothing is told that is worth a token
 * @throws RequestError 401, 403
 */
export function checkAccess(head: Head, url: string, { token, hosts, origins }: Access, isOpen: boolean): void {
  const host = head.get("host") ?? new URL(url).host;
  if (token === null && !isSafeHost(host, hosts)) {
    const must = "be localhost, an address, or a name that the server was told";
    const fix = "Ask by its address, or start the server with this name among its hosts.";
    throw new RequestError({ status: 403, code: "host", argument: "Host", must, value: show(host), fix });
  }
  const origin = head.get("origin");
  if (origin !== null && !isOwn(origin, host) && !origins.includes(origin)) {
    const must = "be the server's own, or one that the server was told";
    const fix = "Start the server with it among its origins.";
    throw new RequestError({ status: 403, code: "origin", argument: "Origin", must, value: show(origin), fix });
  }
  if (token !== null && !isOpen && !hasToken(head.get("authorization"), token)) {
    const value = head.get("authorization") === null ? "none" : "another";
    const must = "be Bearer and the token of the server";
    throw new RequestError({
      ...{ status: 401, code: "token", argument: "Authorization", must, value },
      headers: { "www-authenticate": 'Bearer realm="unrolled"' },
    });
  }
}

/** Whether a page cannot have made this name its own: `localhost`, an address, or one of those that were told. */
export function isSafeHost(host: string, hosts: readonly string[]): boolean {
  const name = host.replace(PORT, "").toLowerCase();
  return (
    name === "localhost" || IPV4.test(name) || (name.startsWith("[") && name.endsWith("]")) || hosts.includes(name)
  );
}

/** `null`, as sandboxed pages and files send it, is nobody's own. */
function isOwn(origin: string, host: string): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** In a time that does not tell how much of it was right. */
function hasToken(given: string | null, token: string): boolean {
  const [scheme = "", found = ""] = (given ?? "").split(/ +/);
  if (scheme.toLowerCase() !== "bearer") return false;
  let difference = found.length ^ token.length;
  for (let i = 0; i < token.length; i++) difference |= token.charCodeAt(i) ^ found.charCodeAt(i % (found.length || 1));
  return difference === 0;
}

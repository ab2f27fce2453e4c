import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createAdaptorServer } from "@hono/node-server";
import { OptionError, show } from "../base/errors.js";
import type { Handler } from "./handler.js";
import type { Limits } from "./limits.js";

/** Where a server listens. */
export interface Address {
  /** 0: any that is free. */
  readonly port: number;
  readonly host: string;
}

/** A server that listens. */
export interface Listening {
  /** `http://127.0.0.1:8080` */
  readonly url: string;
  /** Takes no more connections, answers what was asked, and ends. @param seconds  after which connections are cut */
  close(seconds?: number): Promise<void>;
}

/** Seconds that a connection may be silent between two requests. */
const KEEP_ALIVE = 60;

/** Whether only this machine can reach it. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/** @throws OptionError where the port cannot be had, and for an address that is not this machine's alone and not guarded */
export async function listenWith(
  handler: Handler,
  { port, host }: Address,
  { limits, isGuarded }: { limits: Limits; isGuarded: boolean },
): Promise<Listening> {
  if (!isGuarded && !isLoopback(host)) {
    const must = "be of this machine alone where there is no token";
    const fix = "Give it a token, or say that anybody may ask (insecure).";
    throw new OptionError({ op: "serve", argument: "host", must, value: show(host), fix });
  }
  const server = createAdaptorServer({
    fetch: handler.fetch as unknown as Parameters<typeof createAdaptorServer>[0]["fetch"],
    serverOptions: {
      // The body's own time is the handler's, which answers it in JSON.
      requestTimeout: 0,
      headersTimeout: 1000 * limits.timeout,
      connectionsCheckingInterval: Math.min(1000, 250 * limits.timeout),
      keepAliveTimeout: 1000 * KEEP_ALIVE,
      noDelay: true,
    },
  }) as Server;
  // One that takes nothing of what is written to it.
  server.timeout = 1000 * (limits.timeout + KEEP_ALIVE);
  server.on("clientError", refuseClient);
  server.on("checkContinue", (incoming: IncomingMessage, outgoing) => {
    // What is refused by its head needs no body.
    if (!(Number(incoming.headers["content-length"] ?? 0) > limits.maxBody)) outgoing.writeContinue();
    server.emit("request", incoming, outgoing);
  });
  await started(server, port, host);
  const { address, port: own, family } = server.address() as AddressInfo;
  const url = `http://${family === "IPv6" ? `[${address}]` : address}:${own}`;
  return { url, close: (seconds = limits.timeout) => closed(server, handler, seconds) };
}

function started(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const { code = "" } = error;
      const ofPort = code === "EADDRINUSE" || code === "EACCES";
      const must = ofPort ? "be a port that is free" : "be an address of this machine";
      const value = ofPort ? `${port} (${code})` : `${show(host)} (${code})`;
      const fix = ofPort ? "Choose another one, or 0 for any that is free." : "";
      reject(
        new OptionError({ op: "serve", code, argument: ofPort ? "port" : "host", must, value, fix }, { cause: error }),
      );
    });
    server.listen({ port, host, backlog: 4096 }, resolve);
  });
}

async function closed(server: Server, handler: Handler, seconds: number): Promise<void> {
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), 1000 * seconds);
  await handler.drain();
  // Answers are on their way; connections that ask nothing have no reason to stay.
  const idle = setInterval(() => server.closeIdleConnections(), 20);
  await ended;
  clearTimeout(timer);
  clearInterval(idle);
}

/** What is no HTTP never becomes a request: it is answered here. */
function refuseClient(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === "ECONNRESET") return void socket.destroy();
  const [status, text, code, must] =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? [408, "Request Timeout", "late-head", "come in time"]
      : error.code === "HPE_HEADER_OVERFLOW"
        ? [431, "Request Header Fields Too Large", "large-head", "be smaller"]
        : [400, "Bad Request", "not-http", "be HTTP"];
  const message = `request: head must ${must}, got ${error.code ?? "something else"}.`;
  const body = JSON.stringify({
    error: { status, code, message, field: "head", must, value: error.code ?? "", fix: "" },
  });
  const head = `HTTP/1.1 ${status} ${text}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  socket.end(`${head}\r\nConnection: close\r\n\r\n${body}`);
}

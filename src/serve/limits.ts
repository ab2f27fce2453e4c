import { count, type Fields, real } from "../base/fields.js";

/** What a server takes at most. */
export interface Limits {
  /** Bytes of a body of JSON, and of a line of a stream. Default 1 MiB. */
  maxBody: number;
  /** Bytes of all bodies that are held at once. Default 256 MiB. */
  maxBodies: number;
  /** Inputs of a request; a stream of lines has any number. Default 1024. */
  maxInputs: number;
  /** Characters, or numbers, of an input. Default 100,000. */
  maxLength: number;
  /** Characters of a prompt, or of what a session reads at once. Default 10,000. */
  maxPrompt: number;
  /** Tokens, or texts, that a request may ask to write. Default 10,000. */
  maxDrawn: number;
  /** Requests at once. Default 4096. */
  maxRequests: number;
  /** Streams at once: lines to predict, text that is written. Default 64. */
  maxStreams: number;
  /** Inputs that wait for their turn. Default 8192. */
  maxWaiting: number;
  /** Seconds that a body, an answer or the next part of a stream may take. Default 30. */
  timeout: number;
  /** Sessions at once. Default 1000. */
  maxSessions: number;
  /** Bytes of the states of all sessions. Default 256 MiB. */
  maxSessionBytes: number;
  /** Seconds after which a session that nobody uses ends. Default 600. */
  sessionTime: number;
}

const seldom = { seldom: true };

export const LIMIT_FIELDS: Fields<Limits> = {
  maxBody: count(2 ** 20, { help: "bytes of a body of JSON, and of a line of a stream" }),
  maxBodies: count(2 ** 28, { help: "bytes of all bodies that are held at once", ...seldom }),
  maxInputs: count(1024, { help: "inputs of a request; a stream of lines has any number" }),
  maxLength: count(100_000, { help: "characters, or numbers, of an input" }),
  maxPrompt: count(10_000, { help: "characters of a prompt, or of what a session reads at once" }),
  maxDrawn: count(10_000, { help: "tokens, or texts, that a request may ask to write" }),
  maxRequests: count(4096, { help: "requests at once" }),
  maxStreams: count(64, { help: "streams at once: lines to predict, text that is written" }),
  maxWaiting: count(8192, { help: "inputs that wait for their turn" }),
  timeout: {
    ...real(
      30,
      { min: 0, openMin: true },
      { help: "seconds that a body, an answer or the next part of a stream may take" },
    ),
    example: "30",
  },
  maxSessions: count(1000, { help: "sessions at once" }),
  maxSessionBytes: count(2 ** 28, { help: "bytes of the states of all sessions", ...seldom }),
  sessionTime: {
    ...real(600, { min: 0, openMin: true }, { help: "seconds after which a session that nobody uses ends" }),
    example: "600",
  },
};

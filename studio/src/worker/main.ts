/** The worker: Unrolled itself. It answers requests, and trains in slices between them. */
import { eachAlone } from "./alone.js";
import { lookHandlers } from "./look.js";

import type { Handlers, Requests, Tell } from "./protocol.js";
import { raceHandlers } from "./race.js";
import { type Port, serve } from "./rpc.js";
import { trainHandlers } from "./train.js";

serve(
  self as unknown as Port,
  (tell: Tell): Handlers<Requests> => ({
    ...trainHandlers(tell),
    ...eachAlone(lookHandlers(tell)),
    ...raceHandlers(tell),
  }),
);

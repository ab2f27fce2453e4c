/** The worker: Unrolled itself. It answers requests, and trains in slices between them. */
import { lookHandlers } from "./look.js";
import { type Port, serve } from "./rpc.js";
import { trainHandlers } from "./train.js";

serve(self as unknown as Port, (tell) => ({ ...trainHandlers(tell), ...lookHandlers(tell) }));

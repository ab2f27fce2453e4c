import { serve } from "../../tools/support/site.mjs";

export { serve };
export type Site = Awaited<ReturnType<typeof serve>>;

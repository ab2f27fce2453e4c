/** What JavaScript sees of the kernels: three functions. Everything else goes by op code. */
export { launch, run, workerMain } from "./pool";

/** Peers are installed when a command needs them, never by `npm test`. */
import { installNewerNodes } from "../tools/support/newer-nodes.mjs";
import { isInstalled, npmCi } from "../tools/support/npm.mjs";
import { step } from "../tools/support/process.mjs";

/** No install scripts: brain.js and ONNX Runtime would fetch GPU parts that nobody uses here. */
export async function installPeers() {
  await installNewerNodes();
  if (isInstalled("bench")) return;
  process.env.ONNXRUNTIME_NODE_INSTALL = "skip";
  await step("installing the peers (about 600 MB)", () => npmCi("bench", "--ignore-scripts"));
}

import { spawnSync } from "node:child_process";
import type { Value } from "./exported.js";

/** A Python that has PyTorch, or null. */
export const PYTHON_TORCH: string | null =
  [process.env["UNROLLED_PYTHON"], "python3", "/usr/bin/python3"].find(
    (python) => python !== undefined && spawnSync(python, ["-c", "import torch"]).status === 0,
  ) ?? null;

/** Calls of the module in a folder: its programs by name, with values by theirs, in order. */
export interface PythonModule {
  folder: string;
  name: string;
  calls: readonly { method: string; inputs: Readonly<Record<string, Value>> }[];
}

const SCRIPT = `
import importlib.util, json, sys, torch
def tensor(v):
    return torch.tensor(v["data"], dtype=torch.int64 if v["type"] == "int" else torch.float32).reshape(v["shape"])
found = []
for m in json.load(sys.stdin):
    spec = importlib.util.spec_from_file_location(m["name"], m["folder"] + "/" + m["name"] + ".py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    model = module.load()
    with torch.no_grad():
        for call in m["calls"]:
            y = getattr(model, call["method"])(**{k: tensor(v) for k, v in call["inputs"].items()})
            y = y if isinstance(y, tuple) else (y,)
            found.append([{"shape": list(x.shape), "data": x.flatten().tolist()} for x in y])
json.dump(found, sys.stdout)
`;

/** What PyTorch makes of each call, output by output. */
export function runTorch(modules: readonly PythonModule[]): { shape: number[]; data: number[] }[][] {
  const { stdout, stderr, status } = spawnSync(PYTHON_TORCH!, ["-c", SCRIPT], {
    input: JSON.stringify(modules),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
    env: { ...process.env, OMP_NUM_THREADS: "1", PYTHONDONTWRITEBYTECODE: "1" },
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

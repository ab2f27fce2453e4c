import { render } from "preact";
import { followAddress } from "./state/history.js";
import { createStore } from "./state/store.js";
import { fromQuery } from "./state/url.js";
import { Trainer } from "./train/trainer.js";
import "./ui/base.css";
import { Studio } from "./ui/studio.js";
import { connect } from "./worker/rpc.js";

const store = createStore(fromQuery(location.search));
followAddress(store, window);
const worker = connect(new Worker(new URL("./worker/main.ts", import.meta.url), { type: "module", name: "unrolled" }));
const trainer = new Trainer(store, worker);
render(<Studio store={store} worker={worker} trainer={trainer} />, document.getElementById("studio")!);

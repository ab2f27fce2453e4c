export { launchChromium, noChromium } from "../../tools/support/browsers.mjs";

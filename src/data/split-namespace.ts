/** Ways to part rows: at random, by class, by group, by time. */
export { byGroup, byTime, random, stratified } from "./splits.js";

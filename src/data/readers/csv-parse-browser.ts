/** What stands in for `csv-parse` where there is no Buffer: package.json's "browser" says so to bundlers. */
export { parse } from "csv-parse/browser/esm/sync";

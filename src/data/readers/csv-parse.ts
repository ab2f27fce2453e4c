/** The parser as Node loads it; a bundler for browsers takes `csv-parse-browser` instead, which brings a Buffer of its own. */
export { parse } from "csv-parse/sync";

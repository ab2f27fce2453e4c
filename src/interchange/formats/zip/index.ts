export { isZip, readZip, ZipEntry, zipNames } from "./zip.js";

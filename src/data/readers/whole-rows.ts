/** Up to the last line end that is in no quotes. */
export function wholeRows(bytes: Uint8Array): Uint8Array {
  let [end, inQuotes] = [0, false];
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] === 0x22) inQuotes = !inQuotes;
    else if (bytes[i] === 0x0a && !inQuotes) end = i + 1;
  }
  return end === 0 ? bytes : bytes.subarray(0, end);
}

/**
 * Op codes, shared by the kernels (AssemblyScript) and their callers (TypeScript), so no type annotations here.
 * The high byte is the family: 0x00 products and sequences; 0x100 and up elementwise and the like.
 */
export const OP_NOTHING = 0;
export const OP_STALL = 1;

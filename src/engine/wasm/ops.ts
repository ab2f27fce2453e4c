/**
 * Op codes, shared by the kernels (AssemblyScript) and their callers (TypeScript), so no type annotations here.
 * The high byte is the family: 0x00 products and sequences; 0x100 and up elementwise and the like.
 */
export const OP_NOTHING = 0;
export const OP_STALL = 1;
export const OP_PACK_B = 2;
export const OP_GEMM = 3;
export const OP_DOTS = 4;
export const OP_SUM_ROWS = 5;
export const OP_SEQUENCE_FORWARD = 6;
export const OP_SEQUENCE_BACKWARD = 7;
export const OP_HEAD_ROWS = 8;
export const OP_PACK_GATES = 9;
export const OP_SEQUENCE_START = 10;
export const OP_BLAS_PRODUCT = 11;
export const OP_PACK_CHUNKS = 12;
export const OP_HEAD_COLUMNS = 13;

export const OP_FILL = 0x100;
export const OP_COPY = 0x101;
export const OP_CONVERT = 0x102;
export const OP_UNARY = 0x103;
export const OP_UNARY_BACKWARD = 0x104;
export const OP_BINARY = 0x105;
export const OP_AXPY = 0x106;
export const OP_AFFINE = 0x107;
export const OP_WHERE = 0x108;
export const OP_DROPOUT = 0x109;
export const OP_REDUCE_ROWS = 0x10a;
export const OP_SUM_COLUMNS = 0x10b;
export const OP_SUM_OF_SQUARES = 0x10c;
export const OP_SOFTMAX = 0x10d;
export const OP_LOG_SOFTMAX = 0x10e;
export const OP_SOFTMAX_BACKWARD = 0x10f;
export const OP_LOG_SOFTMAX_BACKWARD = 0x110;
export const OP_CROSS_ENTROPY = 0x111;
export const OP_CROSS_ENTROPY_BACKWARD = 0x112;
export const OP_GATHER_ROWS = 0x113;
export const OP_SCATTER_ADD_ROWS = 0x114;
export const OP_GATHER_LAST = 0x115;
export const OP_SCATTER_ADD_LAST = 0x116;
export const OP_RANGE = 0x117;
export const OP_SGD = 0x118;
export const OP_ADAM = 0x119;
export const OP_RMSPROP = 0x11a;
export const OP_ADAGRAD = 0x11b;
/** Writes the constants of vector math; once on every memory. */
export const OP_CONSTANTS = 0x11c;

// The way of OP_HEAD_ROWS.
export const HEAD_WHOLE = 0;
export const HEAD_ELSEWHERE = 1;
export const HEAD_BLOCKS = 2;

// Which function, for OP_UNARY and OP_UNARY_BACKWARD.
export const UNARY_NEG = 0;
export const UNARY_ABS = 1;
export const UNARY_SIGN = 2;
export const UNARY_EXP = 3;
export const UNARY_EXPM1 = 4;
export const UNARY_LOG = 5;
export const UNARY_LOG1P = 6;
export const UNARY_SQRT = 7;
export const UNARY_RSQRT = 8;
export const UNARY_SQUARE = 9;
export const UNARY_RECIPROCAL = 10;
export const UNARY_TANH = 11;
export const UNARY_SIGMOID = 12;
export const UNARY_RELU = 13;
export const UNARY_SOFTPLUS = 14;
export const UNARY_FLOOR = 15;
export const UNARY_CEIL = 16;
export const UNARY_ROUND = 17;
export const UNARY_ERF = 18;

// Which function, for OP_BINARY; int32 operands have the codes from BINARY_INT on.
export const BINARY_ADD = 0;
export const BINARY_SUB = 1;
export const BINARY_MUL = 2;
export const BINARY_DIV = 3;
export const BINARY_MAXIMUM = 4;
export const BINARY_MINIMUM = 5;
export const BINARY_EQ = 6;
export const BINARY_NE = 7;
export const BINARY_LT = 8;
export const BINARY_LE = 9;
export const BINARY_INT = 16;

// Which reduction, for OP_REDUCE_ROWS.
export const REDUCE_SUM = 0;
export const REDUCE_MAX = 1;
export const REDUCE_MIN = 2;
export const REDUCE_ARGMAX = 3;
export const REDUCE_ARGMIN = 4;
export const REDUCE_SUM_INT = 5;

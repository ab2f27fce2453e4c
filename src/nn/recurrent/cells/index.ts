// The table of cells: whatever offers them (`nn`, the command line) reads this.
export { GRU, type GRUOptions } from "./gru.js";
export { IndRNN, type IndRNNOptions } from "./ind-rnn.js";
export { IRNN, type IRNNOptions } from "./irnn.js";
export { LayerNormGRU, type LayerNormGRUOptions } from "./layer-norm-gru.js";
export { LayerNormLSTM, type LayerNormLSTMOptions } from "./layer-norm-lstm.js";
export { LSTM, type LSTMOptions } from "./lstm.js";
export { MGU, type MGUOptions } from "./mgu.js";
export { MinGRU } from "./min-gru.js";
export { MinLSTM } from "./min-lstm.js";
export { PeepholeLSTM, type PeepholeLSTMOptions } from "./peephole-lstm.js";
export { RNN, type RNNOptions } from "./rnn.js";

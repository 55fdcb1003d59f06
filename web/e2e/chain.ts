import { http } from 'viem';
import { setting } from './browser';

const ask = (method: string, params: unknown[] = []) =>
  http(setting('CHAIN_RPC_URL'))({}).request({ method, params } as never);

/** The test chain's mill. By itself it makes a block for each transaction. */
export const chain = {
  /** Makes a block. */
  mine: () => ask('evm_mine'),
  /** Keeps transactions waiting, until `start`. */
  stop: () => ask('miner_stop'),
  start: () => ask('miner_start'),
};

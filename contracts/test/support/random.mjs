// Random choices that a seed repeats.

/** @param {number} seed of the mulberry32 generator; FUZZ_SEED in the environment repeats a failed run */
export class Random {
  constructor(seed) {
    this.seed = seed >>> 0
    this.state = this.seed
  }

  bits32() {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = this.state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  bits(count) {
    let value = 0n
    for (let taken = 0; taken < count; taken += 32) value = (value << 32n) | BigInt(this.bits32())
    return BigInt.asUintN(count, value)
  }

  /** Uniform enough for a test, in [0, limit). */
  below(limit) {
    return this.bits(128) % limit
  }

  oneIn(count) {
    return this.below(BigInt(count)) === 0n
  }

  pick(items) {
    return items[Number(this.below(BigInt(items.length)))]
  }
}

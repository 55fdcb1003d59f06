import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { freePort, setting } from './browser';

/** Another server of the same shop, with rules of its own, to be stopped and started as a test needs it. */
export class Replica {
  private process: ChildProcess | null = null;

  private constructor(
    readonly origin: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  static async starts(rules: Record<string, string> = {}): Promise<Replica> {
    const address = `127.0.0.1:${await freePort()}`;
    const replica = new Replica(`http://${address}`, { ...process.env, ...rules, GAGE_LISTEN: address });
    await replica.start();
    return replica;
  }

  async start(): Promise<void> {
    this.process = spawn(setting('GAGE_BIN'), ['serve'], { env: this.environment, stdio: 'ignore' });
    while (!(await this.serves())) {
      if (this.process.exitCode !== null) throw new Error(`the server ended with ${this.process.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    const { process } = this;
    this.process = null;
    if (process?.exitCode !== null) return;
    const ended = once(process, 'exit');
    process.kill('SIGTERM');
    await ended;
  }

  private async serves(): Promise<boolean> {
    const answer = await fetch(`${this.origin}/readyz`).catch(() => null);
    return answer?.ok ?? false;
  }
}

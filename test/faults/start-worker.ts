import { onTestFinished } from 'vitest';
import type { History } from 'nest-event-backbone/testing';
import { WorkerProcess, type WorkerTask } from '../../tools/soak/worker-process.mjs';

/** A producer or consumer in a process of its own; gone after the test, whatever becomes of it. */
export function startWorker(task: WorkerTask, history: History): WorkerProcess {
  const worker = new WorkerProcess(task, history);
  onTestFinished(async () => {
    await worker.kill();
  });
  return worker;
}

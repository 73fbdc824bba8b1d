import { parentPort } from 'node:worker_threads';
import { runCampaign } from './campaign.ts';

/** Errors are made by the thousand, and nobody reads where. */
Error.stackTraceLimit = 2;

parentPort?.on('message', async ({ first, count, isSurvey }: { first: number; count: number; isSurvey: boolean }) => {
  const isEnough = isSurvey ? undefined : ({ violations }: { violations: unknown[] }) => violations.length > 0;
  parentPort?.postMessage(await runCampaign(first, count, isEnough));
});

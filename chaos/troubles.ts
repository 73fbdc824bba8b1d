import { setTimeout as pause } from 'node:timers/promises';
import type { Phase, Trouble } from './plan.ts';
import type { Site } from './site.ts';

/** Lets the troubles of a plan happen to a site, each in its time. Resolves when the last one is over. */
export async function cause(
  site: Site,
  phases: readonly Phase[],
  observe: (phase: Phase, state: 'begun' | 'ended') => void,
): Promise<void> {
  await Promise.all(
    phases.map(async (phase) => {
      await pause(phase.at * 1000);
      observe(phase, 'begun');
      await begin(phase.trouble, site);
      await pause(phase.seconds * 1000);
      observe(phase, 'ended');
      await end(phase.trouble, site);
    }),
  );
}

async function begin(trouble: Trouble, site: Site): Promise<void> {
  switch (trouble.kind) {
    case 'network':
      return site.setFault(trouble.service, trouble.fault);
    case 'azurite-frozen':
      return void site.azurite.process.kill('SIGSTOP');
    // Asked to end, it saves what it has answered for; killed, it would lose what no real storage service loses.
    case 'azurite-stopped':
      return site.azurite.close();
    case 'host-killed':
      return site.hosts[trouble.host]?.kill();
  }
}

async function end(trouble: Trouble, site: Site): Promise<void> {
  switch (trouble.kind) {
    case 'network':
      return site.setFault(trouble.service, undefined);
    case 'azurite-frozen':
      return void site.azurite.process.kill('SIGCONT');
    case 'azurite-stopped':
      return site.startAzurite();
    case 'host-killed':
      return site.hosts[trouble.host]?.start();
  }
}

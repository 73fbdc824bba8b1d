import { expect, it, describe as suite } from 'vitest';
import { describe, type Phase, plan } from '../../chaos/plan.ts';

const end = ({ at, seconds }: Phase) => at + seconds;
const services = (phase: Phase) => (phase.trouble.kind === 'network' ? phase.trouble.service : undefined);

suite('the plan of a run', () => {
  it('follows from the seed alone', () => {
    expect(plan(7, 600, 4)).toEqual(plan(7, 600, 4));
    expect(plan(8, 600, 4)).not.toEqual(plan(7, 600, 4));
  });

  it.each([120, 600])('is over with the run of %i seconds', (seconds) => {
    expect(Math.max(...plan(1, seconds, 4).map(end))).toBeLessThanOrEqual(seconds);
  });

  it('ends a fault of a service before the next one of it begins', () => {
    for (const service of ['blobs', 'queues', 'provider', 'vault']) {
      const phases = plan(3, 600, 4).filter((phase) => services(phase) === service);
      expect(phases.length).toBeGreaterThan(1);
      for (const [index, phase] of phases.slice(1).entries()) {
        expect(phase.at).toBeGreaterThan(end(phases[index] as Phase));
      }
    }
  });

  it('has every kind of trouble in the long form, and the hardest in the short one', () => {
    const kinds = new Set(
      plan(5, 600, 4).map(({ trouble }) =>
        trouble.kind === 'network' ? `${trouble.service} ${trouble.fault.kind}` : trouble.kind,
      ),
    );
    const faults = ['delayed', 'unsent', 'unanswered', 'refused'];
    for (const service of ['blobs', 'queues', 'provider', 'vault']) {
      for (const fault of faults) expect(kinds).toContain(`${service} ${fault}`);
    }
    expect(kinds).toContain('azurite-frozen');
    const short = plan(5, 120, 4);
    expect(short.map(({ trouble }) => describe(trouble))).toEqual(
      expect.arrayContaining(['blobs all unsent', 'azurite stopped', 'host 1 killed']),
    );
    expect(Math.max(...short.map(({ seconds }) => seconds))).toBeGreaterThan(30);
  });
});

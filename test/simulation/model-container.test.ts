import { describe, expect, it } from 'vitest';
import type { Container, ETag, LeaseId, Leasing, Read } from '../../shared/token-store/container.ts';
import { gathered, localContainer } from '../token-store/local-store.ts';
import { createModelContainer } from './model-container.ts';
import { type Draw, drawFrom } from './random.ts';

type Model = ReturnType<typeof createModelContainer>;

const leaseIds = [
  '11111111-1111-4111-8111-111111111111' as LeaseId,
  '22222222-2222-4222-8222-222222222222' as LeaseId,
] as const;
const sequences = 25;
const steps = 50;

/** The same operation on both, and what each answered. */
interface Step {
  readonly label: string;
  readonly real: unknown;
  readonly model: unknown;
}

/**
 * A sequence of random operations on the model and on the real container. Leases end by being broken or given up: nobody
 * waits for one to lapse. A tag is drawn from those that the blob has had, as a pair of the model's and the real one.
 */
async function* stepsOn(real: Container, model: Model, draw: Draw, folder: string): AsyncIterable<Step> {
  const names = ['one', 'two'].map((name) => `${folder}/${name}`);
  const tags: { readonly model: ETag; readonly real: ETag }[] = [{ model: '"0x0"' as ETag, real: '"0x0"' as ETag }];
  const known = (side: 'model' | 'real', tag: ETag | undefined) => tags.findIndex((pair) => pair[side] === tag);
  let bodies = 0;

  for (let step = 0; step < steps; step++) {
    const name = draw.any(names) ?? folder;
    const pair = tags.at(-draw.whole(1, Math.min(3, tags.length))) ?? { model: '"0x0"' as ETag, real: '"0x0"' as ETag };
    const id = draw.one(leaseIds);
    const lease = draw.chance(0.4) ? { leaseId: id } : {};
    const body = `body ${bodies++}`;

    /** Tags that were given for the same write belong together. */
    const written = (theirs: ETag | undefined, ours: ETag | undefined) => {
      if (theirs && ours) tags.push({ real: theirs, model: ours });
      return { real: theirs !== undefined, model: ours !== undefined };
    };
    const seen = (side: 'model' | 'real', answer: Read | Leasing) => {
      const body = 'body' in answer ? answer.body : undefined;
      return { status: answer.status, body, tag: 'etag' in answer ? known(side, answer.etag) : undefined };
    };

    switch (
      draw.one([
        'create',
        'replace',
        'replace',
        'remove',
        'mark',
        'unmark',
        'read',
        'list',
        'lease',
        'lease',
        'renew',
        'release',
        'break',
      ])
    ) {
      case 'create':
        yield { label: `create ${name}`, ...written(await real.create(name, body), model.create(name, body)) };
        break;
      case 'replace': {
        const theirs = await real.replace(name, body, { etag: pair.real, ...lease });
        const ours = model.replace(name, body, { etag: pair.model, ...lease });
        yield { label: `replace ${name} ${JSON.stringify(lease)}`, ...written(theirs, ours) };
        break;
      }
      case 'remove':
        yield {
          label: `remove ${name} ${JSON.stringify(lease)}`,
          real: await real.remove(name, { etag: pair.real, ...lease }),
          model: model.remove(name, { etag: pair.model, ...lease }),
        };
        break;
      case 'mark':
        if (draw.chance(0.5)) break;
        yield {
          label: `mark ${folder}/marker`,
          real: await real.mark(`${folder}/marker`),
          model: model.mark(`${folder}/marker`),
        };
        break;
      case 'unmark':
        yield {
          label: `unmark ${folder}/marker`,
          real: await real.unmark(`${folder}/marker`),
          model: model.unmark(`${folder}/marker`),
        };
        break;
      case 'read': {
        const condition = draw.chance(0.5) ? pair : undefined;
        const theirs = await real.read(name, condition?.real);
        yield {
          label: `read ${name}`,
          real: seen('real', theirs),
          model: seen('model', model.read(name, condition?.model)),
        };
        break;
      }
      case 'list':
        yield {
          label: 'list',
          real: await gathered(real.list(`${folder}/`)),
          model: model.page(`${folder}/`, undefined, 100).names,
        };
        break;
      case 'lease':
        yield {
          label: `lease ${name} ${id}`,
          real: seen('real', await real.acquireLease(name, id, 60)),
          model: seen('model', model.acquireLease(name, id, 60)),
        };
        break;
      case 'renew':
        yield {
          label: `renew ${name} ${id}`,
          real: await real.renewLease(name, id),
          model: model.renewLease(name, id),
        };
        break;
      case 'release':
        yield {
          label: `release ${name} ${id}`,
          real: await real.releaseLease(name, id),
          model: model.releaseLease(name, id),
        };
        break;
      case 'break':
        yield { label: `break ${name}`, real: await real.breakLease(name), model: model.breakLease(name) };
        break;
    }
  }
}

describe.each([
  ['with', 'rwdl'],
  ['without', 'rwl'],
])('the model of a container %s delete', (_title, permissions) => {
  it('answers as the service does', { timeout: 60_000 }, async () => {
    const { container } = await localContainer(permissions);
    const model = createModelContainer(container.deletes, Date.now);
    for (let seed = 1; seed <= sequences; seed++) {
      const labels: string[] = [];
      for await (const { label, real, model: ours } of stepsOn(container, model, drawFrom(seed), `s${seed}`)) {
        labels.push(label);
        expect({ answer: ours, labels }).toEqual({ answer: real, labels });
      }
    }
  });
});

import { createHash } from 'node:crypto';
import type { Container } from '../../shared/token-store/container.ts';
import { blobName, type Minute, type SessionId, type UserId } from '../../shared/token-store/names.ts';
import { createPlacement, type Shard, type ShardMark } from '../../shared/token-store/placement.ts';
import { faultyContainer } from '../fixtures/faulty-container.ts';
import { localContainer } from './local-store.ts';

/** A container of the local storage account as one of several, which counts what it is asked. */
export interface CountedShard extends Shard {
  /** `operation name`, in order. */
  readonly calls: string[];
  readonly raw: Awaited<ReturnType<typeof localContainer>>['raw'];
}

export async function countedShard(): Promise<CountedShard> {
  const { container, raw, url } = await localContainer();
  return counted(container, raw, url.split('?')[0] ?? '');
}

function counted(container: Container, raw: CountedShard['raw'], address: string): CountedShard {
  const calls: string[] = [];
  const before = (operation: string, name: string) => void calls.push(`${operation} ${name}`);
  const list: Container['list'] = (prefix) => {
    before('list', prefix);
    return container.list(prefix);
  };
  return { address, raw, calls, container: { ...faultyContainer(container, { before }), list } };
}

export const marked = <T extends Shard>(shard: T, mark: ShardMark): T => ({ ...shard, mark });

/** Ids that look as real ones do. */
export const hashOf = (text: string) => createHash('sha256').update(text).digest('hex') as SessionId & UserId;
export const minute = '202601010000' as Minute;

/** The first few ids whose sessions are made in a shard of this layout. */
export function idsMadeIn(shard: Shard, layout: readonly [Shard, ...Shard[]], count = 1): SessionId[] {
  const { of } = createPlacement(layout);
  const ids = Array.from({ length: 300 }, (_, at) => hashOf(`${at}`));
  return ids.filter((id) => of(blobName.session(id))[0]?.address === shard.address).slice(0, count);
}

export async function namesIn({ raw }: CountedShard): Promise<string[]> {
  const names: string[] = [];
  for await (const { name } of raw.listBlobsFlat()) names.push(name);
  return names;
}

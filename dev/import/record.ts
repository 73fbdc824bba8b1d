import { createHmac } from 'node:crypto';
import type { Container } from '../../shared/token-store/container.ts';
import type { Epoch } from '../../shared/token-store/epoch.ts';
import type { SessionId } from '../../shared/token-store/names.ts';

/**
 * What an import remembers of a file, in `imports/<session id>`: a keyed hash of its content. It outlives the session,
 * so that somebody who has signed out is not signed in again by the next run.
 */
export interface ImportRecords {
  /** `same`: this very file was imported. `other`: an older or newer state of it was. */
  look(id: SessionId, content: Uint8Array): Promise<'none' | 'same' | 'other'>;
  /** Whether a session came from an import. */
  has(id: SessionId): Promise<boolean>;
  write(id: SessionId, content: Uint8Array): Promise<void>;
}

export function importRecords(container: Container, { lookup }: Epoch): ImportRecords {
  const nameOf = (id: SessionId) => `imports/${id}`;
  const hashOf = (content: Uint8Array) => createHmac('sha256', lookup).update('import').update(content).digest('hex');

  return {
    async look(id, content) {
      const found = await container.read(nameOf(id));
      if (found.status !== 'found') return 'none';
      return found.body === hashOf(content) ? 'same' : 'other';
    },

    has: async (id) => (await container.read(nameOf(id))).status === 'found',

    async write(id, content) {
      const body = hashOf(content);
      if (await container.create(nameOf(id), body)) return;
      const found = await container.read(nameOf(id));
      if (found.status === 'found') await container.replace(nameOf(id), body, found);
    },
  };
}

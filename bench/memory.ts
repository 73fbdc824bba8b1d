import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Secret } from '../shared/telemetry/secret.ts';
import { blobName, type SessionId, sessionIdOf } from '../shared/token-store/names.ts';
import { encodeSession, type Session } from '../shared/token-store/session.ts';
import { atOnce } from './at-once.ts';
import type { Figure } from './figure.ts';
import { createSeeding } from './seeding.ts';
import { onSite } from './site.ts';

const sessions = 10_000;
/** Of these, those that are read before anything is counted: they load what every request needs. */
const warmUp = 100;
/** Of each of the three tokens, in characters: as long as those of an identity provider that puts groups into them. */
const tokenLength = 2_500;

/** What the heap of a fresh process grows by when it reads 10,000 different sessions through its session store. */
export function measureMemory(): Promise<Figure[]> {
  return onSite({ hosts: 1 }, async (site) => {
    const { app, environment } = site;
    const { model } = await createSeeding(site);
    const ids = Array.from({ length: sessions }, (_, number) => sessionIdOf(String(number)));
    await atOnce(16, ids, async (id) =>
      app.container.create(blobName.session(id), await app.store.seal(like(model, id))),
    );
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--expose-gc', fileURLToPath(new URL('./memory-child.ts', import.meta.url)), `${sessions}`, `${warmUp}`],
      { env: { ...process.env, ...environment }, timeout: 120_000 },
    );
    const { first, all }: { first: number; all: number } = JSON.parse(stdout);
    const document = encodeSession(like(model, sessionIdOf('one'))).length;
    const mebi = 1024 * 1024;
    return [
      { name: 'memory per 10,000 warm sessions', value: all / mebi, unit: 'MiB' },
      { name: 'memory of the first 5,000', value: first / mebi, unit: 'MiB' },
      {
        name: 'memory of a kept session / its document',
        value: first / (sessions / 2 - warmUp) / document,
        unit: 'ratio',
      },
    ];
  });
}

/** The same session under another name, with tokens as long as real ones. */
function like(model: Session, id: SessionId): Session {
  const token = () => randomBytes((tokenLength * 3) / 4).toString('base64url');
  const [name = '', entry] = Object.entries(model.entries)[0] ?? [];
  if (!entry) throw new Error('The sign-in left no entry.');
  const tokens = {
    accessToken: new Secret('access_token', token()),
    idToken: new Secret('id_token', token()),
    refreshToken: new Secret('refresh_token', token()),
  };
  return { ...model, id, entries: { [name]: { ...entry, ...tokens } } };
}

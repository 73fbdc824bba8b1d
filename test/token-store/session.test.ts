import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../shared/telemetry/secret.ts';
import { decodeSession, encodeSession, type Session } from '../../shared/token-store/session.ts';
import { aSession } from './sessions.ts';

const now = Date.UTC(2026, 0, 1);

/** Secrets compare equal whatever they hold, so tokens are compared in clear. */
function inClear({ entries, ...session }: Session) {
  return {
    ...session,
    entries: Object.entries(entries).map(([name, { accessToken, idToken, refreshToken, ...entry }]) => [
      name,
      {
        ...entry,
        accessToken: accessToken?.reveal(),
        idToken: idToken?.reveal(),
        refreshToken: refreshToken?.reveal(),
      },
    ]),
  };
}

const optionalSecret = <Kind extends string>(kind: Kind) =>
  fc.option(fc.string().map((text) => new Secret(kind, text)));

/** Claims come from JSON, which has no negative zero. */
const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value));

const entry = fc
  .record({
    claims: fc.dictionary(fc.string(), fc.jsonValue()).map(asJson),
    subject: fc.string(),
    accessToken: fc.string(),
    idToken: optionalSecret('id_token'),
    refreshToken: optionalSecret('refresh_token'),
    dead: fc.option(fc.record({ at: fc.nat(), reason: fc.string() })),
    history: fc.array(fc.record({ at: fc.nat(), by: fc.constantFrom('sweep' as const, 'request' as const) })),
  })
  .map(({ accessToken, idToken, refreshToken, dead, ...rest }) => ({
    ...rest,
    issuer: 'https://issuer.example',
    issuedAt: 1,
    failures: 0,
    accessToken: new Secret('access_token', accessToken),
    ...(idToken ? { idToken } : {}),
    ...(refreshToken ? { refreshToken } : {}),
    ...(dead ? { dead } : {}),
  }));

describe('the session document', () => {
  it('gives every session back as it was', () => {
    const sessions = fc
      .dictionary(fc.string({ minLength: 1 }), entry, { maxKeys: 3 })
      .map((entries) => aSession(now, { entries }));
    fc.assert(
      fc.property(sessions, (session) => {
        expect(inClear(decodeSession(encodeSession(session)))).toEqual(inClear(session));
      }),
    );
  });

  it('leaves out the tokens that the provider did not give', () => {
    const session = aSession(now);
    const { demo } = decodeSession(encodeSession(session)).entries;
    expect(demo).not.toHaveProperty('idToken');
    expect(demo).toHaveProperty('refreshToken');
  });

  it('keeps tokens unprintable after they were read', () => {
    const session = decodeSession(encodeSession(aSession(now)));
    const token = session.entries['demo']?.accessToken?.reveal() ?? '';
    expect(token).toMatch(/^[\da-f]{32}$/);
    expect(JSON.stringify(session)).not.toContain(token);
  });

  it('is refused in another version of the format', () => {
    const document = JSON.parse(encodeSession(aSession(now)));
    for (const v of [0, 2, '1', undefined]) {
      const changed = JSON.stringify({ ...document, v });
      expect(() => decodeSession(changed)).toThrow(expect.objectContaining({ code: 'seal_malformed' }));
    }
  });
});

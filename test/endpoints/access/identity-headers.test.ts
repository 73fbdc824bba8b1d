import { describe, expect, it } from 'vitest';
import type { App } from '../../../shared/app.ts';
import { identityHeaders, isIdentityHeader } from '../../../shared/endpoints/access/identity-headers.ts';
import type { Provider } from '../../../shared/providers/provider.ts';
import type { ExposedToken } from '../../../shared/settings/settings.ts';
import { Secret } from '../../../shared/telemetry/secret.ts';
import type { Entry, Session } from '../../../shared/token-store/session.ts';

const logged: unknown[] = [];
const provider: Pick<Provider, 'principalId' | 'displayName' | 'claimTypes'> = {
  principalId: (_, subject) => `id of ${subject}`,
  displayName: () => 'ada@example.com',
  claimTypes: { types: {} },
};
const app = {
  settings: { claims: { legacy: true } },
  provider: (name: string) => (name === 'gone' ? undefined : provider),
  log: { event: (...event: unknown[]) => logged.push(event) },
} as unknown as App;

const entry = (tokens: Partial<Entry> = {}): Entry => ({
  issuer: 'i',
  subject: '1',
  claims: { sub: '1' },
  issuedAt: 0,
  failures: 0,
  history: [],
  ...tokens,
});
const accessToken = (text: string) => ({ accessToken: new Secret('access_token', text), expiresAt: 60 });
const all: readonly ExposedToken[] = ['access_token', 'id_token', 'refresh_token'];

function headersFor(entries: Record<string, Entry>, kinds = all, main = Object.keys(entries)[0] ?? '') {
  logged.length = 0;
  const headers = identityHeaders({ id: 'session-id', provider: main, entries } as unknown as Session, app, kinds);
  expect(() => new Headers({ ...headers })).not.toThrow();
  return headers;
}
const tokenNames = (headers: Readonly<Record<string, string>>) =>
  Object.keys(headers).filter((name) => name.startsWith('x-ms-token-'));
const lengthOf = (headers: Readonly<Record<string, string>>) =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);

describe('the headers of a session', () => {
  it('say who signed in, and have the tokens of every account', () => {
    const headers = headersFor(
      {
        github: entry(accessToken('connected')),
        aad: entry({ ...accessToken('main'), idToken: new Secret('id_token', 'id') }),
      },
      all,
      'aad',
    );
    expect(headers).toMatchObject({
      'x-ms-client-principal-id': 'id of 1',
      'x-ms-client-principal-name': 'ada@example.com',
      'x-ms-client-principal-idp': 'aad',
      'x-ms-token-aad-access-token': 'main',
      'x-ms-token-aad-id-token': 'id',
      'x-ms-token-aad-expires-on': '1970-01-01T00:01:00.0000000Z',
      'x-ms-token-github-access-token': 'connected',
    });
    expect(logged).toEqual([]);
  });

  it.each([
    [['access_token'], ['access-token', 'expires-on']],
    [['id_token'], ['id-token']],
    [['refresh_token'], ['refresh-token']],
    [[], []],
  ] as const)('have the kinds %j and no others', (kinds, names) => {
    const tokens = {
      ...accessToken('access'),
      idToken: new Secret('id_token', 'id'),
      refreshToken: new Secret('refresh_token', 'refresh'),
    };
    const headers = headersFor({ aad: entry(tokens) }, kinds);
    expect(tokenNames(headers).toSorted()).toEqual(names.map((name) => `x-ms-token-aad-${name}`));
  });

  it('say who it is where the provider is configured no more', () => {
    expect(headersFor({ gone: entry() })).toMatchObject({
      'x-ms-client-principal-id': '1',
      'x-ms-client-principal-name': '1',
      'x-ms-client-principal-idp': 'gone',
    });
  });

  it.each(['line\r\nX-Admin: 1', 'läuft', 'two words', 'bell\u0007', ''])(
    'leave out a token that a header cannot hold, and tell which: %j',
    (text) => {
      const headers = headersFor({ aad: entry({ ...accessToken(text), idToken: new Secret('id_token', 'id') }) });
      expect(tokenNames(headers)).toEqual(['x-ms-token-aad-id-token', 'x-ms-token-aad-expires-on']);
      expect(logged).toEqual([
        ['identity_headers_left_out', { session: 'session-id', headers: 'x-ms-token-aad-access-token' }],
      ]);
    },
  );

  it('cannot be split by a claim', () => {
    const headers = headersFor({ aad: { ...entry(), claims: { name: 'Ada\r\nX-Admin: 1', city: 'Åre' } } });
    for (const value of Object.values(headers)) expect(value).toMatch(/^[ -~]*$/);
  });
});

describe('what servers would not take', () => {
  it('is left out: a header of more than 8,000 characters', () => {
    const name = 'x-ms-token-aad-access-token';
    const longest = 8_000 - name.length - ': \r\n'.length;
    expect(headersFor({ aad: entry(accessToken('a'.repeat(longest))) })).toHaveProperty(name);
    expect(headersFor({ aad: entry(accessToken('a'.repeat(longest + 1))) })).not.toHaveProperty(name);
  });

  it('is left out: what makes more than 12 KiB together, of connected accounts first', () => {
    const long = accessToken('a'.repeat(5_000));
    const headers = headersFor({ first: entry(long), second: entry(long), main: entry(long) }, all, 'main');
    expect(tokenNames(headers)).toContain('x-ms-token-main-access-token');
    expect(tokenNames(headers)).not.toContain('x-ms-token-second-access-token');
    expect(lengthOf(headers)).toBeLessThanOrEqual(12 * 1024);
    expect(JSON.stringify(logged)).toContain('x-ms-token-second-access-token');
    expect(JSON.stringify(logged)).not.toContain('aaaa');
  });

  it('is never the principal, which has its own limit', () => {
    const groups = Array.from({ length: 500 }, (_, index) => `group-${index}-${'0'.repeat(20)}`);
    const headers = headersFor({ aad: { ...entry(accessToken('a'.repeat(7_000))), claims: { sub: '1', groups } } });
    expect(headers['x-ms-client-principal']).toMatch(/./);
    expect(lengthOf(headers)).toBeLessThanOrEqual(12 * 1024);
  });
});

it.each([
  ['X-MS-CLIENT-PRINCIPAL', true],
  ['x-ms-client-principal-idp', true],
  ['X_MS_CLIENT_PRINCIPAL_ID', true],
  ['x-ms_token-aad_access-token', true],
  ['x-ms-token-', true],
  ['X.MS.Client.Principal.Id', true],
  ['x~ms|token-aad-access-token', true],
  ['x-ms-client-principals', false],
  ['x-ms-client-request-id', false],
  ['x-ms-tokens', false],
  ['my-x-ms-client-principal', false],
])('%s is an identity header: %s', (name, expected) => {
  expect(isIdentityHeader(name)).toBe(expected);
});

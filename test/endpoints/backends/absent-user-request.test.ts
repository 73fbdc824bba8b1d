import { describe, expect, it } from 'vitest';
import { namesIn, purposeOf } from '../../../shared/endpoints/backends/absent-user-request.ts';
import { isTokenkeepError } from '../../../shared/errors/tokenkeep-error.ts';
import { principalHeaders } from '../../../shared/sessions/principal-headers.ts';

describe('the user in an address', () => {
  /** As a server sees the id, and puts it into the address. */
  function addressOf(id: string): string {
    const entry = { issuer: '', subject: '', claims: {}, issuedAt: 0, failures: 0, history: [] };
    const source = { name: 'aad', principalId: id, displayName: '', claimTypes: { types: {} }, legacyClaims: true };
    const seen = principalHeaders(entry, source)['x-ms-client-principal-id'];
    return `${encodeURIComponent(`aad:${seen}`)}/tokens/google`;
  }

  it.each(['b2c', 'a b', 'a:b', 'a/b', 'Zoë', 'a%b', 'a%25b', '100%', 'x+y@example.com'])(
    'is the one whose id a server has seen in X-MS-CLIENT-PRINCIPAL-ID: %s',
    (id) => expect(namesIn(addressOf(id))).toEqual({ user: { provider: 'aad', id }, provider: 'google' }),
  );

  it('may be written as it is, and providers in whatever case and by their other names', () => {
    expect(namesIn('X:12/tokens/AzureActiveDirectory')).toEqual({
      user: { provider: 'twitter', id: '12' },
      provider: 'aad',
    });
    expect(namesIn(`${encodeURIComponent('aad:Zoë')}/tokens/x`).user.id).toBe('Zoë');
  });

  it.each(['aad', 'aad:', ':b', ''])('is refused where a part is missing: %j', (user) => {
    const refused = () => namesIn(`${encodeURIComponent(user)}/tokens/google`);
    expect(refused).toThrow(expect.objectContaining({ code: 'request_malformed' }));
  });
});

describe('the purpose', () => {
  const purpose = (text: string) =>
    purposeOf(new Request('https://a.example', { headers: { 'x-tokenkeep-purpose': text } }));

  it.each([
    ['The weekly report', 'The weekly report'],
    ['Z%C3%BCrich', 'Zürich'],
    ['100%25', '100%'],
    ['100% sure', '100% sure'],
    ['x'.repeat(200), 'x'.repeat(200)],
  ])('is text, percent-encoded or not: %s', (text, expected) => expect(purpose(text)).toBe(expected));

  it.each(['', '%20', '%00', 'a%0Ab', '%E2%80%AEtxt', '%E2%80%A8', 'x'.repeat(201), '%20a'])(
    'is refused where people could not read it: %s',
    (text) => {
      let code = 'none';
      try {
        purpose(text);
      } catch (error) {
        if (isTokenkeepError(error)) code = error.code;
      }
      expect(code).toBe('purpose_missing');
    },
  );
});

import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import {
  completionOrigin,
  type EndingParameters,
  type EndingRules,
  requestedEnding,
} from '../../shared/sign-in/ending.ts';

const rules: EndingRules = {
  addressOf: (requested) => {
    if (requested.includes('evil')) throw new TokenkeepError('redirect_not_allowed');
    return `checked:${requested}`;
  },
  trusts: (origin) => origin === 'https://spa.example' || origin === 'null',
};
const challenge = createHash('sha256').update('verifier').digest('base64url');
const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
const popup = { completion_type: 'postMessage', completion_origin: 'https://spa.example' };

const ending = (parameters: EndingParameters) => requestedEnding(parameters, rules);

describe('a login asks for', () => {
  it.each<[string, EndingParameters, unknown]>([
    ['a cookie, where it says nothing', {}, { kind: 'cookie' }],
    ['a cookie by name', { session_mode: 'cookie' }, { kind: 'cookie' }],
    ['the token in the fragment', { session_mode: 'token' }, { kind: 'token' }],
    ['a code, as iOS does', pkce, { kind: 'code', challenge }],
    ['a code, as .NET does', { ...pkce, session_mode: 'token' }, { kind: 'code', challenge }],
    ['a message to its opener', popup, { kind: 'message', origin: 'https://spa.example' }],
    [
      'a message, as the JavaScript client does',
      { ...popup, session_mode: 'token' },
      { kind: 'message', origin: 'https://spa.example' },
    ],
    ['a call of its frame', { ...popup, completion_type: 'iframe' }, { kind: 'frame', origin: 'https://spa.example' }],
  ])('%s', (_case, parameters, expected) => {
    expect(ending(parameters)).toEqual(expected);
  });

  it('a landing address, which is checked in every mode that lands anywhere', () => {
    for (const mode of [{}, { session_mode: 'token' }, pkce]) {
      expect(ending({ ...mode, post_login_redirect_url: '/a' })).toHaveProperty('target', 'checked:/a');
      expect(() => ending({ ...mode, post_login_redirect_uri: 'https://evil.example' })).toThrow(
        expect.objectContaining({ code: 'redirect_not_allowed' }),
      );
    }
  });
});

describe('a login is refused', () => {
  it.each<[string, EndingParameters]>([
    ['with an unknown session_mode', { session_mode: 'fragment' }],
    ['with a challenge by no method, which would be plain', { code_challenge: challenge }],
    ['with the method plain', { ...pkce, code_challenge_method: 'plain' }],
    ['with the method in other letters', { ...pkce, code_challenge_method: 's256' }],
    ['with a method and no challenge', { code_challenge_method: 'S256' }],
    ['with a challenge that is no SHA-256 hash', { ...pkce, code_challenge: challenge.slice(1) }],
    ['with a challenge and a window of its own', { ...pkce, ...popup }],
    ['with an unknown completion_type', { ...popup, completion_type: 'PostMessage' }],
    ['with a completion_type that every object has', { ...popup, completion_type: 'constructor' }],
  ])('%s', (_case, parameters) => {
    expect(() => ending(parameters)).toThrow(expect.objectContaining({ code: 'request_malformed' }));
  });

  it('to send a message to an origin that is not trusted, or to none', () => {
    const refusal = expect.objectContaining({ code: 'redirect_not_allowed' });
    for (const origin of ['https://evil.example', '*', '/', 'null', '']) {
      expect(() => ending({ ...popup, completion_origin: origin }), origin).toThrow(refusal);
    }
    expect(() => ending({ completion_type: 'postMessage' })).toThrow(refusal);
  });
});

describe('the origin to be told', () => {
  it.each(['https://spa.example', 'https://spa.example/', 'HTTPS://SPA.example:443'])(
    'may be written as %s',
    (written) => {
      expect(completionOrigin(written, rules.trusts)).toBe('https://spa.example');
    },
  );

  it.each([
    'https://spa.example/path',
    'https://spa.example?',
    'https://spa.example/#',
    'https://user@spa.example',
    'blob:https://spa.example/b9a1',
    'http://spa.example',
    'https://spa.example.',
    'https://spa.example:8443',
    'spa.example',
    'myapp://x',
    'data:,x',
  ])('is not taken from %s', (written) => {
    expect(() => completionOrigin(written, rules.trusts)).toThrow(
      expect.objectContaining({ code: 'redirect_not_allowed' }),
    );
  });
});

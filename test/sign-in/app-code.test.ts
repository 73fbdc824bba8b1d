import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionKey } from '../../shared/sessions/session-token.ts';
import {
  type AppCode,
  appCodeHash,
  codeChallenge,
  isVerified,
  openAppCode,
  sealAppCode,
} from '../../shared/sign-in/app-code.ts';
import { sealValue } from '../../shared/sign-in/sealed.ts';
import { type LocalApp, localApp } from '../fixtures/local-app.ts';

const sha256 = (text: string, encoding: 'base64' | 'base64url') => createHash('sha256').update(text).digest(encoding);

/** RFC 7636 appendix B. */
const published = {
  verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
};

describe('a challenge', () => {
  it('is read in base64url, in base64 with padding or without, and with spaces where + was not escaped', () => {
    expect(codeChallenge(published.challenge)).toBe(published.challenge);
    for (let at = 0; at < 200; at++) {
      const verifier = randomBytes(32).toString('base64');
      const [standard, url] = [sha256(verifier, 'base64'), sha256(verifier, 'base64url')];
      for (const text of [standard, standard.replace('=', ''), standard.replaceAll('+', ' '), url, `${url}=`]) {
        expect(codeChallenge(text)).toBe(url);
      }
    }
  });

  it.each([
    '',
    'x',
    published.challenge.slice(1),
    `${published.challenge}x`,
    `${published.challenge}==`,
    `${published.challenge.slice(0, -1)}N`,
    `${published.challenge.slice(0, -1)}é`,
    sha256('verifier', 'base64url').repeat(2),
  ])('cannot be %j', (text) => {
    expect(codeChallenge(text)).toBeUndefined();
  });
});

describe('a verifier', () => {
  const codeOf = (challenge: string) => ({ challenge }) as AppCode;

  it('of RFC 7636 proves the challenge there', () => {
    expect(isVerified(codeOf(published.challenge), published.verifier)).toBe(true);
  });

  it('is hashed as the text it is, with spaces where + was not escaped', () => {
    const bytes = Buffer.alloc(32, 0xfb);
    const verifier = bytes.toString('base64');
    expect(verifier).toContain('+');
    const code = codeOf(sha256(verifier, 'base64url'));
    expect(isVerified(code, verifier)).toBe(true);
    expect(isVerified(code, verifier.replaceAll('+', ' '))).toBe(true);
    expect(isVerified(code, bytes.toString('base64url'))).toBe(false);
    expect(isVerified(codeOf(createHash('sha256').update(bytes).digest('base64url')), verifier)).toBe(false);
  });

  it.each(['', 'x', `${published.verifier}x`, published.verifier.slice(1), published.challenge])(
    'is not %j',
    (text) => {
      expect(isVerified(codeOf(published.challenge), text)).toBe(false);
    },
  );
});

describe('a code', () => {
  let local: LocalApp;
  beforeAll(async () => {
    local = await localApp();
  });
  afterAll(() => local.close());

  const content = { key: 'k'.repeat(43) as SessionKey, provider: 'demo', challenge: published.challenge };

  it('carries what it was made with and its end in five minutes, for nobody to read', async () => {
    const { ring, platform } = local.app;
    const code = await sealAppCode(content, ring, platform.clock);
    const opened = await openAppCode(code, ring);
    expect(opened).toEqual({ ...content, expiresAt: expect.any(Number) });
    expect(Math.abs((opened?.expiresAt ?? 0) - local.clock.now() / 1000 - 300)).toBeLessThan(5);
    const readable = code.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'));
    expect(readable.join()).not.toContain('kkkk');
    expect(code).toMatch(/^[\w.-]+$/);
  });

  it('is another each time, and so is its hash', async () => {
    const { ring, platform } = local.app;
    const [one, other] = await Promise.all([0, 1].map(() => sealAppCode(content, ring, platform.clock)));
    expect(appCodeHash(one ?? '')).not.toBe(appCodeHash(other ?? ''));
  });

  it('is none where it was sealed for something else, or by nobody', async () => {
    const { ring } = local.app;
    for (const purpose of ['attempt', 'user', 'logout']) {
      expect(await openAppCode(await sealValue(purpose, content, ring), ring)).toBeUndefined();
    }
    for (const text of ['', 'x', 'a.b.c', 'a.b.c.d.e']) expect(await openAppCode(text, ring)).toBeUndefined();
  });
});

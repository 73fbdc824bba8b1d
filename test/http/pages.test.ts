import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TokenkeepError } from '../../shared/errors/tokenkeep-error.ts';
import { errorPage, escapeHtml, page } from '../../shared/http/pages.ts';

const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

describe('the policy of a page', () => {
  it('allows the very style and script that stand in it', () => {
    const { body, policy } = page('Title', '<p>Text</p>', { script: 'console.log("é");\n' });
    const [, style = ''] = /<style>([\s\S]*)<\/style>/.exec(body) ?? [];
    const [, script = ''] = /<script>([\s\S]*)<\/script>/.exec(body) ?? [];
    expect(script).toBe('console.log("é");\n');
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      `style-src ${hash(style)}`,
      `script-src ${hash(script)}`,
      "img-src 'none'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it('allows its one image, whose address can neither end the policy nor add to it', () => {
    const { policy } = page('Title', '', { image: 'https://cdn.example/a;script-src *,b.png?v=1;2' });
    expect(policy.split(/[;,] ?/)).toHaveLength(7);
    expect(policy).toContain('img-src https://cdn.example/a%3Bscript-src%20*%2Cb.png; ');
  });

  it('lets forms go to its own origin alone, and that only where it has some', () => {
    expect(page('Title', '', { forms: true }).policy).toMatch(/; form-action 'self'$/);
    expect(page('Title', '', { forms: false }).policy).toMatch(/; form-action 'none'$/);
  });

  it('allows no script where there is none', () => {
    const { body, policy } = page('Title', '');
    expect(body).not.toContain('<script');
    expect(policy).toContain("script-src 'none'");
  });
});

describe('text becomes part of a page', () => {
  it('without a character that HTML would read', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', '=', '/', '`', 'é') }), (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']|&(?!#\d+;)/);
        const back = escaped.replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)));
        expect(back).toBe(text);
      }),
    );
  });

  it('in the title of a page', () => {
    const { body } = page('</title><script>alert(1)</script>', '');
    expect(body).not.toContain('<script>');
  });
});

describe('the error page', () => {
  const hostile = `"><img src=x onerror=alert(1)>'&`;

  it('says what happened, what to do, where to go and the code to quote', () => {
    const { body } = errorPage(
      new TokenkeepError('sign_in_refused', { detail: 'the provider says x' }),
      '/.auth/login/demo',
    );
    expect(body).toContain('<title>The identity provider did not sign the user in</title>');
    expect(body).toContain('<h1>The identity provider did not sign the user in</h1>');
    expect(body).toContain('<p>The provider says x.</p>');
    expect(body).toContain('<a href="/.auth/login/demo">Sign in</a>');
    expect(body).toContain('<code>sign_in_refused</code>');
  });

  it('leaves names in details as they are', () => {
    const { body } = errorPage(new TokenkeepError('session_unreadable', { detail: 'seal_broken' }), undefined);
    expect(body).toContain('<p>seal_broken.</p>');
    const missing = new TokenkeepError('client_token_missing', { detail: 'id_token or access_token' });
    expect(errorPage(missing, undefined).body).toContain('<p>id_token or access_token.</p>');
  });

  it('shows details and addresses as text', () => {
    const { body } = errorPage(new TokenkeepError('request_malformed', { detail: hostile }), hostile);
    expect(body).not.toContain('<img');
    expect(body).not.toContain(`href="">`);
    expect(body).toContain(`<p>${escapeHtml(hostile)}.</p>`);
    expect(body).toContain(`<a href="${escapeHtml(hostile)}">`);
  });

  it('leaves out what there is not, and the cause always', () => {
    const { body } = errorPage(new TokenkeepError('internal', { cause: new Error('secret thing') }), undefined);
    expect(body).not.toContain('<a ');
    expect(body).not.toContain('undefined');
    expect(body).not.toContain('secret thing');
  });
});

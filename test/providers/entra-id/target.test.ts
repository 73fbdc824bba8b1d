import { describe, expect, it } from 'vitest';
import { entraAuthorities } from '../../../shared/providers/entra-id/authority.ts';
import { configuredTarget, furtherTarget } from '../../../shared/providers/entra-id/target.ts';
import type { Target } from '../../../shared/providers/provider.ts';

const contoso = 'aaaaaaaa-0000-4000-8000-00000000000a';
const { own: v2, other: v1 } = entraAuthorities(`https://login.microsoftonline.com/${contoso}/v2.0`);

describe('a further API', () => {
  it.each<[Target, string]>([
    [{ resource: 'https://graph.microsoft.com' }, 'https://graph.microsoft.com/.default'],
    [{ resource: 'https://management.azure.com/' }, 'https://management.azure.com//.default'],
    [{ scope: 'https://graph.microsoft.com/Mail.Read' }, 'https://graph.microsoft.com/Mail.Read'],
    [{ resource: 'api://x', scope: 'read  write' }, 'api://x/read api://x/write'],
    [{ resource: 'api://x', scope: 'api://x/read' }, 'api://x/read'],
  ])('%j is asked for by scope in v2', (target, scope) => {
    expect(furtherTarget(v2, target)).toEqual({ scope });
  });

  it('is asked for by resource in v1, which knows no scopes', () => {
    expect(furtherTarget(v1, { resource: 'https://graph.microsoft.com/' })).toEqual({
      resource: 'https://graph.microsoft.com/',
    });
    expect(furtherTarget(v1, { scope: 'User.Read' })).toBeUndefined();
    expect(furtherTarget(v1, { resource: 'https://graph.microsoft.com', scope: 'User.Read' })).toBeUndefined();
  });
});

describe('the API of the settings', () => {
  const scopes = ['openid', 'profile', 'email'];
  it.each<[string, string | undefined, string | undefined]>([
    ['nothing', undefined, undefined],
    ['who the user is', 'openid profile offline_access', undefined],
    ['an API', 'openid api://x/read', 'api://x/read openid offline_access'],
    ['an API and more', 'openid  offline_access email api://x/read', 'api://x/read openid offline_access email'],
    ['Graph', 'User.Read', 'User.Read openid offline_access'],
  ])('is known where the login parameters ask for %s', (_case, scope, expected) => {
    const loginParameters = scope === undefined ? {} : { scope };
    const target = expected === undefined ? undefined : { scope: expected };
    expect(configuredTarget(v2, { scopes, loginParameters })).toEqual(target);
  });

  it('is known where the scopes name one', () => {
    const asked = { scopes: ['openid', 'Files.Read'], loginParameters: {} };
    expect(configuredTarget(v2, asked)).toEqual({ scope: 'Files.Read openid offline_access' });
  });

  it('is the resource in v1', () => {
    expect(configuredTarget(v1, { scopes, loginParameters: { resource: 'x', scope: 'api://x/y' } })).toEqual({
      resource: 'x',
    });
    expect(configuredTarget(v1, { scopes, loginParameters: {} })).toBeUndefined();
  });
});

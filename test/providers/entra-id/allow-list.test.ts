import { describe, expect, it } from 'vitest';
import type { TokenkeepError } from '../../../shared/errors/tokenkeep-error.ts';
import { checkAllowed, type EntraAllowLists } from '../../../shared/providers/entra-id/allow-list.ts';
import type { Claims } from '../../../shared/providers/provider.ts';

const user = { oid: 'aaaaaaaa-0000-4000-8000-000000000001', groups: ['bbbbbbbb-0000-4000-8000-000000000002'] };
const { oid } = user;
const [group = ''] = user.groups;
const another = 'cccccccc-0000-4000-8000-000000000003';
const app = 'dddddddd-0000-4000-8000-000000000004';

/** What a refused user is told; undefined where they may come in. */
function refusal(lists: EntraAllowLists, claims: Claims): string | undefined {
  try {
    checkAllowed(lists, claims);
    return undefined;
  } catch (error) {
    const { code, detail } = error as TokenkeepError;
    expect(code).toBe('user_not_allowed');
    return detail;
  }
}

describe('a user may come in', () => {
  it.each<[string, EntraAllowLists, Claims]>([
    ['without lists', {}, {}],
    ['who is listed', { identities: [another, oid] }, user],
    ['who is listed in another case', { identities: [oid.toUpperCase()] }, user],
    ['whose group is listed', { groups: [group] }, user],
    ['who is listed, whatever their groups', { groups: [another], identities: [oid] }, user],
    ['whose group is listed, whoever they are', { groups: [group], identities: [another] }, user],
    ['who is listed, with too many groups', { groups: [group], identities: [oid] }, { oid, hasgroups: true }],
    ['by an access token of v2 to a listed application', { applications: [app] }, { aud: another, azp: app }],
    ['by an access token of v1 to a listed application', { applications: [app] }, { aud: another, appid: app }],
    ['by an ID token to a listed application', { applications: [app] }, { aud: app }],
  ])('%s', (_case, lists, claims) => {
    expect(refusal(lists, claims)).toBeUndefined();
  });
});

describe('a user is refused', () => {
  const unlisted = 'neither the user nor a group of theirs is on the list';
  it.each<[string, EntraAllowLists, Claims, string]>([
    ['where the list of users is empty', { identities: [] }, user, 'the user is not on the list'],
    ['who is not on it', { identities: [another] }, user, 'the user is not on the list'],
    ['who has no id', { identities: [another] }, { sub: another }, 'the user is not on the list'],
    ['where the list of groups is empty', { groups: [] }, user, unlisted],
    ['whose groups are not on it', { groups: [another] }, user, unlisted],
    ['whose groups the token leaves out', { groups: [group] }, { oid }, unlisted],
    ['whose groups are no list', { groups: [group] }, { oid, groups: group }, unlisted],
    ['whose group is named by another claim', { groups: [oid] }, user, unlisted],
    ['who is on neither list', { groups: [another], identities: [another] }, user, unlisted],
  ])('%s', (_case, lists, claims, detail) => {
    expect(refusal(lists, claims)).toBe(detail);
  });

  it.each<[string, Claims]>([
    ['points elsewhere for them', { oid, _claim_names: { groups: 'src1' } }],
    ['says that there are some', { oid, hasgroups: true }],
    ['says so in a text', { oid, hasgroups: 'true' }],
  ])('who is in more groups than the token lists, and told so, where it %s', (_case, claims) => {
    expect(refusal({ groups: [group] }, claims)).toContain('groups overage');
  });

  it.each<[string, Claims]>([
    ['an access token of v2', { aud: app, azp: another }],
    ['an access token of v1', { aud: app, appid: another }],
    ['an ID token', { aud: another }],
    ['a token for several', { aud: [app] }],
  ])('by %s to an application that is not listed', (_case, claims) => {
    expect(refusal({ applications: [app] }, claims)).toBe('the application is not on the list');
    expect(refusal({ applications: [app], identities: [oid] }, { ...user, ...claims })).toContain('application');
  });

  it('whose application is listed, but who is not', () => {
    expect(refusal({ applications: [app], identities: [another] }, { ...user, azp: app })).toContain('user');
  });
});

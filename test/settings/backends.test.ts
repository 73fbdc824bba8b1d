import { describe, expect, it } from 'vitest';
import { load, problems, sample } from './example.ts';

const tenant = '11111111-2222-4333-8444-555555555555';
const reports = {
  title: 'Weekly reports',
  purpose: 'Reads your calendar to mail the weekly report',
  issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
  audience: 'api://tokenkeep',
  applicationId: '66666666-2222-4333-8444-555555555555',
  role: 'Tokens.Read',
  providers: { demo: ['calendar.read'] },
};
const document = (changes: object = {}, name = 'reports') => ({
  ...sample(),
  backends: { [name]: { ...reports, ...changes } },
});

it('without backends there are none', () => {
  expect(load().backends).toEqual([]);
});

it('a backend is read, by the names that providers are kept by', () => {
  expect(load({}, document({ providers: { DEMO: ['a', 'b'] } })).backends).toEqual([
    {
      name: 'reports',
      title: reports.title,
      purpose: reports.purpose,
      issuer: reports.issuer,
      audiences: ['api://tokenkeep'],
      applicationId: reports.applicationId,
      role: 'Tokens.Read',
      providers: new Map([['demo', ['a', 'b']]]),
      tokensPerHour: 60,
    },
  ]);
  const changes = { role: undefined, scope: 'tokens.read', issuer: 'https://issuer.example', audience: ['a', 'b'] };
  expect(load({}, document(changes)).backends).toMatchObject([{ scope: 'tokens.read', audiences: ['a', 'b'] }]);
});

describe('what is wrong is told', () => {
  const at = 'auth.json: backends.reports';

  it.each([
    [
      { issuer: 'http://issuer.example', role: undefined, scope: 'a' },
      `${at}.issuer: found "http://issuer.example", expected an https URL (plain http only to a loopback address)`,
    ],
    [{ issuer: 'contoso' }, `${at}.issuer: found "contoso", expected an absolute URL`],
    [{ issuer: undefined }, `${at}.issuer: found nothing, expected an absolute URL`],
    [{ role: undefined }, `${at}: found an object, expected either role (Entra ID) or scope (other issuers)`],
    [{ scope: 'tokens.read' }, `${at}: found an object, expected either role (Entra ID) or scope (other issuers)`],
    ...[
      'https://issuer.example',
      'https://login.microsoftonline.com/common/v2.0',
      'https://login.microsoftonline.com/contoso.com/v2.0',
    ].map(
      (issuer) =>
        [
          { issuer },
          `${at}: found an object, expected with role: the issuer of one tenant of Entra ID, by its id`,
        ] as const,
    ),
    [{ providers: {} }, `${at}.providers: found an object, expected at least one provider with its scopes`],
    [{ providers: { demo: [] } }, `${at}.providers.demo: found a list, expected at least one scope, or "*"`],
    [{ providers: { demo: ['*', 'a'] } }, `${at}.providers.demo: found a list, expected "*" alone, or scopes`],
    [{ providers: { google: ['*'] } }, `${at}.providers: found "google", expected one of the providers: demo`],
    [{ tokensPerHour: 0 }, `${at}.tokensPerHour: found 0, expected at least 1`],
    [{ title: '' }, `${at}.title: found "", expected a title of 1 to 80 characters`],
    [{ purpose: 'a\nb' }, `${at}.purpose: found "a\\nb", expected a purpose of 1 to 200 characters`],
    [{ audience: [] }, `${at}.audience: found a list, expected an audience`],
    [{ secret: 'x' }, `${at}.secret: found an unknown property, expected no such property`],
  ] as const)('%o', (changes, line) => {
    expect(problems({}, document(changes))).toEqual([line]);
  });

  it('a name that cannot be a part of an address', () => {
    const expected = 'a name of 1 to 32 lower-case letters, digits and hyphens';
    expect(problems({}, document({}, 'Weekly report'))).toEqual([
      `auth.json: backends.Weekly report: found "Weekly report", expected ${expected}`,
    ]);
  });

  it('one application in two backends', () => {
    const twice = { ...sample(), backends: { reports, others: reports } };
    expect(problems({}, twice)).toEqual(['auth.json: backends: found an object, expected each application once']);
  });
});

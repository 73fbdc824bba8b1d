import { describe, expect, it } from 'vitest';
import { load, problems, sample } from './example.ts';

const withLifetime = (text: unknown) => {
  const document = sample();
  document.login.cookieExpiration.timeToExpiration = text;
  return document;
};

describe('a time span', () => {
  it.each([
    ['00:00:01', 1],
    ['00:05:00', 300],
    ['08:00:00', 8 * 3600],
    ['23:59:59', 24 * 3600 - 1],
    ['1.00:00:00', 24 * 3600],
    ['30.12:30:15', 30 * 24 * 3600 + 12 * 3600 + 30 * 60 + 15],
  ])('%s is %i seconds', (text, seconds) => {
    expect(load({}, withLifetime(text)).session.lifetime).toBe(seconds);
  });

  it.each([
    '',
    '8',
    '8:00:00',
    '24:00:00',
    '00:60:00',
    '00:00:60',
    '-01:00:00',
    '1:00:00:00',
    '01:00:00.5',
    ' 01:00:00',
    28800,
  ])('cannot be %j', (text) => {
    expect(problems({}, withLifetime(text))).toEqual([
      expect.stringMatching(/timeToExpiration: found .*, expected (a time span as hh:mm:ss|a value of type string)/),
    ]);
  });

  it('of nothing is too short for a session or a sign-in', () => {
    const document = withLifetime('00:00:00');
    document.login.nonce.nonceExpirationInterval = '0.00:00:00';
    expect(problems({}, document)).toEqual([
      expect.stringContaining(
        'cookieExpiration.timeToExpiration: found "00:00:00", expected a time span longer than 00:00:00',
      ),
      expect.stringContaining(
        'nonce.nonceExpirationInterval: found "0.00:00:00", expected a time span longer than 00:00:00',
      ),
    ]);
  });
});

describe('hours', () => {
  it('limit how long a session lives', () => {
    expect(load({ TOKENKEEP_SESSION_MAX_HOURS: '0.5' }).session.absoluteLifetime).toBe(1800);
    expect(load({ TOKENKEEP_SESSION_MAX_HOURS: '8760' }).session.absoluteLifetime).toBe(8760 * 3600);
    for (const text of ['0', '-1', '8761', 'x', ' ', 'Infinity', '1,5']) {
      expect(problems({ TOKENKEEP_SESSION_MAX_HOURS: text })).toHaveLength(1);
    }
  });

  it('limit how long an expired session may be refreshed, from none to a year', () => {
    const extension = (hours: unknown) => {
      const document = sample();
      document.login.tokenStore.tokenRefreshExtensionHours = hours;
      return document;
    };
    expect(load({}, extension(0)).session.refreshExtension).toBe(0);
    expect(load({}, extension(1.5)).session.refreshExtension).toBe(5400);
    expect(load({}, extension('1.5')).session.refreshExtension).toBe(5400);
    for (const hours of [-1, 8761, '-1', '8761', 'x', '', true, []])
      expect(problems({}, extension(hours))).toHaveLength(1);
  });
});

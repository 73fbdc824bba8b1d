import { describe, expect, it } from 'vitest';
import { environment, load, problems, sample, sasUrl } from './example.ts';

it('the container SAS is in the app setting that auth.json names, else in that of App Service', () => {
  const revealed = (changes: Record<string, string | undefined>, document: unknown) => {
    const [container] = load(changes, document).containers;
    return 'sasUrl' in container ? container.sasUrl.reveal() : undefined;
  };
  const own = sasUrl.replace('/tokens?', '/own?');
  const document = sample();
  document.login.tokenStore.azureBlobStorage = { sasUrlSettingName: 'OWN_SAS' };
  expect(revealed({ OWN_SAS: own }, document)).toBe(own);
  delete document.login.tokenStore.azureBlobStorage;
  expect(revealed({ OWN_SAS: own }, document)).toBe(environment['WEBSITE_AUTH_TOKEN_CONTAINER_SASURL']);
});

it('the app setting of App Service does not stand in for one that auth.json names', () => {
  const document = sample();
  document.login.tokenStore.azureBlobStorage = { sasUrlSettingName: 'OWN_SAS' };
  expect(problems({}, document)).toEqual(['OWN_SAS: found nothing, expected a container SAS URL']);
});

const setting = 'WEBSITE_AUTH_TOKEN_CONTAINER_SASURL';
const second = sasUrl.replace('account', 'second').replace('2027', '2028');
const third = sasUrl.replace('account', 'third').replace('sp=rwdl', 'sp=rwl');
const addresses = ['account', 'second', 'third'].map((name) => `https://${name}.blob.core.windows.net/tokens`);

describe('several containers by SAS', () => {
  it('are SAS URLs separated by white space, each with what it grants and the mark behind it', () => {
    const { containers } = load({ [setting]: ` ${sasUrl}\n${second}#closed\t${third}#half-open ` });
    expect(containers).toMatchObject([
      { address: addresses[0], deletes: true, expiresAt: Date.UTC(2027, 0, 1) / 1000 },
      { address: addresses[1], deletes: true, expiresAt: Date.UTC(2028, 0, 1) / 1000, mark: 'closed' },
      { address: addresses[2], deletes: false, mark: 'half-open' },
    ]);
    expect(containers[0]).not.toHaveProperty('mark');
    expect(containers.map((one) => 'sasUrl' in one && one.sasUrl.reveal())).toEqual([sasUrl, second, third]);
  });

  it('keep their addresses when the SAS is renewed', () => {
    const renewed = `${sasUrl.replace('2027', '2030')} ${second.replace('sassignature', 'anew')}`;
    const [first, other] = load({ [setting]: renewed }).containers;
    expect([first.address, other?.address]).toEqual(addresses.slice(0, 2));
  });

  it.each([
    ['an expired SAS', second.replace('2028', '2020'), 'a SAS that expired at 2020-01-01T00:00:00.000Z'],
    ['a SAS that may not write', second.replace('sp=rwdl', 'sp=rl'), 'a SAS without permission w'],
    ['an unknown mark', `${second}#joining`, 'an unknown mark'],
  ])('are refused with %s, told by its address', (_, wrong, found) => {
    const [problem, ...others] = problems({ [setting]: `${sasUrl} ${wrong} ${third}` });
    expect(problem).toContain(`${setting} (${addresses[1]}): found ${found}, expected `);
    expect(problem).not.toContain('sassignature');
    expect(others).toEqual([]);
  });

  it('are refused with what is no web address, told by its place in the list', () => {
    expect(problems({ [setting]: `${sasUrl} sassignature:${second}` })).toEqual([
      expect.stringMatching(/^WEBSITE_AUTH_TOKEN_CONTAINER_SASURL \(number 2\): found (?!.*sassignature)/),
    ]);
  });

  it('are refused where one is named twice, by whatever SAS', () => {
    expect(problems({ [setting]: `${sasUrl} ${sasUrl.replace('tokens', 'tokens/').replace('2027', '2028')}` })).toEqual(
      [`${setting} (${addresses[0]}): found a container that was named before, expected each container once`],
    );
  });

  it.each(['closed', 'half-open'])('are refused where the first, which has the key ring, is %s', (mark) => {
    expect(problems({ [setting]: `${sasUrl}#${mark} ${second}` })).toEqual([
      `${setting} (${addresses[0]}): found a mark, expected none at the first container, which has the key ring`,
    ]);
  });
});

describe('several containers by identity', () => {
  const further = 'TOKENKEEP_FURTHER_CONTAINERS';
  const byIdentity = () => {
    const document = sample();
    document.login.tokenStore.azureBlobStorage = { blobContainerUri: addresses[0], clientId: 'one' };
    return document;
  };

  it('are the one in auth.json and those in an app setting', () => {
    expect(load({ [further]: `${addresses[1]} ${addresses[2]}/#half-open` }, byIdentity()).containers).toEqual([
      { address: addresses[0], clientId: 'one' },
      { address: addresses[1], clientId: 'one' },
      { address: addresses[2], clientId: 'one', mark: 'half-open' },
    ]);
  });

  it.each([
    ['a SAS', second, 'a URL with a query'],
    ['plain http', 'http://second.blob.core.windows.net/tokens', 'a URL that is not https'],
    ['no container', 'https://second.blob.core.windows.net/', 'a URL that names no container'],
  ])('are refused with %s', (_, url, found) => {
    expect(problems({ [further]: url }, byIdentity())).toEqual([
      expect.stringMatching(new RegExp(`^${further} \\(http.*\\): found ${found}, expected https URLs of containers`)),
    ]);
  });

  it('are refused beside a SAS', () => {
    expect(problems({ [further]: addresses[1] })).toEqual([
      `${further}: found a list, expected none beside a SAS: all SAS URLs belong into ${setting}`,
    ]);
  });
});

describe('TOKENKEEP_READ_SECONDARY', () => {
  it('is refused with a container whose secondary cannot be told by its address', () => {
    const own = sasUrl.replace('account.blob.core.windows.net', 'blobs.example.com');
    expect(problems({ TOKENKEEP_READ_SECONDARY: 'true', [setting]: `${sasUrl} ${own}` })).toEqual([
      expect.stringMatching(
        /^TOKENKEEP_READ_SECONDARY: found true with the container https:\/\/blobs.example.com\/tokens,/,
      ),
    ]);
    expect(load({ TOKENKEEP_READ_SECONDARY: 'true' }).readSecondary).toBe(true);
  });
});

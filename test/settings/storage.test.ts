import { expect, it } from 'vitest';
import { environment, load, problems, sample, sasUrl } from './example.ts';

it('the container SAS is in the app setting that auth.json names, else in that of App Service', () => {
  const revealed = (changes: Record<string, string | undefined>, document: unknown) => {
    const { container } = load(changes, document);
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

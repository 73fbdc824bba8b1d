import { expect, it } from 'vitest';
import { providerName } from '../../shared/providers/provider-name.ts';

it.each([
  ['AAD', 'aad'],
  ['AzureActiveDirectory', 'aad'],
  ['windowsazureactivedirectory', 'aad'],
  ['x', 'twitter'],
  ['X', 'twitter'],
  ['Twitter', 'twitter'],
  ['MicrosoftAccount', 'microsoftaccount'],
  ['Contoso', 'contoso'],
])('%s is the provider %s', (text, name) => {
  expect(providerName(text)).toBe(name);
});

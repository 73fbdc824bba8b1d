import { describe, expect, it } from 'vitest';
import { load, sample } from './example.ts';

const told = (name: string, authJson: unknown = sample()) =>
  load({ [name]: 'https://app.example.com' }, authJson).notices.map(({ path }) => path);

describe('an app setting that begins as Tokenkeep’s do', () => {
  it('is told of where there is none of that name', () => {
    expect(told('TOKENKEEP_UPSTREEM')).toEqual(['TOKENKEEP_UPSTREEM']);
    expect(told('TOKENKEEP_constructor')).toEqual(['TOKENKEEP_constructor']);
  });

  it('is none to tell of where there is one', () => {
    expect(told('TOKENKEEP_UPSTREAM')).toEqual([]);
  });

  it('is none to tell of where auth.json names it for a secret', () => {
    const text = JSON.stringify(sample()).replaceAll('DEMO_PROVIDER_AUTHENTICATION_SECRET', 'TOKENKEEP_DEMO_SECRET');
    expect(told('TOKENKEEP_DEMO_SECRET', JSON.parse(text))).toEqual([]);
  });

  it('is none to tell of where it is the local stack’s', () => {
    expect(told('TOKENKEEP_DATA')).toEqual([]);
  });
});

describe('other environment variables', () => {
  it('are nobody’s business', () => {
    expect(told('PATH')).toEqual([]);
  });
});
